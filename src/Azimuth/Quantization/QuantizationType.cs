using Azimuth.Numerics;

namespace Azimuth.Quantization;

/// <summary>A way to store the rows of a matrix in fewer bits.</summary>
public enum QuantizationType
{
    /// <summary>The upper half of a single, rounded to nearest, ties to even.</summary>
    BF16,

    /// <summary>IEEE 754 half precision, rounded to nearest, ties to even.</summary>
    F16,

    /// <summary>GGUF blocks of 32 values: a scale and signed bytes.</summary>
    Q8_0,

    /// <summary>GGUF blocks of 32 values: a scale, a minimum and 4-bit codes.</summary>
    Q4_1,

    /// <summary>GGUF blocks of 32 values: a scale and 4-bit codes around 8.</summary>
    Q4_0,

    /// <summary>A single-precision scale for each row and signed bytes; see <see cref="Int8Rows"/>.</summary>
    Int8,

    /// <summary>A single-precision scale for every 32 values of a row and codes from −7 to 7; see <see cref="Int4Groups"/>.</summary>
    Int4,
}

/// <summary>Names and sizes of <see cref="QuantizationType"/>.</summary>
public static class QuantizationTypes
{
    /// <summary>All of them, most bits first.</summary>
    public static IReadOnlyList<QuantizationType> All { get; } = Enum.GetValues<QuantizationType>();

    /// <summary>"q8_0", as on the command line.</summary>
    public static string Name(this QuantizationType type) => type.ToString().ToLowerInvariant();

    /// <summary>The type of that name in any case, or null.</summary>
    public static QuantizationType? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        foreach (QuantizationType type in All)
        {
            if (type.Name().Equals(name, StringComparison.OrdinalIgnoreCase))
                return type;
        }

        return null;
    }

    /// <summary>The type as tensors of a file have it; null for <see cref="QuantizationType.Int8"/> and <see cref="QuantizationType.Int4"/>, which are two tensors.</summary>
    public static TensorType? AsTensorType(this QuantizationType type) => type switch
    {
        QuantizationType.BF16 => TensorType.BF16,
        QuantizationType.F16 => TensorType.F16,
        QuantizationType.Q8_0 => TensorType.Q8_0,
        QuantizationType.Q4_1 => TensorType.Q4_1,
        QuantizationType.Q4_0 => TensorType.Q4_0,
        _ => null,
    };

    /// <summary>Rows have a whole number of this many values; 1 where any width will do.</summary>
    public static int BlockLength(this QuantizationType type) => type.AsTensorType()?.BlockLength() ?? 1;

    /// <summary>Bytes of one row of <paramref name="columns"/> values, scales included; a last odd code of <see cref="QuantizationType.Int4"/> takes a byte.</summary>
    public static long RowBytes(this QuantizationType type, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        return type switch
        {
            QuantizationType.Int8 => sizeof(float) + (long)columns,
            QuantizationType.Int4 => (columns + Int4Groups.Length - 1) / Int4Groups.Length * (long)sizeof(float) + (columns + 1) / 2,
            _ => (long)columns / type.BlockLength() * type.AsTensorType()!.Value.BlockBytes(),
        };
    }

    /// <summary>Stored bits for each value, scales included.</summary>
    public static double BitsPerWeight(this QuantizationType type, int columns) => 8.0 * type.RowBytes(columns) / columns;

    /// <summary>What a row becomes when it is stored and read back.</summary>
    /// <param name="type">How it is stored.</param>
    /// <param name="row">Finite values, a whole number of blocks.</param>
    /// <param name="restored">As many places; may be <paramref name="row"/> itself.</param>
    /// <exception cref="ArgumentException">Another number of places, or no whole number of blocks.</exception>
    public static void RoundTrip(this QuantizationType type, ReadOnlySpan<float> row, Span<float> restored)
    {
        if (type.AsTensorType() is { } stored)
        {
            Span<byte> bytes = stackalloc byte[stored.BlockBytes()];
            int length = stored.BlockLength();
            if (row.Length != restored.Length || row.Length % length != 0)
                throw new ArgumentException($"{row.Length} values in blocks of {length} and as many places expected, found {restored.Length} places", nameof(restored));
            for (int i = 0; i < row.Length; i += length)
            {
                RowEncoder.Encode(stored, row.Slice(i, length), bytes);
                RowDecoder.Decode(stored, bytes, restored.Slice(i, length));
            }

            return;
        }

        var codes = new sbyte[row.Length];
        if (type == QuantizationType.Int8)
        {
            Int8Rows.Restore(codes, Int8Rows.Quantize(row, codes), restored);
            return;
        }

        var scales = new float[Int4Groups.Count(row.Length)];
        Int4Groups.Quantize(row, codes, scales);
        Int4Groups.Restore(codes, scales, restored);
    }
}
