using System.IO.Compression;
using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Compression;
using Azimuth.Checkpoints.Npy;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints.WordVectors;

namespace Azimuth.Tests.Checkpoints.Compression;

/// <summary>gzip and zip: what the framework writes is read back, and no cut or flipped bit goes unseen.</summary>
public sealed class CompressionTests
{
    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Fastest)]
    [InlineData(CompressionLevel.Optimal)]
    [InlineData(CompressionLevel.SmallestSize)]
    public void What_the_framework_compresses_is_read_back(CompressionLevel level)
    {
        foreach (byte[] content in Contents())
        {
            using MemoryStream stream = new();
            using (GZipStream gzip = new(stream, level, leaveOpen: true))
                gzip.Write(content);
            byte[] once = stream.ToArray();
            Assert.Equal(content, Gunzip(once));
            Assert.Equal(content.Concat(content), Gunzip([.. once, .. once]));
            Assert.Equal(content, Gunzip([.. once, 0, 0, 0]));
        }
    }

    [Fact]
    public void A_member_may_be_empty()
    {
        byte[] empty = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Assert.Empty(Gunzip(empty));
        Assert.Equal("a"u8.ToArray(), Gunzip([.. empty, .. MutationSeeds.Gzip("a"u8.ToArray()), .. empty]));
    }

    [Fact]
    public void A_gzip_file_cut_anywhere_is_refused_whatever_it_holds()
    {
        byte[] whole = File.ReadAllBytes(WordVectorFixtures.PathOf("glove_two_members.txt.gz"));
        Gunzip(whole);
        int refused = Enumerable.Range(0, whole.Length).Count(length => Refused(() => Gunzip(whole[..length])));
        // The end of the first member is the end of a whole file.
        Assert.Equal(whole.Length - 1, refused);
    }

    [Fact]
    public void A_flipped_bit_of_a_gzip_file_is_seen()
    {
        byte[] whole = File.ReadAllBytes(WordVectorFixtures.PathOf("glove.txt.gz"));
        byte[] content = Gunzip(whole);
        for (int bit = 0; bit < 8 * whole.Length; bit++)
        {
            byte[] damaged = [.. whole];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                // Time, system and name in the header do not matter: what is read is right.
                Assert.Equal(content, Gunzip(damaged));
            }
            catch (CheckpointFormatException e)
            {
                Assert.Equal("BadGzip", e.Kind);
            }
        }
    }

    [Fact]
    public void Bytes_after_the_end_of_a_gzip_file_are_refused()
    {
        byte[] whole = File.ReadAllBytes(WordVectorFixtures.PathOf("glove.txt.gz"));
        foreach (byte[] tail in new byte[][] { [1], [0x1F], [0x1F, 0x8B], [0, 0, 1], [.. whole[..300]] })
            Assert.True(Refused(() => Gunzip([.. whole, .. tail])));
    }

    [Theory]
    [InlineData("stored.npz")]
    [InlineData("deflated.npz")]
    public void An_archive_cut_anywhere_or_with_a_flipped_bit_in_its_numbers_is_refused(string file)
    {
        byte[] whole = File.ReadAllBytes(WordVectorFixtures.PathOf(file));
        double[][] values = ReadAll(whole);
        for (int length = 0; length < whole.Length; length++)
            Assert.True(Refused(() => ReadAll(whole[..length])));
        for (int bit = 0; bit < 8 * whole.Length; bit++)
        {
            byte[] damaged = [.. whole];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            // Dates, versions and attributes do not matter; numbers that are read are the right ones.
            if (!Refused(() => ReadAll(damaged)))
                Assert.Equal(values, ReadAll(damaged));
        }
    }

    [Fact]
    public void Zip64_is_read()
    {
        byte[] array = File.ReadAllBytes(WordVectorFixtures.PathOf("f32.npy"));
        byte[] zip = LargeForm("vectors.npy", array);
        Assert.Equal(NpyArray.Load(WordVectorFixtures.PathOf("f32.npy")).ToDoubles(), NpzArchive.FromBytes(StoredBytes.FromBytes(zip), "large").Read("vectors").ToDoubles());
    }

    [Theory]
    [InlineData("fasttext_supervised.bin", 0)]
    [InlineData("word2vec.bin", 0)]
    [InlineData("f32.npy", 0)]
    [InlineData("word2vec.txt", 1)]
    public void A_table_cut_anywhere_is_refused(string file, int allowed)
    {
        byte[] whole = File.ReadAllBytes(WordVectorFixtures.PathOf(file));
        for (int length = 0; length < whole.Length - allowed; length++)
        {
            // Text cut inside its last number is still text.
            if (file.EndsWith(".txt", StringComparison.Ordinal) && length > whole.AsSpan().TrimEnd((byte)'\n').LastIndexOf((byte)' ') + 1)
                continue;
            Assert.True(Refused(() => TableFile.Load(new TableInput(file, StoredBytes.FromBytes(whole[..length]), null, CancellationToken.None))), $"{file} cut at {length}");
        }
    }

    private static IEnumerable<byte[]> Contents()
    {
        var random = new Random(2);
        yield return [7];
        yield return new byte[1_000_000];
        byte[] noise = new byte[300_000];
        random.NextBytes(noise);
        yield return noise;
        yield return Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 60_000).Select(i => $"word{i * 7919 % 10_007} {i * 0.37:R}")));
        yield return [.. Enumerable.Range(0, 500_000).Select(i => (byte)(i % 32_771 % 251))];
    }

    private static byte[] Gunzip(byte[] file)
    {
        GzipReader reader = new("file", new ByteWindow(StoredBytes.FromBytes(file)));
        using MemoryStream content = new();
        byte[] part = new byte[777];
        for (int count = reader.Read(part); count > 0; count = reader.Read(part))
            content.Write(part, 0, count);
        return content.ToArray();
    }

    private static double[][] ReadAll(byte[] archive)
    {
        NpzArchive npz = NpzArchive.FromBytes(StoredBytes.FromBytes(archive), "file");
        return [.. npz.Names.Select(name => npz.Read(name).ToDoubles())];
    }

    private static bool Refused(Action action)
    {
        try
        {
            action();
            return false;
        }
        catch (CheckpointFormatException)
        {
            return true;
        }
    }

    /// <summary>One stored entry whose sizes and place stand in Zip64's fields (APPNOTE 4.3.14 to 4.5.3).</summary>
    private static byte[] LargeForm(string name, byte[] content)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        byte[] nameBytes = Encoding.ASCII.GetBytes(name);
        uint checksum = Crc32.Add(0, content);
        writer.Write("PK\u0003\u0004"u8);
        Fields();
        writer.Write((ushort)nameBytes.Length);
        writer.Write((ushort)0);
        writer.Write(nameBytes);
        writer.Write(content);
        long directory = stream.Position;
        writer.Write("PK\u0001\u0002"u8);
        writer.Write((ushort)45);
        Fields();
        writer.Write((ushort)nameBytes.Length);
        writer.Write((ushort)28);
        writer.Write(new byte[10]);
        writer.Write(uint.MaxValue);
        writer.Write(nameBytes);
        writer.Write((ushort)1);
        writer.Write((ushort)24);
        writer.Write((long)content.Length);
        writer.Write((long)content.Length);
        writer.Write(0L);
        long end = stream.Position;
        writer.Write("PK\u0006\u0006"u8);
        writer.Write(44L);
        writer.Write(new byte[12]);
        writer.Write(1L);
        writer.Write(1L);
        writer.Write(end - directory);
        writer.Write(directory);
        writer.Write("PK\u0006\u0007"u8);
        writer.Write(0);
        writer.Write(end);
        writer.Write(1);
        writer.Write("PK\u0005\u0006"u8);
        writer.Write(0);
        writer.Write(ushort.MaxValue);
        writer.Write(ushort.MaxValue);
        writer.Write(uint.MaxValue);
        writer.Write(uint.MaxValue);
        writer.Write((ushort)0);
        return stream.ToArray();

        void Fields()
        {
            writer.Write((ushort)45);
            writer.Write((ushort)0);
            writer.Write((ushort)0);
            writer.Write(0);
            writer.Write(checksum);
            writer.Write(uint.MaxValue);
            writer.Write(uint.MaxValue);
        }
    }
}
