using System.Text;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Training;
using Azimuth.Training.Corpora;
using Azimuth.Training.TokenizerTraining;

namespace Azimuth.Tests.Training.TokenizerTraining;

public sealed class TokenizerTrainerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth").FullName;

    public static TheoryData<TokenizerModel> Models => [TokenizerModel.Bpe, TokenizerModel.WordPiece, TokenizerModel.Unigram];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Bpe_files_have_the_references_bytes()
    {
        Write(TrainedFor.Run(Options(TokenizerModel.Bpe), TrainedFor.Corpus), "bpe");
        foreach (string name in new[] { "vocab.json", "merges.txt" })
            Assert.Equal(File.ReadAllText(TestFiles.Fixture("training", "tokenizers", "bpe", name)), File.ReadAllText(Path.Combine(_folder, "bpe", name)));
        Assert.Equal(SampleIds("bpe", "sample_ids"), Tokenizer.Load(Path.Combine(_folder, "bpe")).Encode(Sample("bpe")).Ids);
    }

    [Fact]
    public void WordPiece_files_have_the_references_bytes()
    {
        Write(TrainedFor.Run(Options(TokenizerModel.WordPiece), TrainedFor.Corpus), "wordpiece");
        Assert.Equal(File.ReadAllText(TestFiles.Fixture("training", "tokenizers", "wordpiece", "vocab.txt")), File.ReadAllText(Path.Combine(_folder, "wordpiece", "vocab.txt")));
        Assert.Equal(SampleIds("wordpiece", "vocab_txt_sample_ids"), Tokenizer.Load(Path.Combine(_folder, "wordpiece")).Encode(Sample("wordpiece"), addSpecialTokens: false).Ids);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_form_that_is_written_encodes_alike_and_gives_the_text_back(TokenizerModel model)
    {
        Write(TrainedFor.Run(Options(model), TrainedFor.Corpus), "out");
        string folder = Path.Combine(_folder, "out");
        var tokenizer = Tokenizer.Load(folder);
        string text = Sample("bpe");
        if (model != TokenizerModel.WordPiece)
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text).Ids, skipSpecialTokens: true));
        foreach (string special in TokenizerTrainingOptions.SpecialTokensOf(model))
            Assert.True(tokenizer.IsSpecial(tokenizer.Id(special)!.Value), special);
        if (model == TokenizerModel.Unigram)
            return;
        Tokenizer other = model == TokenizerModel.Bpe
            ? Tokenizer.FromVocabAndMerges(Path.Combine(folder, "vocab.json"), Path.Combine(folder, "merges.txt")) : Tokenizer.FromVocabText(Path.Combine(folder, "vocab.txt"));
        Assert.Equal(tokenizer.Encode(text).Ids, other.Encode(text).Ids);
    }

    /// <summary>Each model's tokenizer.json has the sections and the keys of the reference's, in its order.</summary>
    [Theory]
    [InlineData(TokenizerModel.Bpe, "gpt2-bytelevel", "use_regex", "byte_fallback", "ignore_merges")]
    [InlineData(TokenizerModel.WordPiece, "bert-uncased-style")]
    [InlineData(TokenizerModel.Unigram, "unigram-bytefallback")]
    public void The_document_is_laid_out_as_the_references(TokenizerModel model, string reference, params string[] addedSince)
    {
        Write(TrainedFor.Run(Options(model), TrainedFor.Corpus), "out");
        JsonObject own = Json(Path.Combine(_folder, "out", "tokenizer.json")), theirs = Json(TestFiles.Fixture("tokenizers", reference, "tokenizer.json"));
        Assert.Equal(Keys(theirs), Keys(own));
        Assert.Equal(Keys(theirs["model"]!), Keys(own["model"]!).Except(addedSince));
        Assert.Equal(Keys(theirs["added_tokens"]![0]!), Keys(own["added_tokens"]![0]!));
        if (model == TokenizerModel.Unigram)
            return;
        foreach (string section in new[] { "normalizer", "pre_tokenizer", "post_processor", "decoder" })
            Assert.Equal(theirs[section] is { } part ? Keys(part) : [], own[section] is { } same ? Keys(same).Except(addedSince) : []);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_run_that_is_opened_again_at_every_state_ends_as_one_that_is_not_on_any_number_of_threads(TokenizerModel model)
    {
        string[] files = [Repeated("a.txt", 40), TrainedFor.Corpus];
        TrainedTokenizer whole = TrainedFor.Run(Options(model), files);
        using var workers = new Workers(1);
        TextCorpus corpus = TextCorpus.Open(files);
        string? state = null;
        for (int step = 0; ; step++)
        {
            using var trainer = new TokenizerTrainer(corpus, Options(model), workers, state);
            Assert.Equal(step, trainer.Step);
            Assert.InRange(step, 0, 100);
            if (trainer.Finished)
            {
                Assert.Equal(whole.Tokens, trainer.Result.Tokens);
                Assert.Equal(whole.Merges, trainer.Result.Merges);
                Assert.Equal(whole.Scores, trainer.Result.Scores);
                break;
            }

            trainer.Advance();
            state = Path.Combine(_folder, $"state-{step}");
            Directory.CreateDirectory(state);
            trainer.Save(state);
        }
    }

    [Fact]
    public void Blocks_and_threads_do_not_show_in_the_counts()
    {
        // 20 MB: more than the sixteen blocks that are dealt out at once.
        string file = Repeated("large.txt", 333);
        TrainedTokenizer[] results = [.. new[] { 1, 3 }.Select(threads =>
        {
            using var workers = new Workers(threads);
            using var trainer = new TokenizerTrainer(TextCorpus.Open([file]), Options(TokenizerModel.Bpe), workers);
            while (!trainer.Finished)
                trainer.Advance();
            return trainer.Result;
        })];
        Assert.Equal(results[0].Merges, results[1].Merges);
        Assert.Equal(TrainedFor.Run(Options(TokenizerModel.Bpe), TrainedFor.Corpus).Merges.Select(merge => merge with { Count = 333 * merge.Count }), results[0].Merges);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_read_as_the_replacement_character_and_counted()
    {
        File.WriteAllBytes(Path.Combine(_folder, "bad.txt"), [.. "good \uFFFD "u8, 0xFF, (byte)' ', 0xC3, .. " good good"u8]);
        using var workers = new Workers(1);
        using var trainer = new TokenizerTrainer(TextCorpus.Open([Path.Combine(_folder, "bad.txt")]), Options(TokenizerModel.Bpe) with { VocabSize = 270 }, workers);
        while (!trainer.Finished)
            trainer.Advance();
        Assert.Equal(2, trainer.Replaced.Count);
        Assert.Equal(6, trainer.Words);
        Assert.Contains("good", string.Concat(trainer.Result.Tokens), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_trained_is_one_sentence()
    {
        File.WriteAllText(Path.Combine(_folder, "empty.txt"), "");
        Assert.Contains("expected a text file, found an empty one", Assert.Throws<IOException>(() => TrainedFor.Run(Options(TokenizerModel.Bpe), Path.Combine(_folder, "empty.txt"))).Message, StringComparison.Ordinal);
        foreach (TokenizerModel model in new[] { TokenizerModel.WordPiece, TokenizerModel.Unigram })
            Assert.Contains("more than the vocabulary of 30", Assert.Throws<TrainingException>(() => TrainedFor.Run(Options(model) with { VocabSize = 30 }, TrainedFor.Corpus)).Message, StringComparison.Ordinal);
        Assert.Contains("257", Assert.Throws<ArgumentException>(() => TrainedFor.Run(Options(TokenizerModel.Bpe) with { VocabSize = 256 }, TrainedFor.Corpus)).Message, StringComparison.Ordinal);
        Assert.Contains("[UNK]", Assert.Throws<ArgumentException>(() => TrainedFor.Run(Options(TokenizerModel.WordPiece) with { SpecialTokens = ["[CLS]", "[SEP]"] }, TrainedFor.Corpus)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_state_is_refused()
    {
        using var workers = new Workers(1);
        TextCorpus corpus = TextCorpus.Open([TrainedFor.Corpus]);
        using (var trainer = new TokenizerTrainer(corpus, Options(TokenizerModel.Bpe), workers))
        {
            for (int i = 0; i < 3; i++)
                trainer.Advance();
            trainer.Save(_folder);
        }

        string path = Path.Combine(_folder, "state.safetensors");
        byte[] bytes = File.ReadAllBytes(path);
        // The lengths of the words: no longer those of the symbols.
        int header = (int)BitConverter.ToInt64(bytes), at = 8 + header + (int)(long)Json(Encoding.UTF8.GetString(bytes, 8, header).TrimEnd())["lengths"]!["data_offsets"]![0]!;
        bytes[at]++;
        File.WriteAllBytes(path, bytes);
        Assert.Throws<CheckpointFormatException>(() => new TokenizerTrainer(corpus, Options(TokenizerModel.Bpe), workers, _folder));
    }

    [Fact]
    public void A_limited_alphabet_keeps_the_most_frequent_characters()
    {
        TrainedTokenizer trained = TrainedFor.Run(Options(TokenizerModel.WordPiece) with { AlphabetLimit = 10, VocabSize = 60 }, TrainedFor.Corpus);
        string[] letters = [.. trained.Tokens.Where(token => token.Length == 1)];
        Assert.Equal(10, letters.Length);
        Assert.Subset("aehinorstldu,".Select(letter => letter.ToString()).ToHashSet(), letters.ToHashSet());
    }

    private static TokenizerTrainingOptions Options(TokenizerModel model) => new() { Model = model, VocabSize = 600, Lowercase = true };

    private static JsonObject Json(string path) => JsonNode.Parse(path.StartsWith('{') ? path : File.ReadAllText(path))!.AsObject();

    private static string[] Keys(JsonNode node) => [.. node.AsObject().Select(pair => pair.Key)];

    private static string Sample(string model) => (string)Json(TestFiles.Fixture("training", "tokenizers", model, "expected.json"))["sample"]!;

    private static int[] SampleIds(string model, string key) => [.. Json(TestFiles.Fixture("training", "tokenizers", model, "expected.json"))[key]!.AsArray().Select(id => (int)id!)];

    private void Write(TrainedTokenizer trained, string name) => TokenizerFiles.Write(trained, Path.Combine(_folder, name));

    private string Repeated(string name, int times)
    {
        string path = Path.Combine(_folder, name);
        string text = File.ReadAllText(TrainedFor.Corpus);
        using var writer = new StreamWriter(path);
        for (int i = 0; i < times; i++)
            writer.Write(text.EndsWith('\n') ? text : text + "\n");
        return path;
    }
}
