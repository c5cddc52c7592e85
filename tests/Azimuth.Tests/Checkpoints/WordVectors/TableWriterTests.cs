using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Npy;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Vocabulary;

namespace Azimuth.Tests.Checkpoints.WordVectors;

/// <summary>What is written comes back through the readers: numbers to the bit, words as they are or as the stated spelling.</summary>
public sealed class TableWriterTests : IDisposable
{
    /// <summary>Every character that some format keeps its fields apart by, words that look like numbers, escapes or escaped words, and words that come twice.</summary>
    private static readonly string[] Awkward =
    [
        "plain", "", " ", "  ", " next", "two words", "line\nend", "\n", "\r\n", "\r", "tab\tin", "\t", "\\", "\\s", "\\n", "\\\\s", "\\e", "x", "x", "x\\#17", "x#17", "x",
        "nan", "1.5", "-1", "1e5", "inf", "\"", "\"\"", "a,b", "a\"b", "'", "[", "{}", "</s>", "é", "e\u0301", "東京", "🙂", "\u00A0", "\u2028", "\u3000", "\uFEFF", "\uFFFD", "\0", "in\0side", "\u0001",
        "\u007F", "end ", "id", "token", "d0", "vector", new string('w', 300),
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly Workers _workers = new(2);

    public static TheoryData<string> Files => ["t.vec", "t.w2v", "t.bin", "t.txt", "t.npy", "t.npz", "t.tsv", "vectors.tsv", "t.jsonl", "t.csv", "t.vec.gz", "t.bin.gz", "t.txt.gz", "t.npy.gz", "t.tsv.gz", "t.ndjson.gz", "t.csv.gz"];

    public void Dispose()
    {
        _workers.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Awkward_words_and_extreme_numbers_come_back(string file)
    {
        EmbeddingTable table = Table(Awkward, 7, seed: 3);
        TableFormat format = TableFormats.OfEnding(file)!.Value;
        TableExport export = TableWriter.Save(_folder.File(file), table, new TableExportOptions { Format = format }, _workers);
        TableFile back = TableFile.Load(export.Path);
        Assert.Equal(export.Format, back.Format);
        Assert.Equal((Awkward.Length, 7), (back.Table.Count, back.Table.ModelDim));
        Assert.Equal((Awkward.Length, 7), (export.Rows, export.ModelDim));
        AssertSameBits(table, back.Table);
        for (int id = 0; id < Awkward.Length; id++)
            Assert.Equal(Expected(format, id), back.Table.Text(id));
        Assert.Equal(format is not (TableFormat.JsonLines or TableFormat.Csv), export.Warnings.Count > 0);
    }

    [Theory]
    [InlineData("mark.txt")]
    [InlineData("mark.vec")]
    [InlineData("mark.tsv")]
    public void A_first_word_that_begins_like_a_byte_order_mark_comes_back(string file)
    {
        TableExport export = TableWriter.Save(_folder.File(file), Table(["\uFEFFa", "\uFEFFb"], 3, seed: 1), new TableExportOptions { Format = TableFormats.OfEnding(file)!.Value }, _workers);
        EmbeddingTable back = TableFile.Load(export.Path).Table;
        Assert.Equal(("\uFEFFa", "\uFEFFb"), (back.Text(0), back.Text(1)));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Plain_words_are_written_as_they_are(string file)
    {
        TableFile original = TableFile.Load(WordVectorFixtures.PathOf("word2vec.txt"));
        TableFormat format = TableFormats.OfEnding(file)!.Value;
        TableExport export = TableWriter.Save(_folder.File(file), original.Table, new TableExportOptions { Format = format }, _workers);
        TableFile back = TableFile.Load(export.Path);
        Assert.Equal(format == TableFormat.Npy ? ["npy holds numbers alone, so the words are not in it; npz holds both"] : [], export.Warnings);
        AssertSameBits(original.Table, back.Table);
        if (format != TableFormat.Npy)
            Assert.Equal(Words(original.Table), Words(back.Table));
    }

    [Fact]
    public void Word2vec_binary_is_gensims_to_the_byte()
    {
        string gensim = WordVectorFixtures.PathOf("word2vec.bin");
        TableExport export = TableWriter.Save(_folder.File("t.bin"), TableFile.Load(gensim).Table, new TableExportOptions { Format = TableFormat.Word2VecBinary }, _workers);
        Assert.Equal(File.ReadAllBytes(gensim), File.ReadAllBytes(export.Path));
    }

    [Fact]
    public void Random_words_and_bits_come_back_from_every_format()
    {
        var random = new Random(11);
        string[] alphabet = [" ", "\n", "\\", "\t", "\r", "#", "s", "1", ".", ",", "\"", "é", "🙂", "\u0002", "x", "-"];
        for (int round = 0; round < 25; round++)
        {
            string[] words = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => string.Concat(Enumerable.Range(0, random.Next(0, 5)).Select(_ => alphabet[random.Next(alphabet.Length)])))];
            EmbeddingTable table = Table(words, random.Next(2, 6), seed: round);
            foreach (TableFormat format in Enum.GetValues<TableFormat>().Where(f => f != TableFormat.FastText))
            {
                string ending = format switch { TableFormat.Word2VecText => ".vec", TableFormat.Word2VecBinary => ".bin", TableFormat.GloveText => ".txt", TableFormat.ProjectorTsv => ".tsv", TableFormat.JsonLines => ".jsonl", _ => "." + format.ToString().ToLowerInvariant() };
                TableExport export = TableWriter.Save(_folder.File("r" + ending), table, new TableExportOptions { Format = format, Columns = [TableColumn.Token, TableColumn.Vector] }, _workers);
                EmbeddingTable back = TableFile.Load(export.Path).Table;
                AssertSameBits(table, back);
                string[] spelled = Words(back);
                if (format is TableFormat.JsonLines or TableFormat.Csv)
                    Assert.Equal(words, spelled);
                else if (format is TableFormat.Word2VecText or TableFormat.GloveText or TableFormat.Word2VecBinary)
                    Assert.Equal(words.Length, spelled.Distinct().Count());
            }
        }
    }

    [Fact]
    public void Chosen_rows_come_in_the_order_asked_for()
    {
        EmbeddingTable table = Table(["a", "b", "c", "d"], 3, seed: 1);
        TableExport export = TableWriter.Save(_folder.File("t.vec"), table, new TableExportOptions { Format = TableFormat.Word2VecText, Ids = [3, 1] }, _workers);
        EmbeddingTable back = TableFile.Load(export.Path).Table;
        Assert.Equal(["d", "b"], Words(back));
        Assert.Equal(table.Vector(3), back.Vector(0));
    }

    [Fact]
    public void Columns_say_length_class_rank_nearest_and_place()
    {
        float[] values = [3, 0, 0, 0, 2, 0, 4, 0.1f, 0, 0, 0, 0];
        EmbeddingTable table = new("rows", StoredMatrix.FromFloats(values, 4, 3), id => "abcd"[id].ToString());
        TableExportOptions options = new()
        {
            Format = TableFormat.Csv,
            Columns = [TableColumn.Id, TableColumn.Token, TableColumn.Norm, TableColumn.Class, TableColumn.Rank, TableColumn.Neighbor, TableColumn.Coordinates],
            Classes = [TokenClass.Ok, TokenClass.PartialUtf8, TokenClass.Special, TokenClass.Padding],
            Counts = [5, 7, 5, null],
        };
        TableExport export = TableWriter.Save(_folder.File("t.csv"), table, options, _workers);
        string[][] lines = [.. File.ReadAllLines(export.Path).Select(line => line.Split(','))];
        Assert.Equal(["id", "token", "norm", "class", "rank", "count", "neighborId", "neighborToken", "neighborCosine", "x", "y"], lines[0]);
        Assert.Equal(lines[0], export.Columns);
        Assert.Equal(["3", "2", "4.001249804785752", "0"], lines.Skip(1).Select(l => l[2]));
        Assert.Equal(["ok", "partialUtf8", "special", "padding"], lines.Skip(1).Select(l => l[3]));
        Assert.Equal(["2,5", "1,7", "3,5", "4,"], lines.Skip(1).Select(l => l[4] + "," + l[5]));
        // The zero row has no direction: nobody's neighbour, and without one.
        Assert.Equal(["2 c", "2 c", "0 a", " "], lines.Skip(1).Select(l => l[6] + " " + l[7]));
        Assert.Equal(4 / Math.Sqrt(16 + ((double)0.1f * 0.1f)), double.Parse(lines[1][8]), 1e-9);
        Assert.Equal("", lines[4][8]);
        Assert.InRange(export.VarianceShown!.Value, 1 - 1e-12, 1 + 1e-12); // the rows lie in a plane
        double mean = lines.Skip(1).Sum(l => double.Parse(l[9]));
        Assert.InRange(mean, -1e-6, 1e-6); // centred; floats of size 4
    }

    [Fact]
    public void Rows_that_are_not_finite_are_written_by_the_formats_that_can()
    {
        EmbeddingTable table = new("rows", StoredMatrix.FromFloats([1, float.NaN], 1, 2), _ => "a");
        foreach (string file in new[] { "t.vec", "t.bin", "t.txt", "t.tsv", "t.jsonl", "t.csv" })
        {
            var options = new TableExportOptions { Format = TableFormats.OfEnding(file)!.Value, Columns = [TableColumn.Token, TableColumn.Vector] };
            Assert.Equal("NonFiniteRow", Assert.Throws<CheckpointFormatException>(() => TableWriter.Save(_folder.File(file), table, options, _workers)).Kind);
            Assert.False(File.Exists(_folder.File(file)));
        }

        TableExport export = TableWriter.Save(_folder.File("t.npz"), table, new TableExportOptions { Format = TableFormat.Npz }, _workers);
        Assert.True(double.IsNaN(NpzArchive.Load(export.Path).Read("vectors").ToDoubles()[1]));
    }

    [Fact]
    public void A_cancelled_export_leaves_nothing_behind()
    {
        using CancellationTokenSource cancel = new();
        cancel.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            TableWriter.Save(_folder.File("t.vec"), Table(["a"], 3, 1), new TableExportOptions { Format = TableFormat.Word2VecText }, _workers, null, cancel.Token));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_failed_export_leaves_both_files_of_a_pair_as_they_were()
    {
        var options = new TableExportOptions { Format = TableFormat.ProjectorTsv };
        TableExport first = TableWriter.Save(_folder.File("t.tsv"), Table(["a"], 2, 1), options, _workers);
        string[] files = [first.Path, first.MetadataPath!], before = [.. files.Select(File.ReadAllText)];
        EmbeddingTable bad = new("rows", StoredMatrix.FromFloats([1, float.NaN], 1, 2), _ => "b");
        Assert.Throws<CheckpointFormatException>(() => TableWriter.Save(first.Path, bad, options, _workers));
        Assert.Equal(before, files.Select(File.ReadAllText));
        Assert.Equal(2, Directory.GetFileSystemEntries(_folder.Path).Length);
    }

    [Fact]
    public void An_archive_of_the_same_table_has_the_same_bytes()
    {
        EmbeddingTable table = Table(["a", "b"], 3, 1);
        byte[][] written = [.. new[] { "1.npz", "2.npz" }.Select(f => File.ReadAllBytes(TableWriter.Save(_folder.File(f), table, new TableExportOptions { Format = TableFormat.Npz }, _workers).Path))];
        Assert.Equal(written[0], written[1]);
    }

    [Fact]
    public void What_cannot_be_written_is_refused()
    {
        EmbeddingTable table = Table(["a", "b"], 1, 1);
        foreach ((TableExportOptions options, string said) in new[]
        {
            (new TableExportOptions { Format = TableFormat.FastText }, "is not written"), (new TableExportOptions { Format = TableFormat.Npz, Gzip = true }, "archive itself"),
            (new TableExportOptions { Format = TableFormat.GloveText }, "header"), (new TableExportOptions { Format = TableFormat.Csv, Ids = [2] }, "rows 0 to 1"),
            (new TableExportOptions { Format = TableFormat.Csv, Ids = [] }, "no rows"), (new TableExportOptions { Format = TableFormat.Csv, Columns = [TableColumn.Class] }, "needs a tokenizer"),
            (new TableExportOptions { Format = TableFormat.Csv, Columns = [TableColumn.Coordinates] }, "dimensions"), (new TableExportOptions { Format = TableFormat.Csv, Columns = [TableColumn.Id, TableColumn.Id] }, "twice"),
        })
            Assert.Contains(said, Assert.Throws<ArgumentException>(() => TableWriter.Save(_folder.File("t"), table, options, _workers)).Message);
    }

    [Theory]
    [InlineData("the 10\nof\t7\n\ncd 3\nunknown 4\n", 3, 1)]
    [InlineData("the 10", 1, 0)]
    public void Counts_are_a_word_and_a_number_a_line(string text, int known, int unknown)
    {
        EmbeddingTable table = TableFile.Load(WordVectorFixtures.PathOf("word2vec.txt")).Table;
        TokenCounts counts = TokenCounts.Load(_folder.Write("counts.txt", text.Replace("cd", "and", StringComparison.Ordinal)), table);
        Assert.Equal((known, unknown, 10L, null), (counts.Known, counts.Unknown, counts.ById[0], counts.ById[^1]));
    }

    [Theory]
    [InlineData("the ten", "line 1")]
    [InlineData("the 1\nthe 2", "line 2")]
    [InlineData("unknown 1", "none of them")]
    [InlineData("", "none of them")]
    public void Counts_that_make_no_sense_are_refused(string text, string said)
    {
        EmbeddingTable table = TableFile.Load(WordVectorFixtures.PathOf("word2vec.txt")).Table;
        string path = _folder.Write("counts.txt", text);
        Assert.Contains(said, Assert.Throws<CheckpointFormatException>(() => TokenCounts.Load(path, table)).Message);
    }

    /// <summary>The documented spelling, written here a second time and by hand.</summary>
    private static string Expected(TableFormat format, int id)
    {
        string word = Awkward[id];
        switch (format)
        {
            case TableFormat.JsonLines or TableFormat.Csv:
                return word;
            case TableFormat.Npy:
                return id.ToString();
            case TableFormat.Npz:
                return word == "\0" ? "\u2400" : word;
        }

        bool blanks = format != TableFormat.ProjectorTsv;
        string spelled = word.Length == 0 ? "\\e" : string.Concat(word.Select(c => c switch
        {
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            ' ' => blanks || string.IsNullOrWhiteSpace(word) ? "\\s" : " ",
            < ' ' or '\u007F' => $"\\x{(int)c:X2}",
            _ => c.ToString(),
        }));
        bool again = blanks && Array.IndexOf(Awkward, word) < id;
        return again ? $"{spelled}\\#{id}" : spelled;
    }

    /// <summary>Rows of random bits that are finite, with zeros of both signs, the smallest and the largest numbers among them.</summary>
    private static EmbeddingTable Table(string[] words, int columns, int seed)
    {
        var random = new Random(seed);
        float[] extremes = [0, -0f, float.Epsilon, float.MaxValue, float.MinValue, 1.1754944E-38f, 1, -1, 0.1f, 16777217];
        float[] values = new float[words.Length * columns];
        for (int i = 0; i < values.Length; i++)
        {
            float any = BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
            values[i] = random.Next(3) == 0 || !float.IsFinite(any) ? extremes[random.Next(extremes.Length)] : any;
        }

        return new EmbeddingTable("rows", StoredMatrix.FromFloats(values, words.Length, columns), id => words[id]);
    }

    private static string[] Words(EmbeddingTable table) => [.. Enumerable.Range(0, table.Count).Select(table.Text)];

    private static void AssertSameBits(EmbeddingTable expected, EmbeddingTable found)
    {
        Assert.Equal(expected.Count, found.Count);
        for (int id = 0; id < expected.Count; id++)
            WordVectorFixtures.AssertNear(expected.Vector(id), found.Vector(id), 0, $"row {id}");
    }
}
