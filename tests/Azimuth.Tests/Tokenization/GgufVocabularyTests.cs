using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Numerics;
using Azimuth.Tokenization;

namespace Azimuth.Tests.Tokenization;

/// <summary>The vocabularies llama.cpp publishes as GGUF files, with texts and the ids the models' own tokenizers give them.</summary>
public sealed class GgufVocabularyTests
{
    // Texts and ids are published for these as well, but not the vocabulary they belong to.
    private static readonly string[] WithoutVocabulary = ["chameleon", "command-r", "deepseek-r1-qwen", "llama-bpe", "qwen2", "roberta-bpe"];

    private static readonly string[] WithVocabulary = ["bert-bge", "deepseek-coder", "deepseek-llm", "falcon", "gpt-2", "llama-spm", "mpt", "phi-3", "refact", "starcoder"];

    public static TheoryData<string> Pairs => [.. WithVocabulary];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Published_vocabularies_give_their_published_ids(string name)
    {
        string path = TestFiles.Shared("data", "tokenizers", "ggml-vocab", $"ggml-vocab-{name}.gguf");
        Tokenizer tokenizer = Tokenizer.FromGguf(GgufFile.Open(path));
        string[] texts = File.ReadAllText(path + ".inp").Split("\n__ggml_vocab_test__\n")[..^1];
        string[] expected = File.ReadAllText(path + ".out").Split('\n')[..^1];
        Assert.Equal(46, texts.Length);
        Assert.Equal(expected.Length, texts.Length);
        for (int row = 0; row < texts.Length; row++)
            Assert.Equal(expected[row].Trim(), string.Join(' ', tokenizer.Encode(texts[row], addSpecialTokens: false).Ids));
    }

    [Fact]
    public void Every_published_pair_is_either_compared_or_has_no_vocabulary()
    {
        string folder = Path.GetDirectoryName(TestFiles.Shared("data", "tokenizers", "ggml-vocab", "ggml-vocab-gpt-2.gguf"))!;
        foreach (string name in Directory.GetFiles(folder, "*.inp").Select(path => Path.GetFileName(path)["ggml-vocab-".Length..^".gguf.inp".Length]))
        {
            bool hasVocabulary = File.Exists(Path.Combine(folder, $"ggml-vocab-{name}.gguf"));
            Assert.Contains(name, hasVocabulary ? WithVocabulary : WithoutVocabulary);
        }
    }

    [Theory]
    [InlineData("bert-bge", 101, 102)]
    [InlineData("deepseek-llm", 100000, null)]
    [InlineData("llama-spm", 1, null)]
    [InlineData("gpt-2", null, null)]
    public void The_file_says_what_is_put_around_a_text(string name, int? before, int? after)
    {
        Tokenizer tokenizer = Tokenizer.FromGguf(GgufFile.Open(TestFiles.Shared("data", "tokenizers", "ggml-vocab", $"ggml-vocab-{name}.gguf")));
        Assert.Equal(before is { } first ? [first] : [], tokenizer.TokensBefore);
        Assert.Equal(after is { } last ? [last] : [], tokenizer.TokensAfter);
        Assert.Equal("hello world", tokenizer.Decode(tokenizer.Encode("hello world").Ids, skipSpecialTokens: true));
    }

    [Fact]
    public void Older_files_without_a_type_of_splitting_are_refused_or_need_none()
    {
        string folder = Path.GetDirectoryName(TestFiles.Shared("data", "tokenizers", "ggml-vocab", "ggml-vocab-gpt-neox.gguf"))!;
        GgufFile neox = GgufFile.Open(Path.Combine(folder, "ggml-vocab-gpt-neox.gguf"));
        Assert.Contains("tokenizer.ggml.pre is missing", Assert.Throws<CheckpointFormatException>(() => Tokenizer.FromGguf(neox)).Message, StringComparison.Ordinal);
        Tokenizer baichuan = Tokenizer.FromGguf(GgufFile.Open(Path.Combine(folder, "ggml-vocab-baichuan.gguf")));
        Assert.Equal(64000, baichuan.VocabSize);
        Assert.Equal("世界 hello", baichuan.Decode(baichuan.Encode("世界 hello").Ids, skipSpecialTokens: true));
    }

    [Theory]
    [InlineData("t5-style", "spiece.model")]
    [InlineData("sp-unigram-across-spaces", "tokenizer.model")]
    [InlineData("sp-unigram-custom", "tokenizer.model")]
    public void A_unigram_vocabulary_gives_the_ids_of_the_model_it_was_made_from(string name, string model)
    {
        byte[] file = File.ReadAllBytes(TestFiles.Fixture("tokenizers", name, model));
        Tokenizer tokenizer = Tokenizer.FromGguf(GgufFile.FromBytes(StoredBytes.FromBytes(GgufOf.Unigram(file)), "made-up.gguf"));
        Tokenizer original = Tokenizer.FromSentencePiece(TestFiles.Fixture("tokenizers", name, model));
        Assert.Equal([tokenizer.Id("</s>")!.Value], tokenizer.TokensAfter);
        int compared = 0;
        foreach (ReferenceRow row in ReferenceRow.ReadAll(TestFiles.Fixture("tokenizers", name, "expected-sentencepiece.jsonl")))
        {
            // Control and user-defined tokens are looked for in GGUF's text as it stands; bytes for unknown characters are not this kind's.
            int[] expected = original.Encode(row.Text).Ids;
            int[] found = tokenizer.Encode(row.Text, addSpecialTokens: false).Ids;
            if (found.Any(tokenizer.IsSpecial) || row.Text.Contains("[MASK]", StringComparison.Ordinal) || expected.Any(id => original.Token(id)!.StartsWith("<0x", StringComparison.Ordinal)))
                continue;
            Assert.Equal(expected, found);
            compared++;
        }

        Assert.True(compared > 60, $"only {compared} texts");
    }

    [Fact]
    public void A_wordpiece_vocabulary_gives_the_ids_of_the_vocab_txt_it_was_made_from()
    {
        byte[] file = GgufOf.WordPiece(File.ReadAllLines(TestFiles.Fixture("tokenizers", "bert-uncased-style", "vocab.txt")));
        Tokenizer tokenizer = Tokenizer.FromGguf(GgufFile.FromBytes(StoredBytes.FromBytes(file), "made-up.gguf"));
        foreach (ReferenceRow row in ReferenceRow.ReadAll(TestFiles.Fixture("tokenizers", "bert-uncased-style", "expected.jsonl")))
            row.Check(tokenizer);
    }
}
