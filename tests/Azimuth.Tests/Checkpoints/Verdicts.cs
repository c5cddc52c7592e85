using System.Diagnostics;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Checkpoints.Torch;

namespace Azimuth.Tests.Checkpoints;

/// <summary>The fixtures' verdicts, and what holds for every file whatever its verdict.</summary>
internal static class Verdicts
{
    /// <summary>The files of a format that have a verdict.</summary>
    public static TheoryData<string> Files(string format, string verdict) =>
        [.. Entries(format).Where(e => e.GetProperty("verdict").GetString() == verdict).Select(e => e.GetProperty("file").GetString()!)];

    /// <summary>The files of a format that have a verdict, with the reason for it.</summary>
    public static IEnumerable<(string File, string Why)> Reasons(string format, string verdict) =>
        Entries(format).Where(e => e.GetProperty("verdict").GetString() == verdict).Select(e => (e.GetProperty("file").GetString()!, e.GetProperty("why").GetString()!));

    /// <summary>The verdict's list of what to expect of a file.</summary>
    public static JsonElement Expected(string format, string file) =>
        Entries(format).Single(e => e.GetProperty("file").GetString() == file).GetProperty("expected");

    public static string PathOf(string format, string file) => TestFiles.Fixture("checkpoints", format, file);

    /// <summary>Opens within a second and 64 MiB beyond the file's size, the bounds of the fixtures' README; allocations bound what is held at any time.</summary>
    public static T Bounded<T>(string path, Func<string, T> open)
    {
        long size = File.Exists(path) ? new FileInfo(path).Length : Directory.EnumerateFiles(path).Sum(f => new FileInfo(f).Length);
        // The best of three: code is compiled on its first run, and other tests run beside this one.
        for (int attempt = 1; ; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            var clock = Stopwatch.StartNew();
            try
            {
                T opened = open(path);
                if (clock.Elapsed.TotalSeconds <= 1 || attempt == 3)
                    return opened;
            }
            catch (CheckpointFormatException) when (clock.Elapsed.TotalSeconds > 1 && attempt < 3)
            {
            }
            finally
            {
                if (attempt == 3)
                    Assert.InRange(clock.Elapsed.TotalSeconds, 0, 1);
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (64L << 20) + size);
            }
        }
    }

    /// <summary>Reads all metadata and all tensors of a checkpoint, as an attacker would want it.</summary>
    public static long ReadAll(Checkpoint checkpoint)
    {
        long read = 0;
        foreach (var tensor in checkpoint.Tensors)
        {
            Assert.Same(tensor, checkpoint.Find(tensor.Name));
            Assert.InRange(tensor.ElementCount, 0, long.MaxValue);
            // A view of PyTorch's may repeat what lies in the file.
            Assert.InRange(tensor.Offset + (checkpoint is TorchFile ? 0 : tensor.SizeBytes), 0, new FileInfo(tensor.File) is { Exists: true } file ? file.Length : checkpoint.FileBytes);
            var bytes = checkpoint.Bytes(tensor.Name);
            Assert.Equal(tensor.SizeBytes, bytes.Length);
            for (long i = 0; i < bytes.Length; i++)
                read += bytes.Span(i, 1)[0];
            GC.KeepAlive(bytes);
        }

        if (checkpoint is GgufFile gguf)
            read += gguf.Metadata.Sum(entry => Walk(entry.Value));
        if (checkpoint is SafetensorsFile safetensors)
            read += safetensors.Header.Metadata.Sum(m => m.Key.Length + m.Value.Length);
        return read;
    }

    private static long Walk(GgufValue value) => value.Type switch
    {
        GgufType.Array => value.AsArray().Sum(Walk),
        GgufType.String => value.AsString().Length + value.AsUtf8().Length,
        _ => value.ToString().Length,
    };

    private static JsonElement[] Entries(string format)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(PathOf(format, "verdicts.json")));
        return [.. document.RootElement.Clone().EnumerateArray()];
    }
}
