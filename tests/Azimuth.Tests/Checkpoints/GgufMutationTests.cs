using System.Diagnostics;
using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints.WordVectors;
using Azimuth.Tokenization;

namespace Azimuth.Tests.Checkpoints;

/// <summary>
/// Damaged GGUF files are read or refused: no other exception, no hang, no memory out of proportion to the file. The environment variable AZIMUTH_FUZZ says how many files; a few
/// thousand when it is not set.
/// </summary>
public sealed class GgufMutationTests
{
    private const int Usual = 3000;

    /// <summary>Sets and lists at their smallest; then names, values and texts as a multiple of what the file holds.</summary>
    private const long FreeBytes = 1 << 17, BytesPerByte = 160;

    // Machines that run tests are busy: a hang is far longer.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(30);

    private static readonly string[] Seeds =
    [
        "ok/plain-types.gguf", "ok/version-3-big-endian.gguf", "ok/reference-writer-big-endian.gguf", "ok/random-blocks.gguf", "ok/quantized.gguf", "ok/metadata-all-types.gguf",
        "ok/metadata-empty-arrays.gguf", "ok/metadata-reference-writer.gguf", "ok/version-2.gguf", "ok/alignment-64.gguf", "ok/trailing-bytes.gguf", "survive/array-nested-100.gguf",
        "survive/offset-order-swapped.gguf", "survive/tensor-name-100-bytes.gguf",
    ];

    [Fact]
    public void A_damaged_file_is_read_or_refused()
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("AZIMUTH_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : Usual;
        byte[][] seeds = [.. Seeds.Select(file => File.ReadAllBytes(Verdicts.PathOf("gguf", file))), .. Vocabularies()];
        (int read, int refused, long mostBytes, TimeSpan longest) = (0, 0, 0, TimeSpan.Zero);
        Dictionary<string, int> kinds = [];
        for (int i = 0; i < count; i++)
        {
            Mutations mutations = new(i);
            byte[] damaged = mutations.Of(mutations.Pick(seeds), seeds);
            long before = GC.GetAllocatedBytesForCurrentThread(), begun = Stopwatch.GetTimestamp();
            string? refusal = Open(damaged, $"mutation {i}");
            long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            TimeSpan time = Stopwatch.GetElapsedTime(begun);
            Assert.True(bytes <= FreeBytes + BytesPerByte * damaged.Length, $"mutation {i}: {bytes} bytes allocated for {damaged.Length}");
            Assert.True(time < Hang, $"mutation {i}: {time}");
            (read, refused) = refusal is null ? (read + 1, refused) : (read, refused + 1);
            kinds[refusal ?? "read"] = kinds.GetValueOrDefault(refusal ?? "read") + 1;
            (mostBytes, longest) = (Math.Max(mostBytes, bytes), time > longest ? time : longest);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{count} files, {read} read, {refused} refused; at most {mostBytes} bytes and {longest.TotalMilliseconds:F0} ms for one; "
            + string.Join(", ", kinds.OrderByDescending(k => k.Value).Select(k => $"{k.Key} {k.Value}")));
        // Damage that never does harm, or always, would test nothing.
        Assert.InRange(read, 1, count - 1);
        Assert.InRange(refused, 1, count - 1);
    }

    /// <summary>The headers of whole models: keys, vocabularies and the table of tensors, with as much of their data as makes them small.</summary>
    private static IEnumerable<byte[]> Vocabularies()
    {
        foreach (string model in new[] { "model-gpt2", "model-llama" })
        {
            GgufFile file = GgufFile.Open(Verdicts.PathOf("gguf", model + "/model.gguf"));
            using var folder = new TemporaryFolder();
            string path = folder.File("keys.gguf");
            GgufWriter.Save(path, GgufKeys.From(file.Metadata), []);
            yield return File.ReadAllBytes(path);
        }
    }

    /// <summary>Header, every metadata value, every tensor as numbers, the vocabulary.</summary>
    /// <returns>The kind of refusal; null when all of it was read.</returns>
    private static string? Open(byte[] file, string what)
    {
        try
        {
            GgufFile gguf = GgufFile.FromBytes(StoredBytes.FromBytes(file), "damaged.gguf");
            Verdicts.ReadAll(gguf);
            float[] row = new float[512];
            foreach (TensorInfo tensor in gguf.Tensors.Where(tensor => tensor.Shape.Count == 2 && tensor.Type!.Value.IsReadableAsFloat() && tensor.Shape[1] <= row.Length))
            {
                StoredMatrix matrix = gguf.Matrix(tensor.Name);
                for (long r = 0; r < Math.Min(4, matrix.Rows); r++)
                    matrix.ReadRow(r, row.AsSpan(0, matrix.Columns));
            }

            if (gguf.Metadata.ContainsKey("tokenizer.ggml.model"))
                Tokenizer.FromGguf(gguf).Encode("a b");
            return null;
        }
        catch (CheckpointFormatException e)
        {
            Assert.InRange(e.Message.Length, 10, 3000);
            return e.Kind ?? "without a kind";
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"{what}: {e.GetType().Name}: {e.Message}\n{Convert.ToBase64String(file.Length > 4096 ? file[..4096] : file)}", e);
        }
    }
}
