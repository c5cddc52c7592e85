using System.Text.Json;

namespace Azimuth.Cli.Tests;

/// <summary>Conversions in real processes: what was written is a model or a table of its own, and what cannot be is refused in one sentence.</summary>
public sealed class ConvertTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_folder_goes_to_GGUF_and_back_and_writes_the_same_text()
    {
        string[] prompt = ["--prompt", "She opened the door", "--max-tokens", "12", "--json"];
        async Task<int[]> Ids(string model) =>
            [.. (await CliProcess.RunInAsync(_folder.Path, ["generate", "-m", model, .. prompt])).Json().GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
        CliResult there = await CliProcess.RunInAsync(_folder.Path, "convert", "novels-gpt", "novels.gguf");
        Assert.Contains("novels-gpt as GGUF", there.Output, StringComparison.Ordinal);
        CliResult back = await CliProcess.RunInAsync(_folder.Path, "convert", "novels.gguf", "novels-again", "--dtype", "f16", "--max-shard-size", "2MB");
        Assert.Equal((0, ""), (back.ExitCode, back.Error));
        Assert.Contains("F16 (76 tensors)", back.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder["novels-again/model.safetensors.index.json"]));
        int[] expected = await Ids("novels-gpt");
        Assert.Equal(expected, await Ids("novels.gguf"));
        Assert.Equal(expected, await Ids("novels-again"));
    }

    [Fact]
    public async Task Word_vectors_go_through_every_format_and_keep_their_numbers()
    {
        string source = TestFiles.Fixture("word-vectors", "fasttext.bin"), from = source;
        foreach (string name in new[] { "a.npz", "b.bin", "c.vec", "d.jsonl", "e.csv", "f.tsv", "g.txt", "h.vec.gz" })
        {
            CliResult run = await CliProcess.RunInAsync(_folder.Path, "convert", from, name, "--quiet");
            Assert.True(run.ExitCode == 0, $"{name}: {run.Error}");
            from = name;
        }

        async Task<string> Neighbours(string file)
        {
            JsonElement document = (await CliProcess.RunInAsync(_folder.Path, "neighbors", "-m", file, "id:3", "--json")).Json();
            return string.Join(' ', document.GetProperty("neighbors").EnumerateArray().Select(one => $"{one.GetProperty("id")}:{one.GetProperty("value")}"));
        }

        Assert.Equal(await Neighbours(source), await Neighbours("h.vec.gz"));
    }

    [Fact]
    public async Task The_second_file_of_vectors_is_named_and_replaces_nothing_but_its_own()
    {
        string source = TestFiles.Fixture("word-vectors", "glove.txt");
        await File.WriteAllTextAsync(_folder["v9_metadata.tsv"], "PRECIOUS", TestContext.Current.CancellationToken);
        foreach (string[] command in new string[][] { ["convert", source, "v9.tsv"], ["export", "-m", source, "-o", "v9.tsv"] })
            Assert.Contains("v9_metadata.tsv, which is there without the first and would be replaced", (await CliProcess.RunInAsync(_folder.Path, command)).Refusal(), StringComparison.Ordinal);
        Assert.Equal("PRECIOUS", await File.ReadAllTextAsync(_folder["v9_metadata.tsv"], TestContext.Current.CancellationToken));
        JsonElement document = (await CliProcess.RunInAsync(_folder.Path, "convert", source, "a.tsv", "--json")).Json();
        Assert.Equal(_folder["a_metadata.tsv"], document.GetProperty("metadataPath").GetString());
        Assert.Contains("a_metadata.tsv", (await CliProcess.RunInAsync(_folder.Path, "convert", source, "a.tsv")).Screen(), StringComparison.Ordinal);
        // Its own words are read with it.
        Assert.Contains("a_metadata.tsv, which is one of them", (await CliProcess.RunInAsync(_folder.Path, "convert", "a.tsv", "a_metadata.tsv")).Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_vectors_lose_on_the_way_is_said()
    {
        CliResult run = await CliProcess.RunInAsync(_folder.Path, "convert", TestFiles.Fixture("word-vectors", "fasttext.bin"), "v.npy", "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("warning: npy holds numbers alone, so the words are not in it; npz holds both", run.Error, StringComparison.Ordinal);
        Assert.Contains("warning: the n-grams of fasttext.bin are not in it, so a word that the table lacks has no vector there", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, run.Json().GetProperty("remarks").GetArrayLength());
        Assert.DoesNotContain("warning", (await CliProcess.RunInAsync(_folder.Path, "convert", "v.npy", "w.npy")).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bert", "the masked-language head (5 tensors)")]
    [InlineData("distilbert", "the masked-language head (5 tensors)")]
    [InlineData("bert-pooler", "the pooler (2 tensors)")]
    public async Task What_an_encoder_loses_in_GGUF_is_counted(string family, string lost) =>
        Assert.Contains($"warning: not in the file: {lost}, for which", (await CliProcess.RunInAsync(_folder.Path, "convert", TestFiles.Fixture("families", family), "x.gguf")).Error, StringComparison.Ordinal);

    [Fact]
    public async Task A_link_is_written_through_and_its_files_size_shown()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a right that not every user has");
        File.CreateSymbolicLink(_folder["link.gguf"], "target.gguf");
        await File.WriteAllTextAsync(_folder["target.gguf"], "x", TestContext.Current.CancellationToken);
        JsonElement document = (await CliProcess.RunInAsync(_folder.Path, "convert", "novels-gpt", "link.gguf", "--json")).Json();
        Assert.Equal(new FileInfo(_folder["target.gguf"]).Length, document.GetProperty("sizeBytes").GetInt64());
    }

    [Theory]
    [InlineData("convert tests/fixtures/word-vectors/glove.txt x.npz.gz", "OUT: expected .npz alone")]
    [InlineData("convert", "expected IN and OUT, found neither")]
    [InlineData("convert novels-gpt", "expected OUT behind novels-gpt")]
    [InlineData("convert novels-gpt x.npz", "azimuth export writes its token table alone")]
    [InlineData("convert novels-gpt x --dtype q8_0", "--dtype: expected f32, f16 or bf16 for a folder of safetensors, found \"q8_0\"")]
    [InlineData("convert novels-gpt x.gguf --dtype q5_k", "--dtype: expected f32, f16, bf16, q8_0, q4_0 or q4_1 for a .gguf file, found \"q5_k\"")]
    [InlineData("convert novels-gpt x.gguf --max-shard-size 5GB", "--max-shard-size: expected a folder to write")]
    [InlineData("convert novels-gpt x --max-shard-size -1", "--max-shard-size: expected a number of bytes")]
    [InlineData("convert novels-gpt tests", "expected a new or empty folder")]
    [InlineData("convert tests/fixtures/word-vectors/glove.txt x.gguf", "is taken for a file of vectors by its ending; expected a name ending in .vec")]
    [InlineData("convert tests/fixtures/word-vectors/glove.txt x.vec --dtype f16", "--dtype: expected a model")]
    [InlineData("convert tests/fixtures/families/opt-125m-style x.gguf", "the family opt has no GGUF form here")]
    [InlineData("convert tests/fixtures/families/gpt2-inverse-layer-scale x.gguf", "the activation in layer 0: the model has Gelu, GGUF's form of this family (gpt2) has GeluTanh")]
    [InlineData("convert nothing x", "there is no such file, folder or known model")]
    [InlineData("convert novels-gpt x -m novels-gpt", "azimuth convert: expected no --model, since IN names what is converted")]
    public async Task What_cannot_be_written_is_refused_in_one_sentence(string line, string because)
    {
        using ShellFolder shell = new();
        Assert.Contains(because, (await CliProcess.RunShellAsync(shell.Path, "azimuth " + line)).Refusal(), StringComparison.Ordinal);
        Assert.False(Path.Exists(Path.Combine(shell.Path, "x")) || Path.Exists(Path.Combine(shell.Path, "x.gguf")));
    }
}
