using System.Text.Json;

namespace Azimuth.Cli.Tests;

/// <summary>The commands that compare two tables, in real processes.</summary>
public sealed class TwoTablesTests
{
    [Fact]
    public async Task A_checkpoint_and_itself_are_identical()
    {
        string screen = (await CliProcess.RunAsync("drift", "novels-gpt", "novels-gpt")).Screen();
        Assert.Contains("The two are identical", screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Untied_models_are_compared_table_by_table()
    {
        JsonElement document = (await CliProcess.RunAsync("drift", "tests/fixtures/families/gpt2", "tests/fixtures/families/gpt2-untied", "--json")).Json();
        Assert.Equal(["input table", "output table"], document.GetProperty("tables").EnumerateArray().Select(table => table.GetProperty("table").GetString()));
        Assert.Equal("lm_head.weight", document.GetProperty("tensors").GetProperty("onlyInB")[0].GetString());
        Assert.False(document.GetProperty("identical").GetBoolean());
    }

    [Fact]
    public async Task Every_token_s_drift_goes_to_a_file()
    {
        using TemporaryFolder folder = new();
        await CliProcess.RunInAsync(folder.Path, "drift", "novels-gpt", "novels-gpt", "-o", "drift.csv");
        string[] lines = await File.ReadAllLinesAsync(folder["drift.csv"], TestContext.Current.CancellationToken);
        Assert.Equal("table,id,idInB,text,angleBeforeDegrees,angleAfterDegrees,normRatioBefore,normRatioAfter", lines[0]);
        Assert.StartsWith("input and output table,0,0,", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Aligned_rows_written_to_a_file_lie_where_the_alignment_says()
    {
        using TemporaryFolder folder = new();
        string a = TestFiles.Fixture("families", "gpt2"), b = TestFiles.Fixture("families", "gpt2-untied");
        JsonElement before = (await CliProcess.RunInAsync(folder.Path, "align", a, b, "-o", "aligned.npy", "--json")).Json().GetProperty("alignment");
        JsonElement after = (await CliProcess.RunInAsync(folder.Path, "align", "aligned.npy", b, "--match", "id", "--json")).Json().GetProperty("alignment");
        double residual = before.GetProperty("procrustesCentred").GetProperty("scaled").GetProperty("residual").GetDouble();
        // Nothing is left to turn or scale; the file's rows are floats.
        Assert.Equal(residual, after.GetProperty("procrustesCentred").GetProperty("unscaled").GetProperty("residual").GetDouble(), 1e-5 * residual);
        Assert.Equal(1, after.GetProperty("procrustesCentred").GetProperty("scale").GetDouble(), 1e-5);
        await CliProcess.RunInAsync(folder.Path, "align", a, b, "-o", "aligned.safetensors", "--no-scale");
        JsonElement file = (await CliProcess.RunInAsync(folder.Path, "inspect", "-m", "aligned.safetensors", "--json")).Json();
        Assert.Equal("embedding", file.GetProperty("tensors")[0].GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("align novels-gpt novels-gpt -o aligned.xyz", "expected a name ending in .safetensors .vec .bin")]
    [InlineData("align novels-gpt SmolLM2-135M-Instruct -o aligned.npy", "expected two tables of the same width to align, found 192 and 576")]
    [InlineData("align novels-gpt", "expected A and B, two models or files of vectors, found only A")]
    [InlineData("drift", "found neither")]
    [InlineData("align novels-gpt novels-gpt --no-scale", "--no-scale: expected with --output only")]
    [InlineData("align novels-gpt novels-gpt -m novels-gpt", "expected no --model, since A and B name what is compared")]
    [InlineData("drift novels-gpt SmolLM2-135M-Instruct", "with rows of 192 and 576 numbers; `azimuth align` compares tables of any width")]
    [InlineData("align novels-gpt nowhere", "nowhere")]
    public async Task What_cannot_be_compared_is_one_sentence(string line, string expected) =>
        Assert.Contains(expected, (await CliProcess.RunAsync(line.Split(' '))).Refusal(), StringComparison.Ordinal);
}
