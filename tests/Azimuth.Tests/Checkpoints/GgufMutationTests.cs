using System.Diagnostics;
using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Conversion;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints.WordVectors;
using Azimuth.Tokenization;
using Azimuth.Transformers;
using Azimuth.Transformers.Architectures;
using Azimuth.Transformers.Weights;

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

    /// <summary>Families whose files have every kind of key and tensor.</summary>
    private static readonly string[] Families = ["llama-rope-llama3", "gemma3", "falcon-40b-style", "bloom", "mpt", "phi3-longrope", "qwen3", "bert", "gpt2"];

    /// <summary>Whole models: what their metadata say is computed with, once tensors bear it out.</summary>
    [Fact]
    public void A_damaged_model_is_loaded_or_refused()
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("AZIMUTH_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : Usual;
        using var folder = new TemporaryFolder();
        using var workers = new Workers(1);
        List<(byte[] Header, byte[] Data)> seeds = [];
        foreach (string family in Families)
        {
            string path = folder.File(family + ".gguf");
            ModelConverter.ToGguf(LanguageModel.Load(TestFiles.Fixture("families", family), workers), new ConversionOptions(), path, cancellation: TestContext.Current.CancellationToken);
            byte[] whole = File.ReadAllBytes(path);
            int start = (int)GgufFile.FromBytes(StoredBytes.FromBytes(whole), path).Tensors.Min(tensor => tensor.Offset);
            seeds.Add((whole[..start], whole[start..]));
        }

        byte[][] headers = [.. seeds.Select(seed => seed.Header)];
        (int read, long mostBytes, TimeSpan longest) = (0, 0, TimeSpan.Zero);
        for (int i = 0; i < count; i++)
        {
            Mutations mutations = new(i);
            (byte[] header, byte[] data) = seeds[mutations.Below(seeds.Count)];
            byte[] damaged = [.. mutations.Chance(2) ? mutations.Of(header, headers) : InPlace(header, mutations), .. data];
            long before = GC.GetAllocatedBytesForCurrentThread(), begun = Stopwatch.GetTimestamp();
            read += LoadModel(damaged, $"mutation {i}") ? 1 : 0;
            long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            TimeSpan time = Stopwatch.GetElapsedTime(begun);
            // The fixtures' own bound: 64 MiB beyond the file.
            Assert.True(bytes <= (64L << 20) + damaged.Length, $"mutation {i}: {bytes} bytes allocated for {damaged.Length}");
            Assert.True(time < Hang, $"mutation {i}: {time}");
            (mostBytes, longest) = (Math.Max(mostBytes, bytes), time > longest ? time : longest);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{count} models, {read} loaded, {count - read} refused; at most {mostBytes} bytes and {longest.TotalMilliseconds:F0} ms for one");
        Assert.InRange(read, 1, count - 1);
    }

    /// <summary>Found by mutation: sixteen million heads, each with a slope, before any tensor said otherwise.</summary>
    [Fact]
    public void A_number_of_heads_beyond_reason_is_refused_before_slopes_are_made()
    {
        using var folder = new TemporaryFolder();
        using var workers = new Workers(1);
        string path = folder.File("bloom.gguf");
        ModelConverter.ToGguf(LanguageModel.Load(TestFiles.Fixture("families", "bloom"), workers), new ConversionOptions(), path, cancellation: TestContext.Current.CancellationToken);
        GgufFile file = GgufFile.Open(path);
        var keys = GgufKeys.From(file.Metadata);
        keys.Set("bloom.attention.head_count", 1u << 24);
        keys.Set("bloom.attention.head_count_kv", 1u << 24);
        keys.Set("bloom.embedding_length", 1u << 24);
        GgufFile odd = GgufWriter.InMemory(keys);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("bloom.attention.head_count: expected a whole number from 1 to 65536", Assert.Throws<CheckpointFormatException>(() => ArchitectureRegistry.Read(odd)).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    /// <summary>Numbers changed where they stand, so that what follows still lies where it did.</summary>
    private static byte[] InPlace(byte[] header, Mutations mutations)
    {
        byte[] damaged = [.. header];
        for (int times = 1 + mutations.Below(3); times > 0; times--)
            damaged[24 + mutations.Below(header.Length - 24)] = (byte)mutations.Below(256);
        return damaged;
    }

    private static bool LoadModel(byte[] file, string what)
    {
        try
        {
            GgufFile gguf = GgufFile.FromBytes(StoredBytes.FromBytes(file), "damaged.gguf");
            (TransformerConfig config, TensorNames names) = ArchitectureRegistry.Read(gguf);
            WeightLoader.Load(config, names, gguf);
            return true;
        }
        catch (CheckpointFormatException e)
        {
            Assert.InRange(e.Message.Length, 10, 3000);
            return false;
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"{what}: {e.GetType().Name}: {e.Message}\n{Convert.ToBase64String(file.Length > 6000 ? file[..6000] : file)}", e);
        }
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
