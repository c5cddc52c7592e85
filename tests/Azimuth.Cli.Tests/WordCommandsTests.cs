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
    [InlineData("bias --weat nothing", "flowers-insects")]
    [InlineData("bias --weat a.txt b.txt", "2 values")]
    [InlineData("bias --weat math-arts -m novels-gpt", "X")]
    [InlineData("bias --pairs LICENSE -m novels-gpt", "LICENSE line")]
    [InlineData("bias --strictness -1", "--strictness")]
    [InlineData("probe", "LABELS")]
    [InlineData("probe LICENSE -m novels-gpt", "line 1")]
    [InlineData("probe samples/data/word-kinds.tsv -m novels-gpt --positive fish", "animal, colour")]
    [InlineData("probe samples/data/word-kinds.tsv -m novels-gpt --alpha 1", "--target")]
    [InlineData("probe samples/data/word-kinds.tsv -m novels-gpt --target norm --c 1", "--alpha")]
    [InlineData("probe samples/data/word-kinds.tsv -m novels-gpt --target number", "found \"animal\"")]
    [InlineData("probe samples/data/word-kinds.tsv -m novels-gpt --validation 0.5 --test 0.5", "below 1")]
    [InlineData("subspace -m novels-gpt", "neither")]
    [InlineData("subspace he -m novels-gpt --centre group", "two tokens")]
    [InlineData("subspace zzzzzz -m novels-gpt", "zzzzzz")]
    [InlineData("subspace he -m novels-gpt --components 0", "--components")]
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

    [Fact]
    public async Task Conflicting_labels_are_refused_and_equal_ones_counted_once()
    {
        File.WriteAllText(_folder["two.tsv"], "he\tperson\nshe\tperson\nhe\tthing\n");
        Assert.Contains("line 3", (await CliProcess.RunAsync("probe", _folder["two.tsv"], "-m", "novels-gpt")).Refusal(), StringComparison.Ordinal);
        File.WriteAllText(_folder["numbers.tsv"], "he\t1\r\nshe\t2\r\nhe\t1\r\nhis\t3\r\nher\t4.5\r\nit\t-1e1");
        JsonElement document = (await CliProcess.RunAsync("probe", _folder["numbers.tsv"], "-m", "novels-gpt", "--target", "number", "--json")).Json();
        Assert.Equal(5, document.GetProperty("examples").GetArrayLength());
        Assert.Equal(1, document.GetProperty("repeated").GetInt32());
    }

    [Fact]
    public async Task A_probe_without_a_second_token_of_any_label_is_refused()
    {
        File.WriteAllText(_folder["two.tsv"], "he\ta\nshe\tb\n");
        Assert.Contains("kept for the test, found 2 tokens", (await CliProcess.RunAsync("probe", _folder["two.tsv"], "-m", "novels-gpt")).Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Questions_that_cannot_be_asked_and_rows_that_cannot_answer_are_said_in_words()
    {
        File.WriteAllText(_folder["t.txt"], "x 1 0\ny 0 1\nw 1 1\nflat 0 0\n");
        File.WriteAllText(_folder["q"], ": s\nno none nothing nobody\n");
        Assert.Contains("nothing could be asked", (await CliProcess.RunInAsync(_folder.Path, "eval", "analogies", "q", "-m", "t.txt")).Screen(), StringComparison.Ordinal);
        Assert.Contains("No row has a score", (await CliProcess.RunInAsync(_folder.Path, "analogy", "x", "y", "w", "-m", "t.txt")).Screen(), StringComparison.Ordinal);
        Assert.Contains("flat (a row of zeros)", (await CliProcess.RunInAsync(_folder.Path, "subspace", "flat", "-m", "t.txt")).Refusal(), StringComparison.Ordinal);
        File.WriteAllText(_folder["one.txt"], "x 1 0\n");
        Assert.DoesNotContain("Shared", (await CliProcess.RunInAsync(_folder.Path, "neighbors", "x", "-m", "one.txt")).Screen(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_word_on_both_sides_of_an_association_test_is_warned_of_and_what_is_left_out_is_said_once()
    {
        File.WriteAllText(_folder["t.txt"], "x1 1 0.1 0\nx2 1 0 0.2\ny1 0.1 1 0\na 1 0 0\nb 0 1 0\n");
        foreach (var (name, words) in new[] { ("X", "x1\nx2\nnone\n"), ("Y", "y1\nx2\n"), ("A", "a\n"), ("B", "b") })
            File.WriteAllText(_folder[name], words);
        CliResult run = await CliProcess.RunInAsync(_folder.Path, "bias", "--weat", "X", "Y", "A", "B", "-m", "t.txt");
        Assert.Contains("X and Y both hold x2", run.Error, StringComparison.Ordinal);
        Assert.Contains("none (out of vocabulary)", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("out of vocabulary", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_association_test_of_four_files_counts_every_split()
    {
        File.WriteAllText(_folder["t.txt"], "x1 1 0.1 0\nx2 1 0 0.2\ny1 0.1 1 0\ny2 0 1 0.1\na 1 0 0\nb 0 1 0\nflat 0 0 0\n");
        foreach (var (name, words) in new[] { ("X", "x1\nx2\nnone\n"), ("Y", "y1\ny2\n"), ("A", "a\nflat\n"), ("B", "b") })
            File.WriteAllText(_folder[name], words);
        CliResult run = await CliProcess.RunInAsync(_folder.Path, "bias", "--weat", "X", "Y", "A", "B", "-m", "t.txt", "--json");
        JsonElement result = run.Json().GetProperty("weat").GetProperty("result"), permutation = result.GetProperty("permutation");
        Assert.Equal(6, permutation.GetProperty("partitions").GetDouble());
        Assert.Equal(0, permutation.GetProperty("pStrict").GetDouble());
        Assert.Equal(1.0 / 6, permutation.GetProperty("pGreaterOrEqual").GetDouble(), 1e-12);
        Assert.True(result.GetProperty("effectSizeSampleSd").GetDouble() > 1.7);
        Assert.Contains("none (out of vocabulary)", run.Error, StringComparison.Ordinal);
        Assert.Contains("flat (without direction)", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pair_that_is_not_used_is_named_with_its_reason()
    {
        File.WriteAllText(_folder["t.txt"], "x 1 0.1\ny 0.1 1\nw 1 1\nflat 0 0\n");
        File.WriteAllText(_folder["pairs"], "x y\nx none\nx flat\nw w\n");
        File.WriteAllText(_folder["words"], "w\n");
        CliResult run = await CliProcess.RunInAsync(_folder.Path, "bias", "--pairs", "pairs", "--words", "words", "-m", "t.txt", "--json");
        Assert.Equal(3, run.Json().GetProperty("direction").GetProperty("pairsLeftOut").GetArrayLength());
        foreach (string reason in new[] { "none (out of vocabulary)", "flat (without direction)", "w (repeated)" })
            Assert.Contains(reason, run.Error, StringComparison.Ordinal);
    }
}
