using System.Text.Json;

namespace Azimuth.Cli.Tests;

/// <summary>The commands that look inside a run: what they refuse, and that their numbers are the library's.</summary>
public sealed class InsideARunTests
{
    [Theory]
    [InlineData("positions -m novels-gpt --length 257", "--length: expected 2 to 256, the context of novels-gpt, found 257")]
    [InlineData("positions -m novels-gpt --ids 5,6", "--ids: expected at least two different tokens before the last one")]
    [InlineData("positions -m novels-gpt --ids 5,5,5,6", "--ids: expected at least two different tokens before the last one")]
    [InlineData("attention -m novels-gpt --head 1", "--head: expected --layer L with it")]
    [InlineData("attention -m novels-gpt --position 1", "--position: expected --layer L and --head H with it")]
    [InlineData("attention -m novels-gpt --layer 6", "--layer: expected 0 to 5, the layers of novels-gpt, found 6")]
    [InlineData("attention -m novels-gpt --layer 5 --head 6", "--head: expected 0 to 5, the heads of layer 5, found 6")]
    [InlineData("attention -m novels-gpt --layer 5 --head 1 --ids 1,2,3 --position 3", "--position: expected 0 to 2, the prompt's positions, found 3")]
    [InlineData("attention -m novels-gpt --ids 1,2", "--ids: expected at least three tokens, found 2")]
    [InlineData("bigrams -m novels-gpt", "expected a TOKEN, --all or --sample N, found none")]
    [InlineData("bigrams id:5 --all -m novels-gpt", "expected a TOKEN, --all or --sample N, found several")]
    [InlineData("bigrams id:5 -m tests/fixtures/families/opt-350m-style", "opt-350m-style: the blocks of this opt model norm the residual stream itself (post-norm)")]
    [InlineData("contextualize -m novels-gpt --text a", "expected a WORD")]
    [InlineData("contextualize heart -m novels-gpt", "expected --sentences FILE or --text TEXT several times, found neither")]
    [InlineData("contextualize heart -m novels-gpt --sentences nowhere.txt", "--sentences: there is no file nowhere.txt")]
    [InlineData("contextualize heart -m novels-gpt --text my·heart --text a·heart", "expected \"heart\" in at least two sentences, found it in 0 of 2")]
    [InlineData("contextualize heart -m tests/fixtures/families/gpt2 --text my·heart --text a·heart", "gpt2 has no tokenizer")]
    public async Task What_cannot_be_looked_at_is_refused_in_one_sentence(string commandLine, string expected)
    {
        string sentence = (await CliProcess.RunAsync([.. commandLine.Split(' ').Select(word => word.Replace('·', ' '))])).Refusal();
        Assert.Contains(expected, sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sentences_come_from_a_file_and_those_without_the_word_are_named()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["sentences.txt"], "His heart was beating\r\nShe had a good heart\r\n\r\nwith all my heart\nnothing of the kind\nHe learned it by heart, and then\nIn the heart of the city");
        CliResult run = await CliProcess.RunAsync("contextualize", " heart", "-m", TestFiles.Traced("novels-gpt"), "--sentences", folder["sentences.txt"], "--json");
        JsonElement document = run.Json();
        Assert.Contains("1 of 6 sentences does not hold \" heart\"", run.Error, StringComparison.Ordinal);
        // fixtures/trace/novels-gpt.json, contexts[0].self_similarity
        Assert.Equal(0.8326561504551966, document.GetProperty("selfSimilarity")[0].GetDouble(), 1e-5);
        Assert.Equal(0.7950519035826457, document.GetProperty("selfSimilarity")[6].GetDouble(), 1e-5);
    }

    [Theory]
    [InlineData("positions -m novels-gpt --ids 262,300,400,500")]
    [InlineData("attention -m novels-gpt --ids 262,300,400,500")]
    [InlineData("bigrams -m novels-gpt --sample 100")]
    public async Task The_number_of_threads_changes_no_number(string commandLine)
    {
        string[] outputs = await Task.WhenAll(new[] { "1", "2" }.Select(async threads => (await CliProcess.RunAsync([.. commandLine.Split(' '), "--threads", threads, "--json"])).Screen()));
        Assert.Equal(outputs[0], outputs[1]);
    }
}
