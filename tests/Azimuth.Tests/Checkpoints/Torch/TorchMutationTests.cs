using System.Diagnostics;
using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Compression;
using Azimuth.Checkpoints.Torch;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints.WordVectors;

namespace Azimuth.Tests.Checkpoints.Torch;

/// <summary>
/// Damaged files of both forms are read or refused: no other exception, no hang, no memory out of proportion to the file. The environment variable
/// AZIMUTH_FUZZ says how many files of each kind; a few thousand when it is not set.
/// </summary>
public sealed class TorchMutationTests
{
    private const int Usual = 3000;

    /// <summary>Lists and tables at their smallest, windows and tables of the decompressor for each entry, objects and descriptions as a multiple of what the file holds.</summary>
    private const long FreeBytes = 1 << 17, BytesPerPackedEntry = 1 << 18, BytesPerByte = 256;

    /// <summary>The reader's own bound on copies of views.</summary>
    private const long FreeCopies = 48 << 20, CopiesPerByte = 4;

    // Machines that run tests are busy: a hang is far longer.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(30), Slow = TimeSpan.FromMilliseconds(200);

    public static TheoryData<string> Kinds => [.. TorchMutations.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_damaged_file_is_read_or_refused(string kind)
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("AZIMUTH_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : Usual;
        (int read, int refused, long mostBytes, TimeSpan longest, int slowest) = (0, 0, 0, TimeSpan.Zero, 0);
        Dictionary<string, int> kinds = [];
        for (int i = 0; i < count; i++)
        {
            byte[] damaged = TorchMutations.Of(kind, i);
            long before = GC.GetAllocatedBytesForCurrentThread(), begun = Stopwatch.GetTimestamp();
            string? refusal = Open(damaged, $"{kind}, mutation {i}");
            long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            TimeSpan time = Stopwatch.GetElapsedTime(begun);
            // Once more, as what took long may have been another process.
            if (time > Slow)
            {
                begun = Stopwatch.GetTimestamp();
                Open(damaged, $"{kind}, mutation {i}");
                TimeSpan again = Stopwatch.GetElapsedTime(begun);
                time = again < time ? again : time;
            }

            (long content, int packed) = Content(damaged);
            Assert.True(bytes <= FreeBytes + (BytesPerPackedEntry * packed) + (BytesPerByte * content), $"{kind}, mutation {i}: {bytes} bytes allocated for {content}");
            Assert.True(time < Hang, $"{kind}, mutation {i}: {time}");
            (read, refused) = refusal is null ? (read + 1, refused) : (read, refused + 1);
            kinds[refusal ?? "read"] = kinds.GetValueOrDefault(refusal ?? "read") + 1;
            mostBytes = Math.Max(mostBytes, bytes);
            (longest, slowest) = time > longest ? (time, i) : (longest, slowest);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {count} files, {read} read, {refused} refused; at most {mostBytes} bytes and {longest.TotalMilliseconds:F0} ms (mutation {slowest}) for one; "
            + string.Join(", ", kinds.OrderByDescending(k => k.Value).Select(k => $"{k.Key} {k.Value}")));
        // Damage that never does harm, or always, would test nothing.
        Assert.InRange(read, 1, count - 1);
        Assert.InRange(refused, 1, count - 1);
    }

    /// <summary>Found by mutation: each control character of a name takes six in the message, which must stay short even so.</summary>
    [Fact]
    public void A_long_name_of_control_characters_does_not_flood_the_message()
    {
        byte[] pickle = [0x80, 2, (byte)'c', .. Enumerable.Repeat((byte)1, 900), (byte)'\n', .. Enumerable.Repeat((byte)7, 900), (byte)'\n', (byte)'.'];
        var error = Assert.Throws<CheckpointFormatException>(() => TorchFile.FromBytes(StoredBytes.FromBytes(TorchMutations.Zip([("a/data.pkl", pickle)])), "damaged.pt"));
        Assert.Equal("ForeignGlobal", error.Kind);
        Assert.InRange(error.Message.Length, 2000, 2100);
    }

    /// <summary>The file's bytes and those of its compressed entries, and the number of these.</summary>
    private static (long Bytes, int Packed) Content(byte[] file)
    {
        try
        {
            ZipEntry[] packed = [.. ZipDirectory.Read("damaged.pt", StoredBytes.FromBytes(file)).Entries.Where(entry => entry.Method != 0)];
            return (file.Length + packed.Sum(entry => entry.SizeBytes), packed.Length);
        }
        catch (CheckpointFormatException)
        {
            return (file.Length, 0);
        }
    }

    /// <summary>Null for a file that was read; otherwise the kind of refusal.</summary>
    private static string? Open(byte[] file, string what)
    {
        try
        {
            TorchFile torch = TorchFile.FromBytes(StoredBytes.FromBytes(file), "damaged.pt");
            long copied = 0;
            foreach (TensorInfo tensor in torch.Tensors)
            {
                Assert.Same(tensor, torch.Find(tensor.Name));
                StoredBytes bytes = torch.Bytes(tensor.Name);
                Assert.Equal((tensor.SizeBytes, tensor.SizeBytes), (bytes.Length, tensor.ElementCount * Width(tensor)));
                Assert.InRange(tensor.Offset, 0, file.Length);
                copied += tensor.Offset + tensor.SizeBytes > file.Length ? tensor.SizeBytes : 0;
                int sum = 0;
                for (long at = 0; at < bytes.Length; at += Math.Clamp(bytes.Length - 1 - at, 1, 4096))
                    sum += bytes.Span(at, 1)[0];
                GC.KeepAlive((bytes, sum));
            }

            Assert.InRange(copied, 0, FreeCopies + (CopiesPerByte * file.Length));
            return null;
        }
        catch (CheckpointFormatException e)
        {
            Assert.InRange(e.Message.Length, 10, 3000);
            return e.Kind!;
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"{what}: {e.GetType().Name}: {e.Message}\n{Convert.ToBase64String(file.Length > 8192 ? file[..8192] : file)}", e);
        }
    }

    private static int Width(TensorInfo tensor) => tensor.Type is { } type ? type.BlockBytes() : 1;
}
