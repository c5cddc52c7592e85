using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Training.Corpora;
using Azimuth.Training.LanguageModels;

namespace Azimuth.Tests.Training.LanguageModels;

public sealed class TokenSpoolTests : IDisposable
{
    private const int FirstCut = 260_625; // a character of Text()

    /// <summary>To these a whole text is one word, whose likeliest way has a sum of single-precision scores: in a longer sum ties break otherwise, thousands of characters from any cut.</summary>
    private static readonly string[] Summed = ["sp-unigram-across-spaces/tokenizer.model", "sp-unigram-bytefallback/tokenizer.model", "sp-unigram-custom/tokenizer.model", "unigram-bytefallback/tokenizer.model"];

    private static readonly Tokenizer Novels = Tokenizer.Load(Path.Combine(TestFiles.Model("novels-gpt"), "tokenizer.json"));
    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth").FullName;
    private readonly Workers _workers = new(2);

    public static TheoryData<string> Tokenizers =>
    [
        .. Directory.GetFiles(TestFiles.Fixture("tokenizers"), "tokenizer.*", SearchOption.AllDirectories).Where(path => Path.GetExtension(path) is ".json" or ".model" && (!path.Contains("kitchen-sink", StringComparison.Ordinal) || path.Contains("metaspace", StringComparison.Ordinal) || path.Contains("norm-sequence", StringComparison.Ordinal)))
            .Select(path => Path.GetRelativePath(TestFiles.Fixture("tokenizers"), path).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];

    public void Dispose()
    {
        _workers.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Pieces_of_a_text_have_the_ids_of_the_whole_text(string file)
    {
        var tokenizer = Tokenizer.Load(TestFiles.Fixture(["tokenizers", .. file.Split('/')]));
        string path = Path.Combine(_folder, "text.txt"), text = Text();
        File.WriteAllText(path, text);
        // The first four pieces are encoded side by side.
        TokenSpool spool = TokenSpool.Create(Path.Combine(_folder, "ids"), TextCorpus.Open([path]), tokenizer, tokenizer.VocabSize, _workers);
        int[] ids = new int[spool.Count];
        spool.Read(0, ids);
        int[] expected = [.. tokenizer.TokensBefore, .. tokenizer.Encode(text, addSpecialTokens: false).Ids, .. tokenizer.TokensAfter.Count > 0 ? tokenizer.TokensAfter : tokenizer.EndId is int end ? [end] : []];
        int differs = ids.AsSpan().CommonPrefixLength(expected);
        if (Summed.Contains(file))
            Assert.True(tokenizer.Encode(text, addSpecialTokens: false).Characters[differs].Start > FirstCut + 256);
        else
            Assert.True(ids.Length == expected.Length && differs == ids.Length, $"{ids.Length} ids, expected {expected.Length}; the first other one is at {differs}");
    }

    [Theory]
    [InlineData(4096, 2)]
    [InlineData(70_000, 4)]
    public void A_spool_holds_the_ids_of_whole_files_one_behind_the_other(int vocabSize, int idBytes)
    {
        // Longer than a piece, with empty and indented lines to cut beside.
        var text = new StringBuilder();
        for (int i = 0; text.Length < 700_000; i++)
            text.Append("It was the ").Append(i).Append(" of a long story").Append((i % 3) switch { 0 => ".\n\n", 1 => ",\n    ", _ => "\n" });
        text.Append('\n');
        File.WriteAllText(Path.Combine(_folder, "a.txt"), text.ToString());
        File.WriteAllText(Path.Combine(_folder, "b.txt"), "The end.\r\n");
        TextCorpus corpus = TextCorpus.Open([Path.Combine(_folder, "a.txt"), Path.Combine(_folder, "b.txt")]);
        TokenSpool spool = TokenSpool.Create(Path.Combine(_folder, "ids"), corpus, Novels, vocabSize, _workers);
        Assert.Equal(16 + idBytes * spool.Count, new FileInfo(Path.Combine(_folder, "ids")).Length);
        int end = Novels.EndId!.Value;
        int[] expected = [.. Novels.Encode(text.ToString(), false).Ids, end, .. Novels.Encode("The end.\n", false).Ids, end];
        var ids = new int[spool.Count];
        spool.Read(0, ids);
        Assert.Equal(expected, ids);
        var part = new int[3];
        TokenSpool.Open(Path.Combine(_folder, "ids")).Read(5, part);
        Assert.Equal(expected[5..8], part);

        var problem = Assert.Throws<CheckpointFormatException>(() => TokenSpool.Create(Path.Combine(_folder, "small"), corpus, Novels, 300, _workers));
        Assert.Contains("300 rows", problem.Message);
        Assert.False(File.Exists(Path.Combine(_folder, "small")));
        byte[] whole = File.ReadAllBytes(Path.Combine(_folder, "ids"));
        File.WriteAllBytes(Path.Combine(_folder, "cut"), whole[..^1]);
        Assert.Throws<CheckpointFormatException>(() => TokenSpool.Open(Path.Combine(_folder, "cut")));
    }

    [Fact]
    public void Ids_beyond_sixteen_bits_are_read_whole()
    {
        int[] ids = [.. Enumerable.Range(0, 100).Select(i => 65_500 + 7 * i)];
        File.WriteAllBytes(Path.Combine(_folder, "ids"), [.. "AZIDS1"u8, 4, 0, .. BitConverter.GetBytes(100L), .. ids.SelectMany(BitConverter.GetBytes)]);
        var part = new int[30];
        TokenSpool.Open(Path.Combine(_folder, "ids")).Read(41, part);
        Assert.Equal(ids[41..71], part);
    }

    [Fact]
    public void A_spool_puts_no_line_feed_where_the_text_has_none()
    {
        // Without a line feed, longer than what is read at once; and a last line that is not ended.
        string longLine = string.Concat(Enumerable.Range(0, 60_000).Select(i => $"It was the {i}. ")), ended = "One.\nTwo.";
        File.WriteAllText(Path.Combine(_folder, "a.txt"), longLine);
        File.WriteAllText(Path.Combine(_folder, "b.txt"), ended);
        TokenSpool spool = TokenSpool.Create(Path.Combine(_folder, "ids"), TextCorpus.Open([Path.Combine(_folder, "a.txt"), Path.Combine(_folder, "b.txt")]), Novels, 4096, _workers);
        var ids = new int[spool.Count];
        spool.Read(0, ids);
        int end = Novels.EndId!.Value, first = Array.IndexOf(ids, end);
        Assert.Equal(end, ids[^1]);
        Assert.True(longLine == Novels.Decode(ids[..first]), "the long line came back changed");
        Assert.Equal(ended, Novels.Decode(ids[(first + 1)..^1]));
    }

    [Fact]
    public void Bytes_that_are_not_utf_8_are_complained_about_once_for_all_files()
    {
        File.WriteAllBytes(Path.Combine(_folder, "a.txt"), [.. "good "u8, 0xFF, .. " \uFFFD\n"u8]);
        File.WriteAllBytes(Path.Combine(_folder, "b.txt"), [0xC3, .. " good"u8]);
        List<string> warnings = [];
        TextCorpus corpus = TextCorpus.Open([Path.Combine(_folder, "a.txt"), Path.Combine(_folder, "b.txt")]);
        TokenSpool.Create(Path.Combine(_folder, "ids"), corpus, Novels, 4096, _workers, warnings.Add);
        Assert.Equal([$"the corpus has 2 sequences of bytes that are not UTF-8, read as U+FFFD, in 2 files, the first of them {corpus.Files[0]}"], warnings);
    }

    /// <summary>Three pieces of prose, with lines that are empty, indented, in other scripts or numbers.</summary>
    private static string Text()
    {
        string[] lines = [.. File.ReadAllLines(Path.Combine(TestFiles.Model("novels-gpt"), "heldout.txt"))];
        var text = new StringBuilder();
        for (int i = 0; text.Length < 600_000; i++)
            text.Append(lines[i % lines.Length]).Append((i % 7) switch { 3 => " 12345678\n", 4 => " naïve 語 😀\n", 5 => "\n  ", _ => "\n" });
        return text.Append("The end.\n").ToString();
    }
}
