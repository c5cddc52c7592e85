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

    [Theory]
    [InlineData("convert", "expected IN and OUT, found neither")]
    [InlineData("convert novels-gpt", "expected OUT behind novels-gpt")]
    [InlineData("convert novels-gpt x.npz", "azimuth export writes its token table alone")]
    [InlineData("convert novels-gpt x --dtype q8_0", "--dtype: expected f32, f16 or bf16 for a folder of safetensors, found \"q8_0\"")]
    [InlineData("convert novels-gpt x.gguf --dtype q5_k", "--dtype: expected f32, f16, bf16, q8_0, q4_0 or q4_1 for a .gguf file, found \"q5_k\"")]
    [InlineData("convert novels-gpt x.gguf --max-shard-size 5GB", "--max-shard-size: expected a folder to write")]
    [InlineData("convert novels-gpt x --max-shard-size -1", "--max-shard-size: expected a number of bytes")]
    [InlineData("convert novels-gpt tests", "expected a new or empty folder")]
    [InlineData("convert tests/fixtures/word-vectors/glove.txt x.gguf", "is a file of vectors; expected a name ending in .vec")]
    [InlineData("convert tests/fixtures/word-vectors/glove.txt x.vec --dtype f16", "--dtype: expected a model")]
    [InlineData("convert tests/fixtures/families/opt-125m-style x.gguf", "the family opt has no GGUF form here")]
    [InlineData("convert tests/fixtures/families/gpt2-inverse-layer-scale x.gguf", "the activation in layer 0: the model has Gelu, GGUF's form of this family (gpt2) has GeluTanh")]
    [InlineData("convert nothing x", "there is no such file, folder or known model")]
    [InlineData("convert novels-gpt x -m novels-gpt", "found --model as well")]
    public async Task What_cannot_be_written_is_refused_in_one_sentence(string line, string because)
    {
        using ShellFolder shell = new();
        Assert.Contains(because, (await CliProcess.RunShellAsync(shell.Path, "azimuth " + line)).Refusal(), StringComparison.Ordinal);
        Assert.False(Path.Exists(Path.Combine(shell.Path, "x")) || Path.Exists(Path.Combine(shell.Path, "x.gguf")));
    }
}
