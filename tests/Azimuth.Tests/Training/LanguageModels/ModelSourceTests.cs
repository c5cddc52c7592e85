using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Tokenization;
using Azimuth.Training.LanguageModels;

namespace Azimuth.Tests.Training.LanguageModels;

/// <summary>What is saved beside the weights has to make the tokenizer that the ids came from.</summary>
public sealed class ModelSourceTests : IDisposable
{
    private static readonly ModelShape Small = new() { Architecture = "llama", Layers = 1, Width = 8, Heads = 2, Context = 16 };
    private static readonly string[] Texts = [.. JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("tokenizers", "texts.json"))).RootElement.EnumerateArray().Select(text => text.GetProperty("text").GetString()!)];
    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth").FullName;

    /// <summary>Some folders hold expected ids alone.</summary>
    public static TheoryData<string> Folders => [.. Directory.GetDirectories(TestFiles.Fixture("tokenizers")).Where(folder => Files(folder).Length > 0).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_tokenizer_is_saved_whole_whether_its_folder_or_one_of_its_files_was_given(string name)
    {
        string folder = TestFiles.Fixture("tokenizers", name);
        foreach (string path in Files(folder).Append(folder))
        {
            if (Loads(path))
                RequireSame(path);
        }
    }

    [Theory]
    [InlineData("llama-metaspace-first", "tokenizer.json", "small.json")]
    [InlineData("sp-unigram-custom", "tokenizer.model", "spiece.model")]
    [InlineData("sp-unigram-custom", "tokenizer.model", "sentencepiece.bpe.model")]
    [InlineData("sp-unigram-custom", "tokenizer.model", "mine.model")]
    [InlineData("bert-uncased-style", "vocab.txt", "words.txt")]
    public void A_file_of_another_name_beside_another_tokenizer_is_the_one_that_is_saved(string fixture, string file, string name)
    {
        string given = Path.Combine(_folder, "given");
        Directory.CreateDirectory(given);
        File.Copy(TestFiles.Fixture("tokenizers", fixture, file), Path.Combine(given, name));
        RequireSame(Path.Combine(given, name));
        if (name is "spiece.model" or "sentencepiece.bpe.model")
            RequireSame(given);
        File.Copy(TestFiles.Fixture("tokenizers", "gpt2-bytelevel", "tokenizer.json"), Path.Combine(given, "tokenizer.json"));
        RequireSame(Path.Combine(given, name));
    }

    [Fact]
    public void A_rank_file_is_saved_with_its_encoding()
    {
        string given = Path.Combine(_folder, "given"), ranks = Path.Combine(given, "bytes.tiktoken");
        Directory.CreateDirectory(given);
        File.WriteAllLines(ranks, [.. Enumerable.Range(0, 256).Select(value => $"{Convert.ToBase64String([(byte)value])} {value}"), "dGhl 256", "dGg= 257"]);
        var encoding = new JsonObject { ["name"] = "bytes", ["pat_str"] = "\\s*\\S+|\\s+", ["special_tokens"] = new JsonObject { ["<|endoftext|>"] = 258 } };
        File.WriteAllText(Path.Combine(given, "encoding.json"), encoding.ToJsonString());
        RequireSame(ranks);
        RequireSame(given);
    }

    [Fact]
    public void A_vocabulary_in_a_GGUF_file_is_saved_as_files()
    {
        string folder = TestFiles.Model("SmolLM2-135M-Instruct");
        RequireSame(folder);
        RequireSame(Directory.GetFiles(folder, "*.gguf").Single());
    }

    private static string[] Files(string folder) =>
        [.. Directory.GetFiles(folder).Where(path => Path.GetFileName(path) is "tokenizer.json" or "vocab.json" or "merges.txt" or "vocab.txt" or "tokenizer.model")];

    /// <summary>A file may say too little by itself, or be one that is refused.</summary>
    private static bool Loads(string path)
    {
        try
        {
            Tokenizer.Load(path);
            return true;
        }
        catch (CheckpointFormatException)
        {
            return false;
        }
    }

    private void RequireSame(string path)
    {
        ModelSource source = ModelSource.New(Small, path);
        string saved = Directory.CreateDirectory(Path.Combine(_folder, Path.GetRandomFileName())).FullName;
        source.SaveSettings(saved);
        Tokenizer again = Tokenizer.Load(saved);
        Assert.Equal(source.TokenizerHash, ModelSource.New(Small, saved).TokenizerHash);
        foreach (string text in Texts)
        {
            Assert.Equal(Ids(source.Tokenizer, text), Ids(again, text));
            if (Ids(again, text) is { } ids)
                Assert.Equal(source.Tokenizer.Decode(ids, skipSpecialTokens: true), again.Decode(ids, skipSpecialTokens: true));
        }
    }

    /// <summary>Null for a text that the vocabulary cannot spell.</summary>
    private static int[]? Ids(Tokenizer tokenizer, string text)
    {
        try
        {
            return [.. tokenizer.Encode(text).Ids];
        }
        catch (CheckpointFormatException)
        {
            return null;
        }
    }
}
