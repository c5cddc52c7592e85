using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Azimuth.Cli.Tests;

/// <summary><c>train tokenizer</c> in real processes: killed and resumed, opened by other commands.</summary>
public sealed class TrainTokenizerTests
{
    private static readonly string Docs = Path.Combine(TestFiles.Root, "docs");

    [Theory]
    [InlineData("bpe")]
    [InlineData("unigram")]
    public async Task A_run_that_is_killed_again_and_again_ends_with_the_bytes_of_one_that_is_not(string model)
    {
        using TemporaryFolder folder = new();
        string text = string.Concat(Directory.GetFiles(Docs, "*.md").Order(StringComparer.Ordinal).Select(File.ReadAllText));
        using (StreamWriter writer = new(folder["corpus.txt"]))
        {
            for (long written = 0; written < 60_000_000; written += text.Length)
                writer.Write(text);
        }

        string[] command = ["train", "tokenizer", "corpus.txt", "--model", model, "--vocab-size", "3000", "--save-every", "0.01", "--log-every", "0.3"];
        CliResult undisturbed = await CliProcess.RunInAsync(folder.Path, [.. command, "-o", "whole", "--threads", "1", "--quiet"]);
        Assert.True(undisturbed.ExitCode == 0, undisturbed.Error);
        // AZIMUTH_KILLS=50 is the long form.
        int kills = int.Parse(Environment.GetEnvironmentVariable("AZIMUTH_KILLS") ?? "4", CultureInfo.InvariantCulture), done = 0;
        Random random = new(8);
        while (done < kills)
        {
            bool began = File.Exists(folder["parts.run/log.jsonl"]);
            using Process process = CliProcess.Start(folder.Path, [.. command, "-o", "parts", .. began ? new[] { "--resume" } : []]);
            Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            if (process.WaitForExit(random.Next(200, 4000)))
            {
                Assert.True(process.ExitCode == 0, await error);
                // Over before its time: from the beginning, until there were kills enough.
                Directory.Delete(folder["parts.run"], recursive: true);
                Directory.Delete(folder["parts"], recursive: true);
                continue;
            }

            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            done++;
            // Killed between the writing of the result and the end.
            if (Directory.Exists(folder["parts"]))
                Directory.Delete(folder["parts"], recursive: true);
        }

        bool left = File.Exists(folder["parts.run/log.jsonl"]);
        CliResult last = await CliProcess.RunInAsync(folder.Path, [.. command, "-o", "parts", .. left ? new[] { "--resume" } : []]);
        Assert.True(last.ExitCode == 0, last.Error);
        foreach (string file in Directory.GetFiles(folder["whole"]))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(folder["parts"], Path.GetFileName(file))));
    }

    [Fact]
    public async Task What_was_trained_opens_in_other_commands_and_standard_input_gives_what_the_file_gives()
    {
        using TemporaryFolder folder = new();
        string text = Path.Combine(Docs, "geometry.md");
        CliResult run = await CliProcess.RunInAsync(folder.Path, "train", "tokenizer", text, "-o", "words", "--vocab-size", "500");
        Assert.Contains("byte-level BPE, 500 tokens", run.Screen(), StringComparison.Ordinal);
        JsonElement tokens = (await CliProcess.RunInAsync(folder.Path, "tokenize", "--text", "the geometry of rows", "-m", "words", "--json")).Json().GetProperty("tokens");
        Assert.Equal("the geometry of rows", string.Concat(tokens.EnumerateArray().Select(token => token.GetProperty("text").GetString())));
        Assert.Contains(" of", tokens.EnumerateArray().Select(token => token.GetProperty("text").GetString()));
        CliResult piped = await CliProcess.RunShellAsync(folder.Path, $"gzip -c '{text}' | azimuth train tokenizer - -o piped --vocab-size 500 --quiet");
        Assert.True(piped.ExitCode == 0, piped.Error);
        Assert.Equal(File.ReadAllBytes(folder["words/merges.txt"]), File.ReadAllBytes(folder["piped/merges.txt"]));
        CliResult other = await CliProcess.RunShellAsync(folder.Path, "rm -r piped && echo another text | azimuth train tokenizer - -o piped --vocab-size 500 --resume");
        Assert.Contains("warning: standard input is not read", other.Error, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(folder["words/merges.txt"]), File.ReadAllBytes(folder["piped/merges.txt"]));
    }

    [Fact]
    public async Task A_model_of_a_unigram_tokenizer_becomes_gguf_without_a_vocabulary_and_its_tokenizer_comes_back()
    {
        using TemporaryFolder folder = new();
        string text = Path.Combine(Docs, "geometry.md");
        CliResult run = await CliProcess.RunShellAsync(folder.Path, $"azimuth train tokenizer '{text}' -o pieces --model unigram --vocab-size 300 --quiet && " +
            $"azimuth train lm '{text}' -o model --architecture llama --tokenizer pieces --layers 1 --width 8 --heads 1 --context 8 --batch 1 --steps 1 --quiet && azimuth convert model model.gguf");
        Assert.Contains("warning: written without a vocabulary: only BPE and WordPiece are written in GGUF's form", run.Error, StringComparison.Ordinal);
        JsonElement back = (await CliProcess.RunShellAsync(folder.Path, "azimuth convert model.gguf back > screen.txt && azimuth tokenize --text 'rows of a table' -m back --json")).Json();
        JsonElement before = (await CliProcess.RunInAsync(folder.Path, "tokenize", "--text", "rows of a table", "-m", "model", "--json")).Json();
        Assert.Equal(before.GetProperty("ids").ToString(), back.GetProperty("ids").ToString());
    }
}
