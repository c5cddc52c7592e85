using System.IO.Compression;
using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Npy;
using Azimuth.Checkpoints.WordVectors;

namespace Azimuth.Tests.Checkpoints.WordVectors;

/// <summary>Small files that ask for a lot of memory or time.</summary>
public sealed class OutOfProportionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_zip_file_inside_a_gzip_file_is_refused()
    {
        string path = Gzip("stored.npz.gz", File.ReadAllBytes(WordVectorFixtures.PathOf("stored.npz")));
        Assert.Contains("a zip file inside a gzip file", Assert.Throws<CheckpointFormatException>(() => TableFile.Load(path)).Message);
        Assert.Contains("a zip file inside a gzip file", Assert.Throws<CheckpointFormatException>(() => TableInspection.Of(path)).Message);
    }

    [Fact]
    public void A_compressed_array_takes_memory_in_proportion_to_its_file()
    {
        byte[] array = File.ReadAllBytes(WordVectorFixtures.PathOf("f32.npy"));
        Assert.Equal(TableFile.Load(WordVectorFixtures.PathOf("f32.npy")).Table.Vector(0), TableFile.Load(Gzip("f32.npy.gz", array)).Table.Vector(0));
        string bomb = Gzip("bomb.npy.gz", [.. array, .. new byte[1 << 25]]);
        Assert.Equal("OutOfProportion", Assert.Throws<CheckpointFormatException>(() => TableFile.Load(bomb)).Kind);
    }

    [Fact]
    public void FastText_words_of_far_too_many_n_grams_are_refused()
    {
        Assert.Equal(2, FastTextModel.Load(FastText("words.bin", 40)).Table.Count);
        Assert.Equal("BadWord", Assert.Throws<CheckpointFormatException>(() => FastTextModel.Load(FastText("long.bin", 60_000))).Kind);
    }

    [Fact]
    public void An_archive_of_many_arrays_is_listed_in_part()
    {
        byte[] array = File.ReadAllBytes(WordVectorFixtures.PathOf("f32.npy"));
        string path = _folder.File("many.npz");
        using (ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            foreach (string name in Enumerable.Range(0, 1200).Select(i => $"a{i}").Append("vectors"))
            {
                using Stream entry = archive.CreateEntry(name + ".npy").Open();
                entry.Write(array);
            }
        }

        TableInspection found = TableInspection.Of(path);
        Assert.Equal((1000, NpyArray.Load(WordVectorFixtures.PathOf("f32.npy")).Shape[0]), (found.Arrays.Count, found.Rows));
        Assert.Contains("1201 arrays, of which the first 1000", Assert.Single(found.Warnings));
    }

    [Fact]
    public void Words_that_are_not_text_are_found_by_what_they_read_as()
    {
        WordList words = new();
        words.Add([0xFF]);
        Assert.Equal((0, null), (words.Find("\uFFFD"), words.Find("a\uFFFD")));
        words.Add([0xFE]);
        words.Add([(byte)'a', 0xFE]);
        Assert.Equal((0, 2, null), (words.Find("\uFFFD"), words.Find("a\uFFFD"), words.Find("b\uFFFD")));
        words.Add("\uFFFD"u8);
        Assert.Equal(3, words.Find("\uFFFD"));
    }

    private string Gzip(string name, byte[] content)
    {
        string path = _folder.File(name);
        using GZipStream gzip = new(File.Create(path), CompressionLevel.Optimal);
        gzip.Write(content);
        return path;
    }

    /// <summary>Version 12, two words of this length, 16 numbers, one bucket, n-grams of 1 to 64.</summary>
    private string FastText(string name, int length)
    {
        const int Dimension = 16;
        string path = _folder.File(name);
        using BinaryWriter file = new(File.Create(path));
        foreach (int value in (int[])[793712314, 12, Dimension, 5, 5, 1, 5, 1, 2, 2, 1, 1, 64, 100])
            file.Write(value);
        file.Write(1e-4);
        foreach (int value in (int[])[2, 2, 0])
            file.Write(value);
        file.Write(2L);
        file.Write(-1L);
        foreach (char letter in "ab")
        {
            file.Write(Encoding.UTF8.GetBytes(new string(letter, length) + '\0'));
            file.Write(1L);
            file.Write((byte)0);
        }

        foreach (long rows in (long[])[3, 2])
        {
            file.Write((byte)0);
            file.Write(rows);
            file.Write((long)Dimension);
            file.Write(new byte[rows * Dimension * sizeof(float)]);
        }

        return path;
    }
}
