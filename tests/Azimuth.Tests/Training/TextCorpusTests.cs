using System.Diagnostics;
using System.IO.Compression;
using System.IO.Pipes;
using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Training.Corpora;

namespace Azimuth.Tests.Training;

public sealed class TextCorpusTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_link_in_the_current_folder_is_followed_by_its_name_alone()
    {
        string name = "azimuth-" + Guid.NewGuid().ToString("N"), text = name + ".text", link = name + ".link";
        try
        {
            File.WriteAllText(text, "a word or two");
            File.CreateSymbolicLink(link, text);
            Assert.Equal(13, TextCorpus.Open([link]).SizeBytes);
        }
        finally
        {
            File.Delete(link);
            File.Delete(text);
        }
    }

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
    public void What_is_being_written_into_a_folder_is_no_text_of_it()
    {
        Write("a.txt", "one");
        Directory.CreateDirectory(Path.Combine(_folder, "v.bin.run", "step-000000001"));
        Directory.CreateDirectory(Path.Combine(_folder, "v.bin.runs"));
        Write("v.bin.run/log.jsonl", "{}");
        Write("v.bin.run/step-000000001/state", "{}");
        Write("v.bin.runs/b.txt", "two");
        Write("v.bin", "vectors");
        using (new FileStream(Path.Combine(_folder, "v.bin.run", "run.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            Assert.Equal(["one", "two"], Lines(TextCorpus.Open([_folder], without: [Path.Combine(_folder, "v.bin.run") + "/", Path.Combine(_folder, "v.bin")])));
        Write("v.bin.run/b.txt", "three");
        Assert.Equal(["three"], Lines(TextCorpus.Open([Path.Combine(_folder, "v.bin.run", "b.txt")], without: [Path.Combine(_folder, "v.bin.run")])));
    }

    [Fact]
    public void Pipes_and_empty_files_are_refused_by_name_without_being_opened_and_left_out_in_a_folder()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "names of open pipes are Linux's");
        using var open = new AnonymousPipeServerStream(PipeDirection.Out);
        // To open a pipe that nobody writes to would wait for ever.
        using Process make = Process.Start("mkfifo", [Path.Combine(_folder, "b.pipe")]);
        make.WaitForExit();
        Write("a.txt", "one");
        Write("empty.txt", "");
        foreach (string name in new[] { $"/proc/self/fd/{open.ClientSafePipeHandle.DangerousGetHandle()}", Path.Combine(_folder, "b.pipe"), Path.Combine(_folder, "empty.txt") })
            Assert.StartsWith($"{name}: expected a text file, found an empty one or a pipe.", Assert.Throws<IOException>(() => TextCorpus.Open([name])).Message, StringComparison.Ordinal);
        Assert.Equal(["one"], Lines(TextCorpus.Open([_folder])));
    }

    [Fact]
    public void The_folder_of_a_run_is_no_text()
    {
        Write("a.txt", "one");
        Directory.CreateDirectory(Path.Combine(_folder, "v.bin.run"));
        Directory.CreateDirectory(Path.Combine(_folder, "logs"));
        Write("v.bin.run/log.jsonl", "{}");
        Write("v.bin.run/result.json", "{}");
        Write("v.bin.run/corpus.words", "2 two");
        Write("logs/log.jsonl", "three");
        Assert.Equal(["one", "three"], Lines(TextCorpus.Open([_folder])));
        Assert.Contains("found the folder that a training run is kept in", Assert.Throws<IOException>(() => TextCorpus.Open([Path.Combine(_folder, "v.bin.run")])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10, 9)]
    [InlineData(3_000_000, 1_500_000)]
    [InlineData(64 << 20, 40_000_001)]
    [InlineData((64 << 20) + 1, 64 << 20)]
    [InlineData(65_000_000 * 2, 0)]
    public void Another_text_of_the_same_name_and_size_is_another_corpus(int size, int at)
    {
        string path = Path.Combine(_folder, "a.txt");
        var text = new byte[size];
        File.WriteAllBytes(path, text);
        string before = TextCorpus.Open([path]).Identity.ToJsonString();
        File.SetLastWriteTimeUtc(path, new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(before, TextCorpus.Open([path]).Identity.ToJsonString());
        text[at] = 1;
        File.WriteAllBytes(path, text);
        Assert.NotEqual(before, TextCorpus.Open([path]).Identity.ToJsonString());
    }

    [Fact]
    public void Links_to_files_are_followed_and_links_to_folders_are_not()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege there");
        string elsewhere = Directory.CreateTempSubdirectory("azimuth").FullName;
        try
        {
            File.WriteAllText(Path.Combine(elsewhere, "far.txt"), "a text that is longer than the name of its file, wherever that may lie: " + new string('x', 1000));
            File.CreateSymbolicLink(Path.Combine(_folder, "far"), Path.Combine(elsewhere, "far.txt"));
            File.CreateSymbolicLink(Path.Combine(_folder, "near"), "far");
            Directory.CreateSymbolicLink(Path.Combine(_folder, "circle"), _folder);
            Assert.Equal(2, Lines(TextCorpus.Open([_folder])).Length);
            Assert.StartsWith("far (1072 bytes, sha256 ", (string?)TextCorpus.Open([Path.Combine(_folder, "far")]).Identity[0], StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(elsewhere, recursive: true);
        }
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

    [Theory]
    [InlineData("é")]
    [InlineData("語")]
    [InlineData("😀")]
    public void A_long_line_without_blanks_is_cut_between_characters(string character)
    {
        // A mebibyte ends at another place of the character each time.
        for (int before = 0; before < 4; before++)
        {
            string text = new string('a', before) + string.Concat(Enumerable.Repeat(character, 600_000));
            Write("a.txt", text);
            string[] pieces = Lines(TextCorpus.Open([Path.Combine(_folder, "a.txt")]));
            Assert.True(pieces.Length > 1);
            Assert.True(text == string.Concat(pieces), $"{before} bytes before: other text after the cut");
        }
    }

    [Fact]
    public void Files_that_are_no_text_are_counted_and_the_first_is_named()
    {
        Write("a.txt", "text");
        foreach (string name in new[] { "b.bin", "c.bin" })
            File.WriteAllBytes(Path.Combine(_folder, name), [0x80, (byte)'\n', 0xFF, 0xFE]);
        using CorpusReader reader = TextCorpus.Open([_folder]).Read();
        while (reader.TryNextLine(out _))
        {
        }

        Assert.Equal(new ReplacedBytes(6, 2, Path.Combine(_folder, "b.bin")), reader.Replaced);
        Assert.EndsWith($"6 sequences of bytes that are not UTF-8, read as U+FFFD, in 2 files, the first of them {Path.Combine(_folder, "b.bin")}", reader.Replaced.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_line_of_bytes_that_begin_no_character_is_cut_all_the_same()
    {
        byte[] bytes = new byte[3 << 20];
        Array.Fill(bytes, (byte)0x80);
        File.WriteAllBytes(Path.Combine(_folder, "a.txt"), bytes);
        using CorpusReader reader = TextCorpus.Open([_folder]).Read();
        while (reader.TryNextLine(out var line))
            Assert.InRange(line.Length, 1, 3 << 20);
        Assert.Equal(bytes.Length, reader.Replaced.Count);
    }

    [Fact]
    public void A_mark_of_the_byte_order_is_left_out_at_the_beginning_of_each_file_and_kept_elsewhere()
    {
        Write("a.txt", "\uFEFFone\n\uFEFFtwo\uFEFF\n");
        using (var gzip = new GZipStream(File.Create(Path.Combine(_folder, "b.gz")), CompressionMode.Compress))
            gzip.Write("\uFEFF\uFEFFthree"u8);
        Write("c.txt", "");
        Write("d.txt", "four\n\uFEFFfive");
        Assert.Equal(["one", "\uFEFFtwo\uFEFF", "\uFEFFthree", "four", "\uFEFFfive"], Lines(TextCorpus.Open([_folder])));
    }

    [Fact]
    public void Each_line_says_how_it_ended_and_the_last_of_a_file_is_kept_whole()
    {
        Write("a.txt", "one\r\ntwo\nthree\r");
        Write("b.txt", "four");
        using CorpusReader reader = TextCorpus.Open([_folder]).Read();
        foreach (string expected in new[] { "one|\r\n", "two|\n", "three\r|", "four|" })
        {
            Assert.True(reader.TryNextLine(out var line));
            Assert.Equal(expected, Encoding.UTF8.GetString(line) + "|" + Encoding.UTF8.GetString(reader.LineEnd));
        }

        Assert.False(reader.TryNextLine(out _));
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
