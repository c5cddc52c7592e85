using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Safetensors;

/// <summary>A tensor to be written: its bytes are stored as they are.</summary>
/// <param name="Name">Any text but <c>__metadata__</c>.</param>
/// <param name="Type">A plain type; the block types of GGUF have no place in the format.</param>
/// <param name="Shape">Dimensions, slowest first; empty for a scalar.</param>
/// <param name="Bytes">Little-endian values, row-major.</param>
public sealed record SafetensorsEntry(string Name, TensorType Type, IReadOnlyList<long> Shape, TensorContent Bytes)
{
    /// <summary>A matrix in the type it is stored in.</summary>
    public static SafetensorsEntry From(string name, StoredMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        return new SafetensorsEntry(name, matrix.Type, [matrix.Rows, matrix.Columns], matrix.Bytes);
    }

    /// <summary>Floats of any shape as F32.</summary>
    public static SafetensorsEntry From(string name, ReadOnlySpan<float> values, params long[] shape) =>
        new(name, TensorType.F32, shape, StoredBytes.FromFloats(values));
}

/// <summary>Writes safetensors files: to a temporary file in the same folder, flushed, then renamed.</summary>
public static class SafetensorsWriter
{
    /// <summary>Every tensor's data starts at a multiple of this many bytes, as long as those before it have whole multiples too.</summary>
    private const int HeaderAlignment = 8;

    /// <summary>
    /// Writes tensors and free texts. Tensors are ordered by falling element size, then by name, as the reference implementation does, so that
    /// each is aligned to its element and the same content gives the same bytes.
    /// </summary>
    /// <param name="path">The file to create or replace; its folder must exist.</param>
    /// <param name="tensors">Any number, names distinct.</param>
    /// <param name="metadata">Free texts for <c>__metadata__</c>, or null for none.</param>
    /// <param name="cancellation">Ends the writing; nothing is left behind.</param>
    /// <exception cref="ArgumentException">A name twice or reserved, a block type, or bytes that do not fit the shape.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(
        string path, IEnumerable<SafetensorsEntry> tensors, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        SafetensorsEntry[] ordered = [.. tensors.OrderByDescending(t => t.Type.BlockBytes()).ThenBy(t => t.Name, StringComparer.Ordinal)];
        Validate(ordered);
        byte[] header = Header(ordered, metadata);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            foreach (var tensor in ordered)
            {
                cancellation.ThrowIfCancellationRequested();
                tensor.Bytes.WriteTo(stream, cancellation);
            }
        });
    }

    private static void Validate(SafetensorsEntry[] tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            if (tensor.Name == "__metadata__" || !names.Add(tensor.Name))
                throw new ArgumentException($"the tensor name {tensor.Name} is {(tensor.Name == "__metadata__" ? "reserved by the format" : "given twice")}", nameof(tensors));
            RequireUnicode(tensor.Name, nameof(tensors));
            if (SafetensorsTypes.NameOf(tensor.Type) is null)
                throw new ArgumentException($"{tensor.Name}: {tensor.Type} has no place in safetensors; widen it to F32, F16 or BF16 first", nameof(tensors));
            if (tensor.Shape.Any(d => d < 0) || checked(TensorInfo.Product(tensor.Shape) * tensor.Type.BlockBytes()) != tensor.Bytes.Length)
                throw new ArgumentException($"{tensor.Name}: [{string.Join(", ", tensor.Shape)}] of {tensor.Type} does not fit {tensor.Bytes.Length} bytes", nameof(tensors));
        }
    }

    /// <summary>The JSON writer would replace what UTF-8 cannot carry, and the name read back would be another.</summary>
    private static void RequireUnicode(string text, string parameter)
    {
        if (Utf8.FromUtf16(text, new byte[3 * text.Length], out _, out _, replaceInvalidSequences: false) != OperationStatus.Done)
            throw new ArgumentException($"\"{text}\" holds half of a surrogate pair, which UTF-8 cannot carry", parameter);
    }

    private static byte[] Header(SafetensorsEntry[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        buffer.Write(stackalloc byte[sizeof(ulong)]);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is not null)
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
                {
                    RequireUnicode(key, nameof(metadata));
                    RequireUnicode(value, nameof(metadata));
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long offset = 0;
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", SafetensorsTypes.NameOf(tensor.Type));
                json.WriteStartArray("shape");
                foreach (long dimension in tensor.Shape)
                    json.WriteNumberValue(dimension);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Bytes.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (buffer.Length % HeaderAlignment != 0)
            buffer.WriteByte((byte)' ');
        byte[] header = buffer.ToArray();
        int length = header.Length - sizeof(ulong);
        if (length > SafetensorsHeader.MaximumJsonBytes || tensors.Length > SafetensorsHeader.MaximumTensors)
            throw new ArgumentException($"a header of {length} bytes for {tensors.Length} tensors exceeds what readers accept; save in several files", nameof(tensors));
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)length);
        return header;
    }
}
