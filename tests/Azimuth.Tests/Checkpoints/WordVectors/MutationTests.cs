using System.Diagnostics;
using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Numerics;

namespace Azimuth.Tests.Checkpoints.WordVectors;

/// <summary>
/// Damaged files of every format are read or refused: no other exception, no hang, no memory out of proportion to the file. The environment variable
/// AZIMUTH_FUZZ says how many files of each format; a few thousand when it is not set.
/// </summary>
public sealed class MutationTests
{
    private const int Usual = 3000;

    /// <summary>Buffers, tables of the decompressor, and the words' first memory; then texts and rows as a multiple of what was read.</summary>
    private const long FreeBytes = 1 << 19, BytesPerByte = 48;

    // Machines that run tests are busy: a hang is far longer.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Formats => [.. MutationSeeds.Formats];

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_damaged_file_is_read_or_refused(string format)
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("AZIMUTH_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : Usual;
        (string name, byte[][] seeds) = MutationSeeds.Of(format);
        (int read, int refused, long mostBytes, TimeSpan longest) = (0, 0, 0, TimeSpan.Zero);
        for (int i = 0; i < count; i++)
        {
            (byte[] damaged, byte[]? metadata, long content) = Damage(format, seeds, i);
            long before = GC.GetAllocatedBytesForCurrentThread(), begun = Stopwatch.GetTimestamp();
            bool opened = Open(name, damaged, metadata, $"{format}, mutation {i}");
            long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            TimeSpan time = Stopwatch.GetElapsedTime(begun);
            Assert.True(bytes <= FreeBytes + (BytesPerByte * content), $"{format}, mutation {i}: {bytes} bytes allocated for {content}");
            Assert.True(time < Hang, $"{format}, mutation {i}: {time}");
            (read, refused) = opened ? (read + 1, refused) : (read, refused + 1);
            (mostBytes, longest) = (Math.Max(mostBytes, bytes), time > longest ? time : longest);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{format}: {count} files, {read} read, {refused} refused; at most {mostBytes} bytes and {longest.TotalMilliseconds:F0} ms for one");
        // Damage that never does harm, or always, would test nothing.
        Assert.InRange(read, 1, count - 1);
        Assert.InRange(refused, 1, count - 1);
    }

    /// <summary>Found by mutation: nothing tells how much a compressed file holds, so a header's promise cannot be doubted before a row is read.</summary>
    [Theory]
    [InlineData("1 1\n\n\n", "WrongRowCount")]
    [InlineData("1 1\n a", "BadNumber")]
    [InlineData("3 65536\na 1 2\nb 3 4\n", "BadHeader")]
    [InlineData("999999999 4\na 1 2 3 4\n", "WrongRowCount")]
    public void A_compressed_header_is_believed_only_as_far_as_rows_follow(string text, string kind)
    {
        TableInput input = new("x.txt.gz", StoredBytes.FromBytes(MutationSeeds.Gzip(System.Text.Encoding.UTF8.GetBytes(text))), null, CancellationToken.None);
        Assert.Equal(kind, Assert.Throws<CheckpointFormatException>(() => TableFile.Load(input)).Kind);
        TableInspect(input);
    }

    /// <summary>A file and what it holds once decompressed; compressed formats are damaged outside or, with checksums put right, inside.</summary>
    private static (byte[] File, byte[]? Metadata, long Content) Damage(string format, byte[][] seeds, int i)
    {
        Mutations mutations = new(i);
        byte[] seed = mutations.Pick(seeds);
        if (format == "gzip" && mutations.Chance(2))
        {
            byte[][] plain = MutationSeeds.Of(mutations.Pick(["word2vec text", "word2vec binary", "GloVe text", "fastText binary", "npy"])).Files;
            byte[] content = mutations.Of(mutations.Pick(plain), plain);
            return (MutationSeeds.Gzip(content), null, content.Length);
        }

        if (format == "npz" && mutations.Chance(2))
        {
            byte[][] arrays = MutationSeeds.Of("npy").Files;
            byte[] zip = MutationSeeds.Zip(mutations.Of(mutations.Pick(arrays), arrays), mutations.Of(mutations.Pick(arrays), arrays));
            return (zip, null, zip.Length + 4096);
        }

        byte[] damaged = mutations.Of(seed, seeds);
        byte[]? metadata = format == "projector TSV" && mutations.Chance(2) ? mutations.Of(MutationSeeds.Metadata, [MutationSeeds.Metadata]) : null;
        // A damaged compressed stream may expand to much, at most a thousandfold; those here hold a few thousand bytes.
        long size = damaged.Length + (metadata?.Length ?? 0);
        return (damaged, metadata, format is "gzip" or "npz" ? 16 * size : size);
    }

    private static bool Open(string name, byte[] file, byte[]? metadata, string what)
    {
        try
        {
            TableInput input = new(name, StoredBytes.FromBytes(file), null, CancellationToken.None)
            {
                Beside = other => other == "metadata.tsv" && metadata is not null ? new TableInput(other, StoredBytes.FromBytes(metadata), null, CancellationToken.None) : null,
            };
            TableInspect(input);
            TableFile table = TableFile.Load(input);
            float[] row = new float[table.Table.ModelDim];
            for (int id = 0; id < table.Table.Count; id++)
            {
                table.Table.Rows.ReadRow(id, row);
                Assert.InRange(table.Table.Find(table.Table.Text(id))!.Value, 0, id);
            }

            table.FastText?.Vector("unknown");
            return true;
        }
        catch (CheckpointFormatException e)
        {
            Assert.InRange(e.Message.Length, 10, 3000);
            return false;
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"{what}: {e.GetType().Name}: {e.Message}\n{Convert.ToBase64String(file.Length > 4096 ? file[..4096] : file)}", e);
        }
    }

    /// <summary>Looking at the beginning may refuse what reading accepts no less; it must not do anything else.</summary>
    private static void TableInspect(TableInput input)
    {
        try
        {
            Assert.NotNull(TableInspection.Of(input).Format);
        }
        catch (CheckpointFormatException e)
        {
            Assert.NotNull(e.Kind);
        }
    }
}
