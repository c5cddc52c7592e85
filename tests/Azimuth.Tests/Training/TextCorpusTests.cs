using System.IO.Compression;
using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Training.Corpora;

namespace Azimuth.Tests.Training;

public sealed class TextCorpusTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Files_of_a_folder_come_in_order_plain_or_compressed_and_lines_end_with_files()
    {
        Write("b.txt", "three\r\n\nfour");
        Directory.CreateDirectory(Path.Combine(_folder, "c"));
        Write("c/a.txt", "five\n");
        using (var gzip = new GZipStream(File.Create(Path.Combine(_folder, "a.gz")), CompressionMode.Compress))
            gzip.Write("one\ntwo"u8);
        Assert.Equal(["one", "two", "three", "", "four", "five"], Lines(TextCorpus.Open([_folder])));
    }

    [Fact]
    public void A_line_without_end_comes_in_pieces_cut_at_blanks_and_nothing_is_lost()
    {
        string text = string.Concat(Enumerable.Range(0, 500_000).Select(i => $"word{i} "));
        Write("a.txt", text);
        string[] pieces = Lines(TextCorpus.Open([Path.Combine(_folder, "a.txt")]));
        Assert.True(pieces.Length > 1 && pieces.All(piece => piece.Length <= 1 << 20 && piece.EndsWith(' ')));
        Assert.Equal(text, string.Concat(pieces));
    }

    [Fact]
    public void Standard_input_is_kept_and_read_again()
    {
        string spool = Path.Combine(_folder, "corpus.txt");
        Assert.Equal(["a", "b"], Lines(TextCorpus.Open(["-"], spool, new MemoryStream("a\nb\n"u8.ToArray()))));
        Assert.Equal(["a", "b"], Lines(TextCorpus.Open(["-"], spool)));
    }

    [Fact]
    public void What_cannot_be_read_is_one_sentence()
    {
        File.WriteAllBytes(Path.Combine(_folder, "cut.gz"), [0x1F, 0x8B, 8, 0, 1, 2, 3]);
        Assert.Contains("cut.gz", Assert.Throws<CheckpointFormatException>(() => Lines(TextCorpus.Open([Path.Combine(_folder, "cut.gz")]))).Message, StringComparison.Ordinal);
        Assert.Contains("nothing of that name", Assert.Throws<IOException>(() => TextCorpus.Open([Path.Combine(_folder, "none")])).Message, StringComparison.Ordinal);
    }

    private static string[] Lines(TextCorpus corpus)
    {
        var lines = new List<string>();
        using CorpusReader reader = corpus.Read();
        while (reader.TryNextLine(out var line))
            lines.Add(Encoding.UTF8.GetString(line));
        Assert.Equal(corpus.SizeBytes, reader.StoredBytesRead);
        return [.. lines];
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
