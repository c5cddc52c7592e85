using System.Text.Json;

namespace Azimuth.Cli.Tests;

/// <summary>The commands about words, on files of vectors and on models.</summary>
public sealed class WordCommandsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("analogy", "three WORDs")]
    [InlineData("analogy a b", "found 2")]
    [InlineData("analogy he him zzzzzz -m novels-gpt", "zzzzzz")]
    [InlineData("analogy he him she -m novels-gpt --epsilon 0.1", "--method mul")]
    [InlineData("analogy he him she -m novels-gpt --method mul --epsilon 0", "--epsilon")]
    [InlineData("analogy he him --pairs samples/data/past-tense.tsv", "one WORD")]
    [InlineData("analogy he --pairs samples/data/past-tense.tsv --method mul", "add or pair")]
    [InlineData("analogy he --pairs no-such-file", "no-such-file")]
    [InlineData("eval analogies", "FILE")]
    [InlineData("eval analogies LICENSE -m novels-gpt", "line 1")]
    [InlineData("eval analogies samples/data/analogies.txt -m novels-gpt --restrict 0", "--restrict")]
    [InlineData("eval analogies samples/data/analogies.txt -m novels-gpt --exclude some", "--exclude")]
    [InlineData("eval similarity", "FILE")]
    [InlineData("eval similarity samples/data/similarity.tsv LICENSE -m novels-gpt", "LICENSE line 1")]
    public async Task Bad_usage_is_one_sentence(string command, string expected) =>
        Assert.Contains(expected, (await CliProcess.RunAsync(command.Split(' '))).Refusal(), StringComparison.Ordinal);

    [Fact]
    public async Task A_file_of_vectors_answers_analogies_by_its_words()
    {
        // man, king, woman, queen stand at the corners of a square; apple is elsewhere.
        File.WriteAllText(_folder["tiny.txt"], "man 1 0 0.1 0\nking 1 1 0.1 0\nwoman -1 0 0.1 0\nqueen -1 1 0.1 0\napple 0 0 0 1\n");
        File.WriteAllText(_folder["questions.txt"], ": royal\nMan king WOMAN queen\nman king woman pear\n");
        File.WriteAllText(_folder["pairs.tsv"], "man\tking\t9\r\nman\tapple\t1\r\nman\twoman\t0");
        JsonElement one = (await CliProcess.RunInAsync(_folder.Path, "analogy", "man", "king", "woman", "-m", "tiny.txt", "--answer", "queen", "--json")).Json();
        Assert.Equal("queen", one.GetProperty("answers")[0].GetProperty("text").GetString());
        Assert.Equal(1, one.GetProperty("expected").GetProperty("rank").GetInt32());
        JsonElement many = (await CliProcess.RunInAsync(_folder.Path, "eval", "analogies", "questions.txt", "-m", "tiny.txt", "--json")).Json();
        Assert.Equal("1-", many.GetProperty("methods")[0].GetProperty("sections")[0].GetProperty("answers").GetString());
        JsonElement alike = (await CliProcess.RunInAsync(_folder.Path, "eval", "similarity", "pairs.tsv", "-m", "tiny.txt", "--json")).Json();
        Assert.Equal(3, alike.GetProperty("sets")[0].GetProperty("pairsUsed").GetInt32());
        Assert.Equal(1, alike.GetProperty("sets")[0].GetProperty("spearman").GetDouble(), 1e-12);
    }

    [Fact]
    public async Task The_screen_says_what_was_excluded_and_that_one_example_proves_nothing()
    {
        string screen = (await CliProcess.RunAsync("analogy", "he", "him", "she", "-m", "novels-gpt", "--top", "3")).Screen().ReplaceLineEndings(" ");
        Assert.Contains("the question's own rows are excluded", screen, StringComparison.Ordinal);
        Assert.Contains("one example validates nothing", screen, StringComparison.Ordinal);
        Assert.Contains("·he is to ·him as ·she is to", screen, StringComparison.Ordinal);
    }
}
