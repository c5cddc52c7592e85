using System.Text.Json;

namespace Azimuth.Cli.Tests;

/// <summary>Files of vectors on the command line: opened by every command that looks at rows, exported, inspected, refused in one sentence.</summary>
public sealed class TableFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_exported_table_has_the_neighbours_of_the_model()
    {
        await CliProcess.RunInAsync(_folder.Path, "export", "-m", "novels-gpt", "-o", "n.npz");
        JsonElement model = (await CliProcess.RunAsync("neighbors", " heart", "-m", "novels-gpt", "--top", "5", "--json")).Json();
        JsonElement file = (await CliProcess.RunInAsync(_folder.Path, "neighbors", " heart", "-m", "n.npz", "--top", "5", "--json")).Json();
        Assert.Equal(model.GetProperty("neighbors").ToString(), file.GetProperty("neighbors").ToString());
    }

    [Fact]
    public async Task Words_that_a_format_cannot_hold_are_announced()
    {
        CliResult run = await CliProcess.RunInAsync(_folder.Path, "export", "-m", "novels-gpt", "-o", "n.vec.gz");
        Assert.Contains("4,096 rows of 192 numbers as word2vec text, gzip", run.Screen());
        Assert.Contains("words are spelled with \\s", run.Error);
        CliResult found = await CliProcess.RunInAsync(_folder.Path, "neighbors", "\\sheart", "-m", "n.vec.gz", "--top", "1");
        Assert.Contains("\\sheart", found.Screen());
    }

    [Fact]
    public async Task A_word_that_fastText_does_not_know_has_neighbours()
    {
        CliResult run = await CliProcess.RunAsync("neighbors", "zzzz", "-m", "tests/fixtures/word-vectors/fasttext.bin", "--top", "3", "--json");
        JsonElement found = run.Json();
        Assert.Equal(("zzzz", 1189, 3), (found.GetProperty("token").GetProperty("text").GetString(), found.GetProperty("token").GetProperty("id").GetInt32(), found.GetProperty("neighbors").GetArrayLength()));
        Assert.Contains("\"zzzz\" is no word of fasttext.bin: its vector is the mean of its 9 n-grams", run.Error);
        Assert.Contains("expected a word of fasttext.vec", (await CliProcess.RunAsync("neighbors", "zzzz", "-m", "tests/fixtures/word-vectors/fasttext.vec")).Refusal());
    }

    [Theory]
    [InlineData("export -m novels-gpt", "expected --output FILE")]
    [InlineData("export -m novels-gpt -o x.parquet", "expected an ending that names a format")]
    [InlineData("export -m novels-gpt -o x.txt --format xlsx", "--format: expected word2vec")]
    [InlineData("export -m novels-gpt -o x.vec --columns id", "found word2vec text, which has words and numbers only")]
    [InlineData("export -m novels-gpt -o x.csv --columns id,size", "--columns: expected id, token")]
    [InlineData("export -m novels-gpt -o x.csv --columns id,id", "found id twice")]
    [InlineData("export -m novels-gpt -o x.csv --top 3 --ids 1", "found both")]
    [InlineData("export -m novels-gpt -o x.csv --ids 4096", "0 to 4095, found 4096")]
    [InlineData("export -m novels-gpt -o x.csv --counts LICENSE", "--counts: expected the column rank")]
    [InlineData("export -m novels-gpt -o x.csv --dimensions 3", "--dimensions: expected the column coordinates")]
    [InlineData("export -m novels-gpt -o none/x.csv", "does not exist")]
    [InlineData("export -m tests/fixtures/word-vectors/glove.txt -o x.csv --columns class", "needs a tokenizer")]
    [InlineData("geometry -m tests/fixtures/word-vectors/bad_short_row.txt", "line 3: expected a word and 3 numbers, found 2")]
    [InlineData("inspect tests/fixtures/word-vectors/bad_header_huge.txt", "expected 1 to 2147483647 rows, found 99999999999")]
    [InlineData("geometry -m tests/fixtures/word-vectors/bad_object.npy", "a pickle that could run code")]
    [InlineData("neighbors a -m tests/fixtures/word-vectors/fasttext_bad_magic.bin", "begins with the number 793712314")]
    public async Task What_cannot_be_done_is_one_sentence(string commandLine, string said) =>
        Assert.Contains(said, (await CliProcess.RunAsync(commandLine.Split(' '))).Refusal());

    [Theory]
    [InlineData("word2vec.bin.gz", "word2vec binary, gzip", 21, 8)]
    [InlineData("glove.txt", "GloVe text", 21, 8)]
    [InlineData("fasttext_supervised.bin", "fastText", 170, 6)]
    [InlineData("f64_big_endian_fortran.npy", "npy", 5, 3)]
    public async Task A_file_of_vectors_is_inspected(string file, string format, int rows, int dimension)
    {
        JsonElement found = (await CliProcess.RunAsync("inspect", "tests/fixtures/word-vectors/" + file, "--json")).Json();
        Assert.Equal((format, rows, dimension), (found.GetProperty("format").GetString(), found.GetProperty("rows").GetInt32(), found.GetProperty("modelDim").GetInt32()));
    }
}
