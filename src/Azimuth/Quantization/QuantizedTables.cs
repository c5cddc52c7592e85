using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Quantization;

/// <summary>
/// Writes token tables alone as safetensors. In int8: <c>input.codes</c> I8 [rows, columns] and <c>input.scales</c> F32 [rows]; in 4-bit groups: <c>input.codes</c> U8
/// [rows, ⌈columns / 2⌉], two codes a byte, each plus 8, the earlier one in the low half, and <c>input.scales</c> F32 [rows, ⌈columns / 32⌉]; in bf16 and f16: <c>input</c>
/// [rows, columns]. An output table of its own is there as <c>output…</c>. The file's free texts say <c>type</c> and <c>columns</c>.
/// </summary>
public static class QuantizedTables
{
    private const int TileRows = 256;

    /// <summary>Writes a model's tables.</summary>
    /// <exception cref="ArgumentException">A type of GGUF's blocks, which safetensors does not have.</exception>
    /// <exception cref="CheckpointFormatException">A value is not finite, or one that the type cannot hold.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(LanguageModel model, QuantizationType type, string path, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        Save(ModelTables.Of(model), type, path, cancellation);
    }

    /// <summary>Writes one table as <c>input…</c>.</summary>
    /// <inheritdoc cref="Save(LanguageModel, QuantizationType, string, CancellationToken)" path="/exception"/>
    public static void Save(EmbeddingTable table, QuantizationType type, string path, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        Save([("input", table)], type, path, cancellation);
    }

    private static void Save(IReadOnlyList<(string Name, EmbeddingTable Table)> tables, QuantizationType type, string path, CancellationToken cancellation)
    {
        if (type.BlockLength() > 1)
            throw new ArgumentException($"{type.Name()} has no place in safetensors. Choose int8, int4, bf16 or f16, or name a .gguf file.");
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = "azimuth-table",
            ["type"] = type.Name(),
            ["columns"] = tables[0].Table.ModelDim.ToString(CultureInfo.InvariantCulture),
        };
        SafetensorsWriter.Save(path, tables.SelectMany(t => Entries(t.Name, t.Table, type)), metadata, cancellation);
    }

    private static IEnumerable<SafetensorsEntry> Entries(string name, EmbeddingTable table, QuantizationType type)
    {
        int columns = table.ModelDim, groups = Int4Groups.Count(columns);
        long rows = table.Count;
        if (type.AsTensorType() is { } plain)
        {
            return [new SafetensorsEntry(name, plain, [rows, columns], Content(table, columns * plain.BlockBytes(), (row, bytes) =>
            {
                RowEncoder.Encode(plain, row, bytes);
                if (!TensorPrimitives.IsFiniteAll<float>(Restored(plain, bytes, row.Length)))
                    throw new CheckpointFormatException(table.Name, FormattableString.Invariant($"a row holds {TensorPrimitives.MaxMagnitude(row):g6}, beyond what {type.Name()} can hold. Choose bf16, int8 or int4"), kind: "OutOfRange");
            }))];
        }

        if (type == QuantizationType.Int8)
        {
            return
            [
                new SafetensorsEntry(name + ".codes", TensorType.I8, [rows, columns], Content(table, columns, (row, bytes) => Int8Rows.Quantize(row, MemoryMarshal.Cast<byte, sbyte>(bytes)))),
                new SafetensorsEntry(name + ".scales", TensorType.F32, [rows], Content(table, sizeof(float), (row, bytes) =>
                    MemoryMarshal.Write(bytes, Int8Rows.Quantize(row, new sbyte[row.Length])))),
            ];
        }

        return
        [
            new SafetensorsEntry(name + ".codes", TensorType.U8, [rows, (columns + 1) / 2], Content(table, (columns + 1) / 2, (row, bytes) =>
            {
                var codes = new sbyte[row.Length];
                Int4Groups.Quantize(row, codes, new float[groups]);
                Int4Groups.Pack(codes, bytes);
            })),
            new SafetensorsEntry(name + ".scales", TensorType.F32, [rows, groups], Content(table, groups * sizeof(float), (row, bytes) =>
                Int4Groups.Quantize(row, new sbyte[row.Length], MemoryMarshal.Cast<byte, float>(bytes)))),
        ];
    }

    private static float[] Restored(TensorType type, ReadOnlySpan<byte> bytes, int length)
    {
        var values = new float[length];
        RowDecoder.Decode(type, bytes, values);
        return values;
    }

    private delegate void RowWriter(ReadOnlySpan<float> row, Span<byte> bytes);

    /// <summary>A few rows at a time, so that the table is never there twice.</summary>
    private static TensorContent Content(EmbeddingTable table, int rowBytes, RowWriter write) => TensorContent.Made((long)table.Count * rowBytes, (stream, cancellation) =>
    {
        var row = new float[table.ModelDim];
        var bytes = new byte[TileRows * rowBytes];
        for (int first = 0; first < table.Count; first += TileRows)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(TileRows, table.Count - first);
            for (int i = 0; i < count; i++)
            {
                table.Rows.ReadRow(first + i, row);
                if (!TensorPrimitives.IsFiniteAll<float>(row))
                    _ = TableScan.FiniteRow(table, first + i); // words the error
                write(row, bytes.AsSpan(i * rowBytes, rowBytes));
            }

            stream.Write(bytes, 0, count * rowBytes);
        }
    });
}
