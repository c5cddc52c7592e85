using System.Numerics;
using System.Text;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Gguf;

/// <summary>A tensor to be written.</summary>
/// <param name="Name">1 to 64 bytes of UTF-8, as the specification asks.</param>
/// <param name="Type">How the bytes are meant: F32, F16, BF16, F64, Q8_0, Q4_0, Q4_1 or signed whole numbers.</param>
/// <param name="Shape">1 to 4 dimensions, slowest first; the last a whole number of blocks.</param>
/// <param name="Bytes">The values, row-major, little-endian.</param>
public sealed record GgufTensor(string Name, TensorType Type, IReadOnlyList<long> Shape, TensorContent Bytes);

/// <summary>Writes GGUF files of version 3, little-endian: to a temporary file in the same folder, flushed, then renamed.</summary>
public static class GgufWriter
{
    private const int LongestName = 64;
    private const int MostDimensions = 4;

    /// <summary>Writes keys, then tensors in the order given, each padded to the alignment (<c>general.alignment</c>, or 32).</summary>
    /// <param name="path">The file to create or replace; its folder must exist.</param>
    /// <param name="keys">The metadata; readers expect <c>general.architecture</c> among them.</param>
    /// <param name="tensors">Names distinct.</param>
    /// <param name="progress">Told the share of the bytes written, 0 to 1.</param>
    /// <param name="cancellation">Ends the writing; nothing is left behind.</param>
    /// <exception cref="ArgumentException">A name that is twice there, empty or too long, a type that GGUF does not have, a shape that does not fit the bytes, or a bad alignment.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(string path, GgufKeys keys, IReadOnlyList<GgufTensor> tensors, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(tensors);
        int alignment = keys.Alignment;
        if (alignment < 8 || !BitOperations.IsPow2(alignment))
            throw new ArgumentException($"general.alignment: a power of two from 8 on expected, found {alignment}", nameof(keys));
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (GgufTensor tensor in tensors)
            Validate(tensor, names);
        AtomicFile.Write(path, stream => Write(stream, keys, tensors, alignment, progress, cancellation));
    }

    /// <summary>A file of keys and small tensors, as it would be read.</summary>
    internal static GgufFile InMemory(GgufKeys keys, params IReadOnlyList<GgufTensor> tensors)
    {
        using var stream = new MemoryStream();
        Write(stream, keys, tensors, keys.Alignment, null, default);
        return GgufFile.FromBytes(StoredBytes.FromBytes(stream.ToArray()), "the GGUF file to be written");
    }

    private static void Write(
        Stream stream, GgufKeys keys, IReadOnlyList<GgufTensor> tensors, int alignment, IProgress<double>? progress, CancellationToken cancellation)
    {
        stream.Write("GGUF"u8);
        GgufKeys.WriteNumber(stream, 3, sizeof(uint));
        GgufKeys.WriteNumber(stream, (ulong)tensors.Count, sizeof(ulong));
        GgufKeys.WriteNumber(stream, (ulong)keys.Count, sizeof(ulong));
        keys.WriteTo(stream);
        long offset = 0;
        foreach (GgufTensor tensor in tensors)
        {
            GgufKeys.WriteText(stream, Encoding.UTF8.GetBytes(tensor.Name));
            GgufKeys.WriteNumber(stream, (ulong)tensor.Shape.Count, sizeof(uint));
            foreach (long size in tensor.Shape.Reverse()) // the file has the fastest dimension first
                GgufKeys.WriteNumber(stream, (ulong)size, sizeof(ulong));
            GgufKeys.WriteNumber(stream, GgmlTypes.NumberOf(tensor.Type)!.Value, sizeof(uint));
            GgufKeys.WriteNumber(stream, (ulong)offset, sizeof(ulong));
            offset = Aligned(offset + tensor.Bytes.Length, alignment);
        }

        Pad(stream, alignment);
        long total = offset, done = 0;
        foreach (GgufTensor tensor in tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            tensor.Bytes.WriteTo(stream, cancellation);
            Pad(stream, alignment);
            done = Aligned(done + tensor.Bytes.Length, alignment);
            progress?.Report(total == 0 ? 1 : (double)done / total);
        }
    }

    private static long Aligned(long position, int alignment) => checked(position + alignment - 1) / alignment * alignment;

    private static void Pad(Stream stream, int alignment)
    {
        for (long left = Aligned(stream.Position, alignment) - stream.Position; left > 0; left--)
            stream.WriteByte(0);
    }

    private static void Validate(GgufTensor tensor, HashSet<string> names)
    {
        int bytes = Encoding.UTF8.GetByteCount(tensor.Name);
        if (bytes is 0 or > LongestName || !names.Add(tensor.Name))
            throw new ArgumentException($"the tensor name \"{tensor.Name}\" is {(bytes is 0 or > LongestName ? $"{bytes} bytes long, expected 1 to {LongestName}" : "given twice")}", nameof(tensor));
        if (GgmlTypes.NumberOf(tensor.Type) is null)
            throw new ArgumentException($"{tensor.Name}: GGUF has no type for {tensor.Type}", nameof(tensor));
        string shape = string.Join(", ", tensor.Shape);
        if (tensor.Shape.Count is 0 or > MostDimensions || tensor.Shape.Any(size => size < 0) || tensor.Shape[^1] % tensor.Type.BlockLength() != 0
            || checked(TensorInfo.Product(tensor.Shape) / tensor.Type.BlockLength() * tensor.Type.BlockBytes()) != tensor.Bytes.Length)
        {
            throw new ArgumentException($"{tensor.Name}: [{shape}] of {tensor.Type} does not fit {tensor.Bytes.Length} bytes", nameof(tensor));
        }
    }
}
