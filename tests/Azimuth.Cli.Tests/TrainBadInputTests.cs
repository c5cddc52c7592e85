namespace Azimuth.Cli.Tests;

/// <summary>What the trainers refuse or complain about, in real processes.</summary>
public sealed class TrainBadInputTests
{
    private static readonly string Novels = TestFiles.Model("novels-gpt");

    [Theory]
    [InlineData("word2vec", "expected CORPUS")]
    [InlineData("word2vec - - -o v.bin", "CORPUS: expected - for standard input once, found it twice")]
    [InlineData("word2vec missing.txt -o v.bin", "missing.txt: expected a text file or a folder")]
    [InlineData("word2vec few.txt -o v.bin -m novels-gpt", "azimuth train word2vec: expected no --model")]
    [InlineData("word2vec few.txt -o con/../v.bin", "--output: con/../v.bin: the folder con does not exist")]
    [InlineData("word2vec few.txt -o v.bin --run con/../v", "--run: con/../v: the folder con does not exist")]
    [InlineData("word2vec blank.txt -o v.bin", "holds no word")]
    [InlineData("word2vec same.txt -o v.bin --min-count 1", "one word only, \"a\"")]
    [InlineData("word2vec once.txt -o v.bin", "its 3 words comes once. Lower --min-count or")]
    [InlineData("word2vec few.txt -o v.bin", "no word comes 5 times or more in the corpus; the most frequent of its 3 words comes 2 times")]
    [InlineData("word2vec few.txt", "expected --output FILE")]
    [InlineData("word2vec few.txt -o v.npy", "--output: expected a name ending in")]
    [InlineData("word2vec few.txt -o few.txt", "expected another file than those that are read")]
    [InlineData("word2vec few.txt -o v.bin --hierarchical --negative 3", "--negative: expected without --hierarchical")]
    [InlineData("word2vec few.txt -o v.bin --phrase-threshold 3", "--phrase-threshold: expected with --phrases")]
    [InlineData("word2vec few.txt -o v.bin --cbow --negative-per-pair", "--negative-per-pair: expected with skip-gram by negative sampling only, found --cbow")]
    [InlineData("word2vec few.txt -o v.bin --resume", "--run: v.bin.run: expected the folder of a training run")]
    [InlineData("word2vec few.txt -o v.bin --min-count 1 --rate 1000 --last-rate 1000 --epochs 100000", "the loss is no finite number")]
    [InlineData("word2vec one.txt -o v.bin --min-count 1", "nothing was learned: no word had another one beside it")]
    [InlineData("word2vec few.txt -o v.bin --min-count 1 --watch a b", "b: expected a text file or a folder")]
    [InlineData("glove", "expected CORPUS")]
    [InlineData("glove few.txt -o v.bin --model novels-gpt", "azimuth train glove: expected no --model")]
    [InlineData("glove LICENSE -o v.bin --min-count 2 --rate 900", "where vectors of zeros cost")]
    [InlineData("glove few.txt -o v.bin", "no word comes 5 times or more in the corpus")]
    [InlineData("glove one.txt -o v.bin --min-count 1", "no two words of the vocabulary meet on a line")]
    [InlineData("glove few.txt -o v.bin --min-count 1 --window 256", "--window: expected a whole number from 1 to 255")]
    [InlineData("tokenizer", "expected CORPUS")]
    [InlineData("tokenizer few.txt", "expected --output FOLDER")]
    [InlineData("tokenizer missing.txt -o out", "missing.txt: expected a text file or a folder")]
    [InlineData("tokenizer empty.txt -o out", "empty.txt: expected a text file, found an empty one or a pipe")]
    [InlineData("tokenizer blank.txt -o out", "blank.txt: expected text to train on, found no word in it")]
    [InlineData("tokenizer blank.txt -o out --model unigram", "blank.txt: expected text to train on, found no word in it")]
    [InlineData("tokenizer few.txt -o out -m novels-gpt", "azimuth train tokenizer: expected no --model")]
    [InlineData("tokenizer few.txt -o out --vocab-size 100", "--vocab-size: expected a vocabulary of 257")]
    [InlineData("tokenizer few.txt -o out --model wordpiece --vocab-size 6", "more than the vocabulary of 6")]
    [InlineData("tokenizer few.txt -o out --model unigram --vocab-size 4", "more than the vocabulary of 4")]
    [InlineData("tokenizer few.txt -o out --model unigram --min-frequency 3", "--min-frequency: expected with --model bpe or wordpiece only")]
    [InlineData("tokenizer few.txt -o out --lowercase", "--lowercase: expected with --model wordpiece only, found --model bpe")]
    [InlineData("tokenizer few.txt -o out --model wordpiece --special [CLS]", "--special: expected [UNK] among the special tokens")]
    [InlineData("tokenizer few.txt -o full", "--output: full: expected a new or empty folder")]
    [InlineData("tokenizer few.txt -o out --model words", "--model: expected bpe, wordpiece or unigram, found \"words\"")]
    [InlineData("lm", "expected CORPUS")]
    [InlineData("lm LICENSE -m novels-gpt", "expected --output FOLDER")]
    [InlineData("lm LICENSE -o out", "found neither")]
    [InlineData("lm LICENSE -o out -m novels-gpt --architecture gpt2", "found both")]
    [InlineData("lm LICENSE -o out -m novels-gpt --width 32", "--width: expected with --architecture")]
    [InlineData("lm LICENSE -o out --architecture gpt2 --tokenizer NOVELS --width 32 --heads 5", "multiple of the 5 heads")]
    [InlineData("lm LICENSE -o out --architecture gpt2", "--tokenizer: expected a folder")]
    [InlineData("lm LICENSE -o out -m novels-gpt --length 500", "the model's context, found 500")]
    [InlineData("lm LICENSE -o out --architecture gpt2 --tokenizer NOVELS --batch 65536 --length 256", "--batch, --length: expected at most")]
    [InlineData("lm LICENSE -o out --architecture gpt2 --tokenizer NOVELS --width 16384 --heads 64 --mlp 262144", "(mlp × width)")]
    [InlineData("lm LICENSE -o out --architecture llama --tokenizer NOVELS --width 65536 --heads 512", "--width: expected matrices")]
    [InlineData("lm LICENSE -o out --architecture llama --tokenizer novels-gpt --width 6 --heads 2", "--width: expected an even multiple of the 2 heads, as the values of each turn in pairs, found 6")]
    [InlineData("lm LICENSE -o out --architecture llama --tokenizer novels-gpt --heads 6 --key-value-heads 4", "--key-value-heads: expected a divisor of the 6 heads, found 4")]
    [InlineData("lm LICENSE -o out --architecture llama --tokenizer nosuchmodel", "nosuchmodel: there is no such file, folder or known model")]
    [InlineData("lm short.txt -o out -m novels-gpt", "short.txt: expected at least 257 tokens")]
    [InlineData("lm empty.txt -o out --architecture gpt2 --tokenizer plain", "empty.txt: expected a text file, found an empty one or a pipe")]
    [InlineData("lm missing.txt -o out -m novels-gpt", "nothing of that name")]
    [InlineData("lm LICENSE -o out -m novels-gpt --only-table --freeze-table", "--only-table: expected without --freeze-table")]
    [InlineData("lm LICENSE -o full -m novels-gpt", "--output: full: expected a new or empty folder")]
    [InlineData("lm LICENSE -o out -m novels-gpt --rate 100 --weight-decay 100 --schedule constant --steps 40 --batch 1 --length 16", "expected a finite loss")]
    public async Task Bad_input_is_one_sentence_with_exit_code_2_and_leaves_nothing_behind(string arguments, string said)
    {
        using TemporaryFolder folder = new();
        WriteInput(folder);
        string[] before = Entries(folder);
        Assert.Contains(said, (await Run(folder, arguments + " --quiet")).Refusal(), StringComparison.Ordinal);
        // What had been learned before the loss was lost stays in the run's folder.
        Assert.Equal(before, Entries(folder).Where(name => !((said.Contains("finite", StringComparison.Ordinal) || said.Contains("zeros", StringComparison.Ordinal)) && name is "v.bin.run" or "out.run")));
    }

    [Theory]
    [InlineData("word2vec bad.txt -o v.bin --min-count 1 --epochs 1 --dimensions 4 --sample 0")]
    [InlineData("glove bad.txt -o v.bin --min-count 1 --epochs 1 --dimensions 4")]
    [InlineData("tokenizer bad.txt -o out --vocab-size 258")]
    [InlineData("lm bad.txt -o out --architecture gpt2 --tokenizer novels-gpt --layers 1 --width 16 --heads 2 --context 8 --steps 2 --batch 1")]
    public async Task Bytes_that_are_not_utf_8_are_one_warning_of_every_trainer(string arguments)
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["bad.txt"], [.. "good words meet "u8, 0xFF, .. " and words meet good words\nand good words \uFFFD meet "u8, 0xC3, .. " words\n"u8]);
        CliResult run = await Run(folder, arguments);
        run.Screen();
        string warning = Assert.Single(run.Error.Split('\n'), line => line.StartsWith("warning: ", StringComparison.Ordinal));
        Assert.Contains("the corpus has 2 sequences of bytes that are not UTF-8, read as U+FFFD, in bad.txt", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fewer_tokens_than_asked_for_are_a_warning()
    {
        using TemporaryFolder folder = new();
        WriteInput(folder);
        Assert.Contains("warning: --vocab-size: 300 tokens were asked for and 257 made, as no other pair comes 2 times", (await Run(folder, "tokenizer few.txt -o out --vocab-size 300")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_would_be_replaced_is_no_matter_of_a_run_that_is_refused()
    {
        using TemporaryFolder folder = new();
        WriteInput(folder);
        const string Command = "word2vec few.txt -o v.bin --min-count 1 --epochs 1 --dimensions 4 --sample 0";
        Assert.DoesNotContain("warning", (await Run(folder, Command)).Error, StringComparison.Ordinal);
        Assert.Contains("--output: v.bin.run: expected a new or empty folder, found a training run", (await Run(folder, Command)).Refusal(), StringComparison.Ordinal);
        Assert.Contains("warning: --output: v.bin is there already", (await Run(folder, Command + " --run other")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipe_that_nobody_writes_to_is_refused_and_one_of_the_shell_is_read()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("Windows has no pipes under a file's name.");
        using TemporaryFolder folder = new();
        Assert.Contains(
            "--file: expected a text file, found the pipe link", (await CliProcess.RunShellAsync(folder.Path, "mkfifo pipe && ln -s pipe link && azimuth tokenize -m novels-gpt --file link", limit: TimeSpan.FromSeconds(60))).Refusal(), StringComparison.Ordinal);
        Assert.Contains("link: expected a training log, found a pipe", (await CliProcess.RunShellAsync(folder.Path, "azimuth report --training link -o r.html", limit: TimeSpan.FromSeconds(60))).Refusal(), StringComparison.Ordinal);
        Assert.Contains("2 tokens", (await CliProcess.RunShellAsync(folder.Path, "azimuth tokenize -m novels-gpt --file <(printf 'she said')")).Screen(), StringComparison.Ordinal);
    }

    private static Task<CliResult> Run(TemporaryFolder folder, string arguments) =>
        CliProcess.RunInAsync(folder.Path, ["train", .. arguments.Split(' ').Select(word => word == "NOVELS" ? Novels : word)]);

    private static string[] Entries(TemporaryFolder folder) => [.. Directory.GetFileSystemEntries(folder.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static void WriteInput(TemporaryFolder folder)
    {
        File.Copy(Path.Combine(TestFiles.Root, "LICENSE"), folder["LICENSE"]);
        File.WriteAllText(folder["few.txt"], "a b a c\nb\n");
        File.WriteAllText(folder["one.txt"], "a\nb\na\nc\n");
        File.WriteAllText(folder["same.txt"], "a a\n");
        File.WriteAllText(folder["once.txt"], "a b c\n");
        File.WriteAllText(folder["blank.txt"], " \n\n");
        File.WriteAllText(folder["empty.txt"], "");
        File.WriteAllText(folder["short.txt"], "Too short.");
        Directory.CreateDirectory(folder["full"]);
        File.WriteAllText(folder["full/x"], "x");
        // Without the end token that a corpus of nothing would consist of.
        Directory.CreateDirectory(folder["plain"]);
        File.WriteAllText(folder["plain/vocab.json"], """{"a":0,"b":1,"ab":2}""");
        File.WriteAllText(folder["plain/merges.txt"], "#version: 0.2\na b\n");
    }
}
