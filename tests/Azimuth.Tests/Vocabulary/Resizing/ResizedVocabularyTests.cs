using Azimuth.Checking;
using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tokenization;
using Azimuth.Transformers;
using Azimuth.Vocabulary;
using Azimuth.Vocabulary.Resizing;

namespace Azimuth.Tests.Vocabulary.Resizing;

/// <summary>What is refused, and what other parts make of a resized vocabulary.</summary>
public sealed class ResizedVocabularyTests : IDisposable
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;
    private readonly Workers _workers = new(2);
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _workers.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Rows_that_fill_up_a_GGUF_file_are_padding_and_no_finding()
    {
        LanguageModel model = Load(TestFiles.Fixture("checkpoints", "gguf", "model-gpt2", "model.gguf"));
        int size = model.Config.VocabSize;
        LanguageModel copy = Resized(model, "out", new ResizeOptions { Rows = size + 5 });
        Assert.Equal(Enumerable.Repeat(TokenClass.Padding, 5), TokenClasses.Of(copy.Tokenizer!, copy.Config.VocabSize, _workers, Cancel)[size..]);
        Assert.DoesNotContain(ModelCheck.Run(copy.Path, _workers).Findings, finding => finding.Severity is Severity.Error or Severity.Warning);
    }

    [Fact]
    public void Readers_of_the_two_older_files_find_added_tokens_in_a_third()
    {
        LanguageModel copy = Resized(Load(TestFiles.Model("novels-gpt")), "out", new ResizeOptions { Add = ["<|think|>", "<|end|>"], Special = true });
        string alone = Directory.CreateDirectory(_folder.File("alone")).FullName;
        foreach (string name in new[] { "vocab.json", "merges.txt", "tokenizer_config.json", "added_tokens.json" })
            File.Copy(Path.Combine(copy.Path, name), Path.Combine(alone, name));
        const string text = "<|think|>Who goes there?<|end|>";
        int[] ids = copy.Tokenizer!.Encode(text).Ids;
        Assert.Equal((4096, 4097), (ids[0], ids[^1]));
        Assert.Equal(ids, Tokenizer.Load(alone).Encode(text).Ids);
    }

    [Fact]
    public void Tokens_that_others_need_stay()
    {
        LanguageModel model = Load(TestFiles.Model("novels-gpt"));
        void Refused(string because, ResizeOptions options) => Assert.Contains(because, Assert.Throws<ArgumentException>(() => Resizer.Run(model, options, _folder.File("out"), cancellation: Cancel)).Message);
        int Id(string token) => model.Tokenizer!.Id(token)!.Value;
        Refused("is made from it", new ResizeOptions { Remove = [Id("Ġthe")] });
        Refused("base symbol", new ResizeOptions { Remove = [Id("&")] });
        Refused("bos_token_id in config.json", new ResizeOptions { Remove = [4095] });
        Refused("is token 262 already", new ResizeOptions { Add = [" the"] });
        Refused("is token 4095 already", new ResizeOptions { Add = ["<|endoftext|>"] });
        Refused("twice", new ResizeOptions { Add = ["x1", "x1"] });
        Refused("expected at least 4096", new ResizeOptions { Rows = 4000 });
        Refused("expected at least 4097", new ResizeOptions { Add = ["<x>"], Rows = 4096 });
        Refused("found both", new ResizeOptions { Rows = 5000, PadToMultiple = 8 });
        Refused("found none of them", new ResizeOptions());
        Refused("from 0 to 4095", new ResizeOptions { Remove = [4096] });
        LanguageModel without = Load(TestFiles.Fixture("families", "gpt2"));
        Assert.Contains("no tokenizer", Assert.Throws<ArgumentException>(() => Resizer.Run(without, new ResizeOptions { Add = ["x"] }, _folder.File("out"), cancellation: Cancel)).Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("wte.weight", "not row")]
    [InlineData("h.0.mlp.c_fc.weight", "the logit of id")]
    public void A_copy_that_differs_in_one_bit_is_not_let_pass(string tensor, string because)
    {
        LanguageModel model = Load(TestFiles.Fixture("families", "gpt2"));
        ResizeOptions options = new() { Rows = model.Config.VocabSize + 3 };
        VocabularyChange change = VocabularyChange.Plan(model, options);
        LanguageModel copy = Resized(model, "out", options);
        Assert.True(ResizeVerification.Run(model, copy, change, null, Cancel).RowsCompared > 0);
        TensorInfo found = copy.Folder.Checkpoint.Tensors.Single(t => t.Name.EndsWith(tensor, StringComparison.Ordinal));
        string damaged = Directory.CreateDirectory(_folder.File("damaged")).FullName;
        foreach (string file in Directory.GetFiles(copy.Path))
            File.Copy(file, Path.Combine(damaged, Path.GetFileName(file)));
        byte[] bytes = File.ReadAllBytes(found.File);
        bytes[found.Offset + 2] ^= 0x10; // a fraction bit of the first value
        File.WriteAllBytes(Path.Combine(damaged, Path.GetFileName(found.File)), bytes);
        Assert.Contains(because, Assert.Throws<InvalidOperationException>(() => ResizeVerification.Run(model, Load(damaged), change, null, Cancel)).Message);
    }

    private LanguageModel Load(string path) => LanguageModel.Load(path, _workers);

    private LanguageModel Resized(LanguageModel model, string name, ResizeOptions options) =>
        Load(Resizer.Run(model, options, _folder.File(name), cancellation: Cancel).Path);
}
