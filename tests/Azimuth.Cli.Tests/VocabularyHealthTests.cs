using System.Text.Json;

namespace Azimuth.Cli.Tests;

/// <summary><c>glitch</c> and <c>unreachable</c>, on models and on files of vectors.</summary>
public sealed class VocabularyHealthTests
{
    private const string Square = "north 0 1\nsouth 0 -1\neast 1 0\nwest -1 0\nmiddle 0.25 0.25\nedge 0.5 0.5\nagain 0 1\n";

    [Fact]
    public async Task Glitch_shows_the_never_trained_rows_of_a_model_and_what_the_reference_is()
    {
        string screen = (await CliProcess.RunAsync("glitch", "-m", "novels-gpt", "--top", "5", "--verify", "2")).Screen();
        Assert.Contains("Reference: 13 rows of unused ids.", screen, StringComparison.Ordinal);
        Assert.Contains("never trained", screen, StringComparison.Ordinal);
        Assert.Contains("5 of 4,096 rows", screen, StringComparison.Ordinal);
        Assert.Contains("This model does not repeat most ordinary tokens", screen, StringComparison.Ordinal);
        Assert.All(screen.Split('\n'), line => Assert.InRange(line.Length, 0, 100));
    }

    [Fact]
    public async Task Glitch_takes_reference_rows_that_are_given()
    {
        JsonElement document = (await CliProcess.RunAsync("glitch", "-m", "novels-gpt", "--reference", "124,125", "--share", "1", "--top", "3", "--json")).Json();
        Assert.Equal("given", document.GetProperty("reference").GetProperty("source").GetString());
        Assert.Equal([124, 125], document.GetProperty("reference").GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal(0.01, document.GetProperty("suspectShare").GetDouble());
        Assert.Equal(3, document.GetProperty("tokens").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, document.GetProperty("verification").ValueKind);
    }

    [Fact]
    public async Task Unreachable_rows_of_a_file_of_vectors_come_with_proofs_that_hold()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["square.txt"], Square);
        JsonElement document = (await CliProcess.RunInAsync(folder.Path, "unreachable", "-m", "square.txt", "--certificates", "proofs.json", "--json")).Json();
        Assert.Equal([0, 4, 5, 6], document.GetProperty("unreachable").EnumerateArray().Select(token => token.GetProperty("id").GetInt32()));
        Assert.Equal(0, document.GetProperty("undecidedCount").GetInt32());
        using JsonDocument proofs = JsonDocument.Parse(File.ReadAllText(folder["proofs.json"]));
        double[][] rows = [.. Square.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[1..].Select(v => double.Parse(v, System.Globalization.CultureInfo.InvariantCulture)).ToArray())];
        foreach (JsonElement proof in proofs.RootElement.GetProperty("certificates").EnumerateArray())
        {
            int id = proof.GetProperty("id").GetInt32();
            if (proof.GetProperty("verdict").GetString() == "reachable")
            {
                double[] vector = [.. proof.GetProperty("vector").EnumerateArray().Select(v => v.GetDouble())];
                double[] logits = [.. rows.Select(row => row[0] * vector[0] + row[1] * vector[1])];
                Assert.All(Enumerable.Range(0, rows.Length).Where(j => j != id), j => Assert.True(logits[id] > logits[j]));
                continue;
            }

            (int Id, double Weight)[] weights = [.. proof.GetProperty("weights").EnumerateObject().Select(w => (int.Parse(w.Name, System.Globalization.CultureInfo.InvariantCulture), w.Value.GetDouble()))];
            Assert.DoesNotContain(weights, w => w.Id == id);
            for (int c = 0; c < 2; c++)
                Assert.Equal(rows[id][c], weights.Sum(w => w.Weight * rows[w.Id][c]), 1e-12);
        }
    }

    [Fact]
    public async Task Unreachable_reads_well()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["square.txt"], Square);
        string screen = (await CliProcess.RunInAsync(folder.Path, "unreachable", "-m", "square.txt", "--top", "2")).Screen();
        Assert.Contains("3 of 7", screen, StringComparison.Ordinal);
        Assert.Contains("1.00 again", screen, StringComparison.Ordinal);
        Assert.Contains("2 of 4; --json has all", screen, StringComparison.Ordinal);
        Assert.All(screen.Split('\n'), line => Assert.InRange(line.Length, 0, 100));
    }

    [Fact]
    public async Task What_cannot_be_done_is_one_sentence()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["square.txt"], Square);
        Assert.Contains("--reference: expected rows of the input and output table, 0 to 4095, found 4096", (await CliProcess.RunAsync("glitch", "-m", "novels-gpt", "--reference", "4096")).Refusal(), StringComparison.Ordinal);
        Assert.Contains("--verify: expected a model with a tokenizer, found square.txt", (await CliProcess.RunInAsync(folder.Path, "glitch", "-m", "square.txt", "--verify", "3")).Refusal(), StringComparison.Ordinal);
        Assert.Contains("--certificates: expected a name ending in .json, found proofs.txt", (await CliProcess.RunInAsync(folder.Path, "unreachable", "-m", "square.txt", "--certificates", "proofs.txt")).Refusal(), StringComparison.Ordinal);
    }
}
