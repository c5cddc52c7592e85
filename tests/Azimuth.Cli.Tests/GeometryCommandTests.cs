using System.Text.Json;

namespace Azimuth.Cli.Tests;

public sealed class GeometryCommandTests
{
    [Fact]
    public async Task A_table_s_document_has_every_value_of_the_fixture_under_its_name_in_camelCase()
    {
        using var fixture = JsonDocument.Parse(File.ReadAllText(Path.Combine(TestFiles.Root, "tests", "fixtures", "geometry", "tables", "expected.json")));
        JsonElement found = (await CliProcess.RunAsync("geometry", "-m", "tests/fixtures/geometry/tables/B.npy", "--json")).Json().GetProperty("tables")[0];
        int compared = 0;
        foreach (JsonProperty value in fixture.RootElement.GetProperty("values").EnumerateObject().Where(v => v.Name.StartsWith("B.", StringComparison.Ordinal) && v.Name != "B.neighbours_cosine"))
        {
            string name = ReferenceNumbers.Camel(value.Name[2..]);
            Assert.True(found.TryGetProperty(name, out JsonElement got), $"{name} is missing");
            if (value.Value.TryGetProperty("value", out JsonElement want))
                compared += Compare(name, want, got);
        }

        Assert.True(compared > 150, $"only {compared} numbers were compared");
    }

    [Fact]
    public async Task Quick_leaves_out_what_takes_longest_and_counts_are_ranked_against_lengths()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["counts.tsv"], " he\t9\r\n she\t7\n she\t1\n\n the\t90\nno such token\t5\n");
        CliResult run = await CliProcess.RunAsync("geometry", "-m", "novels-gpt", "--quick", "--counts", folder["counts.tsv"], "--json");
        JsonElement table = run.Json().GetProperty("tables")[0];
        Assert.Contains("1 of 5 lines in", run.Error, StringComparison.Ordinal);
        Assert.Equal(3, table.GetProperty("countedRows").GetInt32());
        Assert.InRange(table.GetProperty("spearmanNormCount").GetDouble(), -1, 1);
        Assert.False(table.TryGetProperty("raw", out _));
        Assert.False(table.TryGetProperty("hubness10", out _));

        File.WriteAllText(folder["ids.tsv"], "282\t5\nid:349\t5.5\n99999\t1\n");
        table = (await CliProcess.RunAsync("geometry", "-m", "novels-gpt", "--quick", "--counts", folder["ids.tsv"], "--json")).Json().GetProperty("tables")[0];
        Assert.Equal(2, table.GetProperty("countedRows").GetInt32());
    }

    [Theory]
    [InlineData("he 9", "line 1: expected a token or id, a tab and a count")]
    [InlineData("he\t-1", "line 1")]
    [InlineData("he\tNaN", "line 1")]
    [InlineData("zzzzzz\t9", "expected tokens or ids of the input and output table, found none in 1 line.")]
    [InlineData("99999999999\t9", "found none in 1 line.")]
    public async Task Counts_that_cannot_be_read_are_refused_in_one_sentence(string text, string expected)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["counts.tsv"], text);
        Assert.Contains(expected, (await CliProcess.RunAsync("geometry", "-m", "novels-gpt", "--quick", "--counts", folder["counts.tsv"])).Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("geometry -m novels-gpt --quick --queries 5", "--quick leaves out")]
    [InlineData("neighbors id:282 -m novels-gpt --remove-components 192", "from 0 to 191")]
    [InlineData("neighbors id:282 -m novels-gpt --remove-components two", "from 0 to 191")]
    [InlineData("neighbors id:282 -m novels-gpt --center --whiten pca", "expected one of --center, --remove-components and --whiten")]
    [InlineData("neighbors id:282 -m novels-gpt --whiten blue", "expected pca or zca, found \"blue\"")]
    [InlineData("neighbors id:282 -m novels-gpt --epsilon 1e-3", "--epsilon belongs to --whiten")]
    [InlineData("neighbors id:282 -m novels-gpt --whiten --epsilon -1", "--epsilon")]
    public async Task Options_that_do_not_fit_are_refused_in_one_sentence(string commandLine, string expected) =>
        Assert.Contains(expected, (await CliProcess.RunAsync(commandLine.Split(' '))).Refusal(), StringComparison.Ordinal);

    [Fact]
    public async Task One_row_and_one_column_have_dashes_instead_of_numbers()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["one.txt"], "only 1 2 3\n");
        string screen = (await CliProcess.RunAsync("geometry", "-m", folder["one.txt"])).Screen();
        Assert.Contains("1 row of 3", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", screen, StringComparison.Ordinal);
        File.WriteAllText(folder["column.txt"], "a 1\nb 2\nc 0\n");
        screen = (await CliProcess.RunAsync("geometry", "-m", folder["column.txt"])).Screen();
        Assert.DoesNotContain("NaN", screen, StringComparison.Ordinal);
        JsonElement neighbors = (await CliProcess.RunAsync("neighbors", "a", "-m", folder["column.txt"], "--center", "--json")).Json();
        Assert.True(neighbors.GetProperty("conventions").GetProperty("centred").GetBoolean());
        Assert.Equal(JsonValueKind.Null, neighbors.GetProperty("logitAudit").ValueKind);
    }

    /// <summary>Numbers within 1e-6, the least that any value of the fixture asks for; the library's tests hold each to its own tolerance.</summary>
    private static int Compare(string where, JsonElement want, JsonElement got)
    {
        switch (want.ValueKind)
        {
            case JsonValueKind.Object:
                return want.EnumerateObject().Sum(member =>
                {
                    Assert.True(got.TryGetProperty(ReferenceNumbers.Camel(member.Name), out JsonElement found), $"{where}.{member.Name} is missing");
                    return Compare($"{where}.{member.Name}", member.Value, found);
                });
            case JsonValueKind.Array:
                Assert.Equal(want.GetArrayLength(), got.GetArrayLength());
                return want.EnumerateArray().Zip(got.EnumerateArray()).Sum(pair => Compare(where, pair.First, pair.Second));
            default:
                Assert.True(Math.Abs(want.GetDouble() - got.GetDouble()) <= 1e-6 * Math.Max(1, Math.Abs(want.GetDouble())), $"{where}: expected {want}, found {got}");
                return 1;
        }
    }
}
