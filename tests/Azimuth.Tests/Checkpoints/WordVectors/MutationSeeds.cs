using System.IO.Compression;
using System.Text;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Numerics;

namespace Azimuth.Tests.Checkpoints.WordVectors;

/// <summary>Small whole files of each format, to be damaged.</summary>
internal static class MutationSeeds
{
    public static IReadOnlyList<string> Formats { get; } = ["word2vec text", "word2vec binary", "GloVe text", "fastText text", "fastText binary", "npy", "npz", "projector TSV", "JSON Lines", "CSV", "gzip"];

    /// <summary>The words beside the projector's vectors, under a header.</summary>
    public static byte[] Metadata { get; } = Exported("vectors.tsv", "metadata.tsv");

    /// <summary>The file name each is read under, and the seeds.</summary>
    public static (string Name, byte[][] Files) Of(string format) => format switch
    {
        "word2vec text" => ("x.txt", Read("word2vec.txt", "word2vec_crlf.txt", "numbers.txt", "spaces_in_words.txt", "invalid_utf8.txt", "duplicates.txt", "unicode_spaces.txt")),
        "word2vec binary" => ("x.bin", Read("word2vec.bin", "word2vec_c.bin", "word2vec_newline_bytes.bin", "invalid_utf8.bin")),
        "GloVe text" => ("x.txt", Read("glove.txt", "spaces_in_words_glove.txt", "plain_text_named.gz")),
        "fastText text" => ("x.vec", [FastTextVec()]),
        "fastText binary" => ("x.bin", [.. Read("fasttext_supervised.bin"), SmallFastText(12, 2, 3), SmallFastText(11, 3, 6), SmallFastText(0, 2, 4), SmallFastText(12, 1, 5, pruned: true)]),
        "npy" => ("x.npy", Read("f32.npy", "f32_fortran.npy", "f64_big_endian_fortran.npy", "f16.npy", "i64.npy", "bool.npy", "version2.npy", "version3.npy", "python2_header.npy", "unaligned_header.npy")),
        "npz" => ("x.npz", [.. Read("stored.npz", "deflated.npz"), Exported("w.npz")]),
        "projector TSV" => ("vectors.tsv", [Exported("vectors.tsv")]),
        "JSON Lines" => ("x.jsonl", [Exported("x.jsonl")]),
        "CSV" => ("x.csv", [Exported("x.csv"), "token,vector\n\"a,\"\"b\",\"[1, 2.5]\"\n\"line\nend\",\"[3,4]\"\n"u8.ToArray(), "a,1,2\nb,3,4\n"u8.ToArray()]),
        _ => ("x.gz", Read("word2vec.txt.gz", "glove.txt.gz", "word2vec.bin.gz", "glove_two_members.txt.gz")),
    };

    public static byte[] Gzip(byte[] content)
    {
        using MemoryStream stream = new();
        using (GZipStream gzip = new(stream, CompressionLevel.Fastest))
            gzip.Write(content);
        return stream.ToArray();
    }

    /// <summary>An archive whose checksums are right, around damaged arrays.</summary>
    public static byte[] Zip(byte[] vectors, byte[] words)
    {
        using MemoryStream stream = new();
        using (ZipArchive archive = new(stream, ZipArchiveMode.Create))
        {
            foreach ((string name, byte[] content) in new[] { ("vectors.npy", vectors), ("words.npy", words) })
            {
                using Stream entry = archive.CreateEntry(name, name[0] == 'v' ? CompressionLevel.NoCompression : CompressionLevel.Fastest).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }

    private static byte[][] Read(params string[] files) => [.. files.Select(f => File.ReadAllBytes(WordVectorFixtures.PathOf(f)))];

    private static byte[] FastTextVec()
    {
        string[] lines = File.ReadAllLines(WordVectorFixtures.PathOf("fasttext.vec"));
        return Encoding.UTF8.GetBytes(string.Join('\n', lines.Skip(1).Take(20).Prepend("20 20")) + "\n");
    }

    private static byte[] Exported(string name, string? other = null)
    {
        using TemporaryFolder folder = new();
        using Workers workers = new(1);
        var table = TableFile.Load(WordVectorFixtures.PathOf("word2vec.txt")).Table;
        TableColumn[] columns = [TableColumn.Id, TableColumn.Token, TableColumn.Norm, TableColumn.Rank, TableColumn.Neighbor, TableColumn.Vector];
        TableWriter.Save(folder.File(name), table, new TableExportOptions { Format = TableFormats.OfEnding(name)!.Value, Columns = columns }, workers);
        return File.ReadAllBytes(folder.File(other ?? name));
    }

    /// <summary>Four words of three numbers, subwords in seven buckets, as fastText lays them out.</summary>
    private static byte[] SmallFastText(int version, int minN, int maxN, bool pruned = false)
    {
        const int Dimension = 3, Buckets = 7;
        string[] words = ["</s>", "the", "naïve", "東京"];
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        if (version > 0)
        {
            writer.Write(793712314);
            writer.Write(version);
        }

        foreach (int setting in new[] { Dimension, 5, 5, 1, 5, 1, 2, 2, Buckets, minN, maxN, 100 })
            writer.Write(setting);
        writer.Write(1e-4);
        foreach (int count in new[] { words.Length, words.Length, 0 })
            writer.Write(count);
        writer.Write(100L);
        if (version > 0)
            writer.Write(pruned ? 2L : -1L);
        foreach (string word in words)
        {
            writer.Write([.. Encoding.UTF8.GetBytes(word), 0]);
            writer.Write(9L);
            writer.Write((byte)0);
        }

        if (pruned)
        {
            foreach (int number in new[] { 3, 0, 5, 1 })
                writer.Write(number);
        }

        for (int matrix = 0; matrix < 2; matrix++)
        {
            if (version > 0)
                writer.Write((byte)0);
            long rows = matrix == 0 ? words.Length + Buckets : words.Length;
            writer.Write(rows);
            writer.Write((long)Dimension);
            for (int i = 0; i < rows * Dimension; i++)
                writer.Write(0.25f * i);
        }

        return stream.ToArray();
    }
}
