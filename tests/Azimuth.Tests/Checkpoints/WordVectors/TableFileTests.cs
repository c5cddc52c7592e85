using System.Diagnostics;
using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Embeddings;

namespace Azimuth.Tests.Checkpoints.WordVectors;

/// <summary>Which files are tables, and what happens around reading them.</summary>
public sealed class TableFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a.txt", true)]
    [InlineData("A.TXT.GZ", true)]
    [InlineData("words.vec", true)]
    [InlineData("x.bin.gz", true)]
    [InlineData("x.npz", true)]
    [InlineData("plain.gz", true)]
    [InlineData("x.ndjson", true)]
    [InlineData("pytorch_model.bin", false)]
    [InlineData("model.safetensors", false)]
    [InlineData("model.gguf", false)]
    [InlineData("novels-gpt", false)]
    [InlineData("config.json", false)]
    [InlineData("", false)]
    public void Endings_tell_tables_from_models(string path, bool table) => Assert.Equal(table, TableFile.IsTableFile(path));

    [Fact]
    public void A_folder_is_no_table_whatever_it_is_called()
    {
        Directory.CreateDirectory(_folder.File("model.bin"));
        Assert.False(TableFile.IsTableFile(_folder.File("model.bin")));
    }

    [Theory]
    [InlineData("x.bin", "word2vec.txt", "word2vec text")]
    [InlineData("x.txt", "word2vec.bin", "word2vec binary")]
    [InlineData("x.w2v", "word2vec_newline_bytes.bin", "word2vec binary")]
    [InlineData("x.vec", "fasttext.bin", "fastText")]
    [InlineData("x.txt", "f32.npy", "npy")]
    [InlineData("x.gz", "stored.npz", "npz")]
    [InlineData("x.txt", "word2vec.bin.gz", "word2vec binary, gzip")]
    public void Content_decides_over_the_ending(string name, string fixture, string format) =>
        Assert.Equal(format, TableFile.Load(_folder.Write(name, File.ReadAllBytes(WordVectorFixtures.PathOf(fixture)))).Format);

    [Theory]
    [InlineData("fasttext_supervised.bin", 170, 6)]
    [InlineData("f32_fortran.npy", 5, 3)]
    public void Binary_formats_may_be_compressed(string fixture, int rows, int dimension)
    {
        byte[] whole = File.ReadAllBytes(WordVectorFixtures.PathOf(fixture));
        var plain = TableFile.Load(WordVectorFixtures.PathOf(fixture)).Table;
        var packed = TableFile.Load(_folder.Write(fixture + ".gz", MutationSeeds.Gzip(whole))).Table;
        Assert.Equal((rows, dimension), (packed.Count, packed.ModelDim));
        for (int id = 0; id < rows; id++)
            Assert.Equal(plain.Vector(id), packed.Vector(id));
    }

    [Theory]
    [InlineData("GGUF....", "a GGUF model")]
    [InlineData("version https://git-lfs.github.com/spec/v1", "Git LFS pointer")]
    [InlineData("<!DOCTYPE html>", "a web page")]
    [InlineData("PK\u0005\u0006\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "archive of .npy arrays, found none")]
    public void Other_formats_are_named(string content, string said) =>
        Assert.Contains(said, Assert.Throws<CheckpointFormatException>(() => TableFile.Load(_folder.Write("x.txt", content))).Message);

    [Fact]
    public void Lines_longer_than_any_buffer_are_read()
    {
        const int Dimension = 70_000;
        string row = string.Join(' ', Enumerable.Range(0, Dimension).Select(i => (i * 0.5f).ToString("R", System.Globalization.CultureInfo.InvariantCulture)));
        var table = TableFile.Load(_folder.Write("x.txt", $"a {row}\nb {row}\n")).Table;
        Assert.Equal((2, Dimension, 0.5f * (Dimension - 1)), (table.Count, table.ModelDim, table.Vector(1)[^1]));
    }

    [Fact]
    public void Many_rows_are_joined_from_their_pieces()
    {
        const int Rows = 40_000, Dimension = 20;
        StringBuilder text = new();
        for (int i = 0; i < Rows; i++)
        {
            text.Append('w').Append(i);
            for (int j = 0; j < Dimension; j++)
                text.Append(' ').Append((i * 31) + j);
            text.Append('\n');
        }

        var table = TableFile.Load(_folder.Write("x.txt.gz", MutationSeeds.Gzip(Encoding.UTF8.GetBytes(text.ToString())))).Table;
        Assert.Equal(Rows, table.Count);
        for (int i = 0; i < Rows; i += 7)
        {
            Assert.Equal(i, table.Find("w" + i));
            Assert.Equal(Enumerable.Range(0, Dimension).Select(j => (float)((i * 31) + j)), table.Vector(i));
        }
    }

    [Fact]
    public void Reading_can_be_cancelled_and_tells_how_far_it_is()
    {
        string path = WordVectorFixtures.PathOf("word2vec.txt.gz");
        Assert.ThrowsAny<OperationCanceledException>(() => TableFile.Load(path, null, new CancellationToken(canceled: true)));
        List<double> shares = [];
        TableFile.Load(path, new Shares(shares));
        Assert.Equal(1, shares[^1], 0.05);
    }

    [Fact]
    public void A_pipe_is_not_waited_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no named pipes in folders");
        string pipe = _folder.File("x.txt");
        using Process made = Process.Start("mkfifo", pipe);
        made.WaitForExit();
        Assert.Equal("Empty", Assert.Throws<CheckpointFormatException>(() => TableFile.Load(pipe)).Kind);
    }

    [Theory]
    [InlineData("x_metadata.tsv")]
    [InlineData("metadata.tsv")]
    public void The_projectors_words_stand_in_a_file_beside(string metadata)
    {
        string path = _folder.Write("x.tsv", "1\t2\n3\t4\n");
        Assert.Contains("x_metadata.tsv", Assert.Single(TableFile.Load(path).Warnings));
        _folder.Write(metadata, "id\tlabel\n0\tone\n1\ttwo words\n");
        TableFile table = TableFile.Load(path);
        Assert.Equal(("one", "two words"), (table.Table.Text(0), table.Table.Text(1)));
        Assert.Empty(table.Warnings);
        _folder.Write(metadata, "id\tlabel\n0\tone\n");
        Assert.Equal("WrongRowCount", Assert.Throws<CheckpointFormatException>(() => TableFile.Load(path)).Kind);
    }

    [Theory]
    [InlineData("token,d0,d1\na,1,2\n", "a", 2)]
    [InlineData("id,x_1,x_2,x_3,Word\n9,1,2,3,\"a,b\"\n", "a,b", 3)]
    [InlineData("\uFEFFtoken,vector\r\n\"two\r\nlines\",\"[1, 2,3]\"\r\n", "two\r\nlines", 3)]
    [InlineData("a,1,2\n", "a", 2)]
    [InlineData("word,0,1\nb,5,6\n", "b", 2)]
    public void Csv_finds_its_columns(string text, string word, int dimension)
    {
        var table = TableFile.Load(_folder.Write("x.csv", text)).Table;
        Assert.Equal((1, word, dimension), (table.Count, table.Text(0), table.ModelDim));
    }

    [Theory]
    [InlineData("x.txt", "\uFEFFking 1 2\n\uFEFFman 3 4\n")]
    [InlineData("x.vec", "\uFEFF2 2\nking 1 2\n\uFEFFman 3 4\n")]
    [InlineData("x.jsonl", "\uFEFF{\"token\":\"king\",\"vector\":[1,2]}\n{\"token\":\"\uFEFFman\",\"vector\":[3,4]}\n")]
    public void A_byte_order_mark_before_a_text_is_passed_over_and_kept_elsewhere(string name, string text)
    {
        TableFile file = TableFile.Load(_folder.Write(name, text));
        Assert.Equal(("king", "\uFEFFman", 2), (file.Table.Text(0), file.Table.Text(1), file.Table.ModelDim));
    }

    [Fact]
    public void Doubles_too_large_for_floats_are_called_so_with_the_file()
    {
        string path = _folder.File("large.npy");
        byte[] header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2)}\n"u8.ToArray();
        File.WriteAllBytes(path, [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. header, .. BitConverter.GetBytes(1.0), .. BitConverter.GetBytes(1e300)]);
        TableFile file = TableFile.Load(path);
        Assert.Equal("1 value is not finite as 32-bit floats, the first, 1e300, in row 0, column 1", Assert.Single(file.Warnings));
        Assert.Equal($"{path}: row 0 (\"0\") holds 1e300 in column 1, beyond the range of a 32-bit float. Scale the vectors down.",
            Assert.Throws<CheckpointFormatException>(() => TableScan.FiniteRow(file.Table, 0)).Message);
    }

    [Theory]
    [InlineData("x.csv", "token,size\na,1\n", "UnknownFormat")]
    [InlineData("x.csv", "d0,d1\n1,2\n", "UnknownFormat")]
    [InlineData("x.csv", "token,d0\na\n", "BadRow")]
    [InlineData("x.csv", "token,d0\na,\n", "BadNumber")]
    [InlineData("x.csv", "token,d0\n\"a,1\n", "Truncated")]
    [InlineData("x.csv", "token,d0\n\"a\"b,1\n", "BadRow")]
    [InlineData("x.csv", "token,d0\n", "Empty")]
    [InlineData("x.jsonl", "{\"token\":\"a\"}\n", "BadRow")]
    [InlineData("x.jsonl", "{\"vector\":[1]}\n", "BadRow")]
    [InlineData("x.jsonl", "{\"token\":\"a\",\"vector\":[1,null]}\n", "BadNumber")]
    [InlineData("x.jsonl", "{\"token\":\"a\",\"vector\":[1e39]}\n", "BadNumber")]
    [InlineData("x.jsonl", "{\"token\":\"a\",\"vector\":[1]} {}\n", "JsonMalformed")]
    [InlineData("x.jsonl", "{\"token\":\"\\ud800\",\"vector\":[1]}\n", "JsonMalformed")]
    [InlineData("x.jsonl", "[1]\n", "BadRow")]
    [InlineData("x.jsonl", "\n", "Empty")]
    [InlineData("x.tsv", "a\t1\n", "BadRow")]
    [InlineData("x.tsv", "1\t2\n3\n", "BadRow")]
    [InlineData("x.tsv", "1\t2\n3\tnan\n", "BadNumber")]
    [InlineData("x.tsv", "1\t2\n\n3\t4\n", "BadRow")]
    public void Malformed_rows_are_refused(string name, string text, string kind) =>
        Assert.Equal(kind, Assert.Throws<CheckpointFormatException>(() => TableFile.Load(_folder.Write(name, text))).Kind);

    private sealed class Shares(List<double> shares) : IProgress<double>
    {
        public void Report(double value) => shares.Add(value);
    }
}
