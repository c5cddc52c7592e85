using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Files;

namespace Azimuth.Tests.Tokenization;

public sealed class MalformedTokenizerTests
{
    private const string Good = """
        {"version": "1.0", "added_tokens": [{"id": 4, "content": "<s>", "special": true}], "normalizer": null, "pre_tokenizer": {"type": "ByteLevel"},
         "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
           "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
           "special_tokens": {"<s>": {"id": "<s>", "ids": [4], "tokens": ["<s>"]}}},
         "decoder": {"type": "ByteLevel"},
         "model": {"type": "BPE", "unk_token": null, "vocab": {"a": 0, "b": 1, "ab": 2, "Ġ": 3}, "merges": ["a b"]}}
        """;

    [Fact]
    public void The_file_the_others_are_made_from_is_good()
    {
        Tokenizer tokenizer = Load(Good);
        Assert.Equal([4, 3, 2, 0], tokenizer.Encode("aba").Ids);
        Assert.Equal(5, tokenizer.VocabSize);
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer.model")]
    [InlineData("x.tiktoken")]
    [InlineData("vocab.txt")]
    [InlineData("vocab.json", "merges.txt")]
    public async Task A_pipe_in_a_files_place_is_not_waited_for(params string[] names)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no named pipes in folders");
        using var folder = new TemporaryFolder();
        foreach (string name in names)
        {
            using var made = System.Diagnostics.Process.Start("mkfifo", folder.File(name));
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await Assert.ThrowsAsync<CheckpointFormatException>(() => Task.Run(() => Tokenizer.Load(folder.Path)).WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Where_a_link_leads_counts_not_the_link()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no named pipes in folders");
        using TemporaryFolder folder = new(), pipes = new();
        using var made = System.Diagnostics.Process.Start("mkfifo", pipes.File("pipe"));
        await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(folder.File("tokenizer.json"), pipes.File("pipe"));
        await Assert.ThrowsAsync<CheckpointFormatException>(() => Task.Run(() => Tokenizer.Load(folder.Path)).WaitAsync(TimeSpan.FromMinutes(1)));

        using (FileStream large = File.Create(pipes.File("large")))
            large.SetLength((256L << 20) + 1);
        File.Delete(folder.File("tokenizer.json"));
        File.CreateSymbolicLink(folder.File("tokenizer.json"), pipes.File("large"));
        Assert.Equal("FileTooLarge", Assert.Throws<CheckpointFormatException>(() => Tokenizer.Load(folder.Path)).Kind);
    }

    [Theory]
    [InlineData("model.vocab", "null", "model.vocab", "an object of tokens and ids")]
    [InlineData("model.vocab", "[]", "model.vocab", "an object of tokens and ids")]
    [InlineData("model.vocab", "{\"a\": 1.5}", "\"a\"", "whole number")]
    [InlineData("model.vocab", "{\"a\": \"0\"}", "\"a\"", "whole number")]
    [InlineData("model.vocab", "{\"a\": 0, \"b\": 0}", "\"a\" and \"b\"", "id 0")]
    [InlineData("model.vocab", "{\"a\": 0, \"b\": -1}", "\"b\"", "id -1")]
    [InlineData("model.vocab", "{\"a\": 0, \"b\": 2147483647}", "\"b\"", "16777215")]
    [InlineData("model.vocab", "{\"a\": 0, \"b\": 99999999999}", "\"b\"", "whole number")]
    [InlineData("model.vocab", "{\"a\": 0, \"b\": 16777215}", "16777215", "gaps")]
    [InlineData("model.vocab", "{\"a\": 0, \"a\": 1}", "\"a\"", "one id a token")]
    [InlineData("model.merges", "null", "model.merges", "a list of pairs")]
    [InlineData("model.merges", "[\"a c\"]", "merge 0", "\"c\" is not in the vocabulary")]
    [InlineData("model.merges", "[\"b a\"]", "merge 0", "\"ba\" is not in the vocabulary")]
    [InlineData("model.merges", "[\"ab\"]", "merge 0", "one space between")]
    [InlineData("model.merges", "[\"a b c\"]", "merge 0", "one space between")]
    [InlineData("model.merges", "[\"a \"]", "merge 0", "one space between")]
    [InlineData("model.merges", "[[\"a\", \"b\", \"c\"]]", "model.merges", "\"left\", \"right\"")]
    [InlineData("model.merges", "[1]", "model.merges", "\"left\", \"right\"")]
    [InlineData("model.type", "\"Backwards\"", "\"Backwards\"", "known: BPE")]
    [InlineData("model.unk_token", "\"<unk>\"", "<unk>", "not in the vocabulary")]
    [InlineData("model.dropout", "0.1", "model.dropout", "training")]
    [InlineData("model.byte_fallback", "\"yes\"", "model.byte_fallback", "true or false")]
    [InlineData("model", "null", "\"model\"", "vocabulary")]
    [InlineData("normalizer", "{\"type\": \"NFX\"}", "\"NFX\"", "known: BertNormalizer, ByteLevel")]
    [InlineData("normalizer", "[]", "normalizer", "an object")]
    [InlineData("normalizer", "{\"type\": \"Replace\", \"pattern\": {\"Regex\": \"(x)\\\\1\"}, \"content\": \"\"}", "(x)\\1", "not supported")]
    [InlineData("pre_tokenizer", "{\"type\": \"Whitespce\"}", "\"Whitespce\"", "known: BertPreTokenizer, ByteLevel, CharDelimiterSplit")]
    [InlineData("pre_tokenizer", "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"[\"}, \"behavior\": \"Isolated\"}", "\"[\"", "ends too early")]
    [InlineData("pre_tokenizer", "{\"type\": \"FixedLength\", \"length\": 0}", "pre_tokenizer.length", "at least 1")]
    [InlineData("pre_tokenizer", "{\"type\": \"CharDelimiterSplit\", \"delimiter\": \"ab\"}", "pre_tokenizer.delimiter", "one character")]
    [InlineData("decoder", "{\"type\": \"BPEDecoder\", \"suffix\": \"\"}", "decoder.suffix", "not empty")]
    [InlineData("truncation", "{\"strategy\": \"LongestFirst\", \"stride\": 0}", "truncation.max_length", "a whole number")]
    [InlineData("truncation", "{\"max_length\": 8, \"strategy\": \"ShortestFirst\", \"stride\": 0}", "\"ShortestFirst\"", "known: LongestFirst")]
    [InlineData("padding", "{\"strategy\": {\"Fixed\": 2000000000}}", "padding.strategy.Fixed", "at most 16777216")]
    [InlineData("padding", "{\"strategy\": \"Longest\"}", "\"Longest\"", "known: BatchLongest, Fixed")]
    [InlineData("padding", "{\"strategy\": \"BatchLongest\", \"direction\": \"Up\"}", "\"Up\"", "known: Left, Right")]
    [InlineData("pre_tokenizer", "{\"type\": \"Split\", \"pattern\": {\"String\": \" \"}, \"behavior\": \"3\"}", "\"3\"", "Isolated")]
    [InlineData("pre_tokenizer", "{\"type\": \"Metaspace\", \"replacement\": \"__\"}", "replacement", "one character")]
    [InlineData("pre_tokenizer", "{}", "pre_tokenizer.type", "a string")]
    [InlineData("post_processor.special_tokens", "{}", "\"<s>\"", "special_tokens")]
    [InlineData("post_processor.single", "[{\"Sequence\": {\"id\": \"C\"}}]", "\"C\"", "known: A, B")]
    [InlineData("decoder", "{\"type\": \"Sequence\", \"decoders\": [{\"type\": \"Upside\"}]}", "decoder.decoders[0]", "\"Upside\"")]
    [InlineData("added_tokens", "[{\"id\": -4, \"content\": \"<s>\"}]", "added_tokens[0].id", "whole number")]
    [InlineData("added_tokens", "[{\"id\": 1, \"content\": \"<s>\"}]", "<s>", "already \"b\"")]
    [InlineData("added_tokens", "[{\"id\": 9, \"content\": \"ab\"}]", "\"ab\"", "ids 9 and 2")]
    [InlineData("added_tokens", "[{\"id\": 2000000000, \"content\": \"<s>\"}]", "<s>", "far beyond")]
    [InlineData("added_tokens", "[{\"id\": 4}]", "added_tokens[0].content", "a string")]
    [InlineData("added_tokens", "{}", "added_tokens", "a list")]
    public void Each_damage_is_one_clear_error(string place, string value, string names, string expects)
    {
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => Load(With(place, value)));
        Assert.Contains(names, error.Message, StringComparison.Ordinal);
        Assert.Contains(expects, error.Message, StringComparison.Ordinal);
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Kind);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void A_file_cut_at_any_byte_is_refused()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Good.TrimEnd());
        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<CheckpointFormatException>(() => Load(whole[..length]));
    }

    [Fact]
    public void A_flipped_byte_is_refused_or_read_but_never_a_crash()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Good);
        Random random = new(31);
        for (int round = 0; round < 2_000; round++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(whole.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                Load(damaged).Encode("ab a\0 <s>");
            }
            catch (CheckpointFormatException)
            {
                // One of the two ways out that are allowed.
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"model\": {\"vocab\": {\"\\ud800\": 0}, \"merges\": []}}")]
    [InlineData("<html>not found</html>")]
    public void What_is_no_tokenizer_is_refused(string content) => Assert.Throws<CheckpointFormatException>(() => Load(content));

    [Fact]
    public void Deep_nesting_does_not_exhaust_the_stack()
    {
        string deep = string.Concat(Enumerable.Repeat("{\"type\":\"Sequence\",\"normalizers\":[", 100_000));
        Assert.Throws<CheckpointFormatException>(() => Load($"{{\"normalizer\":{deep}"));
    }

    [Fact]
    public void Vocabulary_and_merges_that_do_not_belong_together_are_refused()
    {
        using TemporaryFolder folder = new();
        string vocabulary = folder.Write("vocab.json", """{"a": 0, "b": 1, "ab": 2}""");
        foreach ((string merges, string names) in new[] { ("#version: 0.2\na b\na c\n", "\"c\""), ("a b\nb\n", "one space"), ("a b\n\u00FF a\n", "ÿ") })
        {
            string path = folder.Write("merges.txt", merges);
            CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => Tokenizer.FromVocabAndMerges(vocabulary, path));
            Assert.Contains(names, error.Message, StringComparison.Ordinal);
            Assert.Contains("merge 1", error.Message, StringComparison.Ordinal);
        }

        string notText = folder.Write("merges.txt", [0x61, 0x20, 0xFF, 0x0A]);
        Assert.Contains("UTF-8", Assert.Throws<CheckpointFormatException>(() => Tokenizer.FromVocabAndMerges(vocabulary, notText)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => Tokenizer.FromVocabAndMerges(vocabulary, Path.Combine(folder.Path, "none.txt")));
    }

    [Fact]
    public void A_folder_without_a_tokenizer_says_what_was_looked_for()
    {
        using TemporaryFolder folder = new();
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => Tokenizer.Load(folder.Path));
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        folder.Write("vocab.json", """{"a": 0}""");
        folder.Write("merges.txt", "");
        folder.Write("tokenizer_config.json", """{"tokenizer_class": "CTRLTokenizer"}""");
        Assert.Contains("CTRLTokenizer", Assert.Throws<CheckpointFormatException>(() => Tokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
        folder.Write("tokenizer_config.json", "{");
        Assert.Contains("tokenizer_config.json", Assert.Throws<CheckpointFormatException>(() => Tokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Negative_ids_are_the_caller_s_mistake_and_free_ones_stand_for_nothing()
    {
        Tokenizer tokenizer = Load(With("added_tokens", """[{"id": 9, "content": "<s>", "special": true}]""").Replace("[4]", "[9]", StringComparison.Ordinal));
        Assert.Equal(10, tokenizer.VocabSize);
        Assert.Null(tokenizer.Token(7));
        Assert.Equal("ab<s>", tokenizer.Decode([2, 7, 9, 500]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([-1]));
        Assert.Throws<ArgumentNullException>(() => tokenizer.Encode(null!));
    }

    private static Tokenizer Load(string content) => Load(Encoding.UTF8.GetBytes(content));

    private static Tokenizer Load(byte[] content) => new(TokenizerJsonFile.Read("tokenizer.json", content));

    // By hand, because a JSON library would drop the double keys and odd numbers some rows are about.
    private static string With(string place, string value)
    {
        string[] names = place.Split('.');
        string marker = "\"~~~\"";
        JsonNode root = JsonNode.Parse(Good)!;
        JsonNode at = root;
        foreach (string name in names[..^1])
            at = at[name]!;
        at[names[^1]] = "~~~";
        return root.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }).Replace(marker, value, StringComparison.Ordinal);
    }
}
