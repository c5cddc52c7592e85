using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints.WordVectors;

namespace Azimuth.Tests.Checkpoints;

/// <summary>
/// Damaged safetensors files, by themselves, as shards and under a damaged index, are read or refused: no other exception, no hang, no memory out of proportion. The environment
/// variable AZIMUTH_FUZZ says how many of each kind; a few thousand when it is not set.
/// </summary>
public sealed class SafetensorsMutationTests
{
    private const int Usual = 3000;

    /// <summary>Lists and buffers at their smallest; then names and texts as a multiple of what the files hold.</summary>
    private const long FreeBytes = 1 << 17, BytesPerByte = 100;

    // Machines that run tests are busy: a hang is far longer.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(30), Slow = TimeSpan.FromMilliseconds(200);

    public static TheoryData<string> Kinds => ["safetensors", "index", "shard"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_damaged_file_is_read_or_refused(string kind)
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("AZIMUTH_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : Usual;
        using var folder = new TemporaryFolder();
        foreach (string file in Directory.GetFiles(Verdicts.PathOf("sharded", "broken/control")))
            folder.Write(Path.GetFileName(file), File.ReadAllBytes(file));
        byte[][] seeds = Seeds(kind);
        (int read, int refused, long mostBytes, TimeSpan longest) = (0, 0, 0, TimeSpan.Zero);
        Dictionary<string, int> kinds = [];
        for (int number = 0; number < count; number++)
        {
            byte[] damaged = Damaged(kind, seeds, new Mutations(number));
            long before = GC.GetAllocatedBytesForCurrentThread(), begun = Stopwatch.GetTimestamp();
            string? refusal = Open(kind, folder, damaged, $"{kind}, mutation {number}");
            long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            TimeSpan time = Stopwatch.GetElapsedTime(begun);

            // Once more, as what took long may have been another process.
            if (time > Slow)
            {
                begun = Stopwatch.GetTimestamp();
                Open(kind, folder, damaged, $"{kind}, mutation {number}");
                TimeSpan again = Stopwatch.GetElapsedTime(begun);
                time = again < time ? again : time;
            }

            Assert.True(bytes <= FreeBytes + (BytesPerByte * damaged.Length), $"{kind}, mutation {number}: {bytes} bytes allocated for {damaged.Length}");
            Assert.True(time < Hang, $"{kind}, mutation {number}: {time}");
            (read, refused) = refusal is null ? (read + 1, refused) : (read, refused + 1);
            kinds[refusal ?? "read"] = kinds.GetValueOrDefault(refusal ?? "read") + 1;
            (mostBytes, longest) = (Math.Max(mostBytes, bytes), time > longest ? time : longest);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {count} files, {read} read, {refused} refused; at most {mostBytes} bytes and {longest.TotalMilliseconds:F0} ms for one; "
            + string.Join(", ", kinds.OrderByDescending(k => k.Value).Select(k => $"{k.Key} {k.Value}")));
        // Damage that never does harm, or always, would test nothing.
        Assert.InRange(read, 1, count - 1);
        Assert.InRange(refused, 1, count - 1);
    }

    /// <summary>Anywhere; or in the JSON only, whose length is then put right, so that damage gets past it.</summary>
    private static byte[] Damaged(string kind, byte[][] seeds, Mutations mutations)
    {
        byte[] seed = mutations.Pick(seeds);
        if (mutations.Chance(3))
            return mutations.Of(seed, seeds);
        int start = kind == "index" ? 0 : 8, end = kind == "index" ? seed.Length : 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(seed);
        byte[] json = mutations.Chance(2) ? mutations.Of(seed[start..end], seeds) : WithOtherCharacters(seed[start..end], mutations);
        byte[] length = new byte[start];
        if (start > 0)
            BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        return [.. length, .. json, .. seed[end..]];
    }

    /// <summary>Digits become digits and letters letters: it stays JSON.</summary>
    private static byte[] WithOtherCharacters(byte[] json, Mutations mutations)
    {
        int[] places = [.. Enumerable.Range(0, json.Length).Where(at => char.IsAsciiLetterOrDigit((char)json[at]))];
        for (int times = places.Length == 0 ? 0 : 1 + mutations.Below(4); times > 0; times--)
        {
            int at = mutations.Pick(places);
            byte[] alike = [.. json.Where(other => char.IsAsciiDigit((char)other) == char.IsAsciiDigit((char)json[at]) && char.IsAsciiLetterOrDigit((char)other))];
            json[at] = mutations.Chance(2) && char.IsAsciiDigit((char)json[at]) ? (byte)('0' + mutations.Below(10)) : mutations.Pick(alike);
        }

        return json;
    }

    /// <returns>The kind of refusal; null when all of it was read.</returns>
    private static string? Open(string kind, TemporaryFolder folder, byte[] damaged, string what)
    {
        const string Index = "model.safetensors.index.json";
        try
        {
            Checkpoint checkpoint = kind switch
            {
                "safetensors" => SafetensorsFile.FromBytes(StoredBytes.FromBytes(damaged), "damaged.safetensors"),
                "index" => ShardedCheckpoint.Open(folder.Write(Index, damaged)),
                _ => ShardedCheckpoint.Open(Path.Combine(Path.GetDirectoryName(folder.Write("model-00002-of-00002.safetensors", damaged))!, Index)),
            };
            Verdicts.ReadAll(checkpoint);
            foreach (TensorInfo tensor in checkpoint.Tensors.Where(tensor => tensor.Shape.Count == 2 && tensor.Type is { } type && type.IsReadableAsFloat() && tensor.Shape[1] <= 512))
            {
                StoredMatrix matrix = checkpoint.Matrix(tensor.Name);
                float[] row = new float[matrix.Columns];
                for (long r = 0; r < Math.Min(4, matrix.Rows); r++)
                    matrix.ReadRow(r, row);
            }

            return null;
        }
        catch (CheckpointFormatException e)
        {
            Assert.InRange(e.Message.Length, 10, 3000);
            return e.Kind ?? "without a kind";
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"{what}: {e.GetType().Name}: {e.Message}\n{Convert.ToBase64String(damaged)}", e);
        }
    }

    private static byte[][] Seeds(string kind) => kind switch
    {
        "safetensors" => [.. new[] { "plain-types", "version-3-big-endian", "alignment-64", "nothing" }.Select(name => File.ReadAllBytes(Verdicts.PathOf("gguf", $"ok/{name}.expected.safetensors")))],
        "index" =>
        [
            .. new[] { "control", "no-metadata", "unlisted-tensor", "total-size-wrong", "path-traversal", "tensor-in-wrong-file" }
                .Select(name => File.ReadAllBytes(Verdicts.PathOf("sharded", $"broken/{name}/model.safetensors.index.json"))),
        ],
        "shard" => [.. new[] { "00001", "00002" }.Select(name => File.ReadAllBytes(Verdicts.PathOf("sharded", $"broken/control/model-{name}-of-00002.safetensors")))],
        _ => throw new ArgumentException(kind),
    };
}
