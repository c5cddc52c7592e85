using System.Numerics.Tensors;

namespace Azimuth.Quantization;

/// <summary>
/// Rows as signed bytes with one scale each: scale = max|x| / 127, code = x / scale rounded to nearest, ties to even; value = code · scale, all in single
/// precision. A row of zeros has scale 0 and codes 0. Values must be finite.
/// </summary>
public static class Int8Rows
{
    private const int Largest = 127;

    /// <summary>Writes a row's codes, −127 to 127, and returns its scale.</summary>
    /// <exception cref="ArgumentException">Not as many codes as values.</exception>
    public static float Quantize(ReadOnlySpan<float> row, Span<sbyte> codes)
    {
        if (codes.Length != row.Length)
            throw new ArgumentException($"{row.Length} codes expected, found room for {codes.Length}", nameof(codes));
        return Codes.Write(row, codes, Largest);
    }

    /// <summary>Codes back to values.</summary>
    /// <exception cref="ArgumentException">Not as many values as codes.</exception>
    public static void Restore(ReadOnlySpan<sbyte> codes, float scale, Span<float> row)
    {
        if (codes.Length != row.Length)
            throw new ArgumentException($"{codes.Length} values expected, found room for {row.Length}", nameof(row));
        Codes.Read(codes, scale, row);
    }
}

/// <summary>
/// Rows as codes from −7 to 7 with one scale for every 32 consecutive values: scale = max|x| / 7, code = x / scale rounded to nearest, ties to even;
/// value = code · scale, all in single precision. A group of zeros has scale 0 and codes 0; a row's last group may be shorter. Values must be finite.
/// </summary>
public static class Int4Groups
{
    /// <summary>Values that share a scale.</summary>
    public const int Length = 32;

    private const int Largest = 7;

    /// <summary>Groups of a row.</summary>
    public static int Count(int columns) => (columns + Length - 1) / Length;

    /// <summary>Writes a row's codes, one a byte, and its groups' scales.</summary>
    /// <exception cref="ArgumentException">Not as many codes as values, or not a scale for each group.</exception>
    public static void Quantize(ReadOnlySpan<float> row, Span<sbyte> codes, Span<float> scales)
    {
        Require(codes.Length, row.Length, scales.Length);
        for (int group = 0; group < scales.Length; group++)
        {
            int at = group * Length, length = Math.Min(Length, row.Length - at);
            scales[group] = Codes.Write(row.Slice(at, length), codes.Slice(at, length), Largest);
        }
    }

    /// <summary>Codes back to values.</summary>
    /// <exception cref="ArgumentException">Not as many values as codes, or not a scale for each group.</exception>
    public static void Restore(ReadOnlySpan<sbyte> codes, ReadOnlySpan<float> scales, Span<float> row)
    {
        Require(codes.Length, row.Length, scales.Length);
        for (int group = 0; group < scales.Length; group++)
        {
            int at = group * Length, length = Math.Min(Length, row.Length - at);
            Codes.Read(codes.Slice(at, length), scales[group], row.Slice(at, length));
        }
    }

    /// <summary>Two codes a byte, each plus 8, the earlier one in the low half; a last odd one is alone in its byte.</summary>
    /// <exception cref="ArgumentException">Not half as many bytes as codes.</exception>
    public static void Pack(ReadOnlySpan<sbyte> codes, Span<byte> packed)
    {
        if (packed.Length != (codes.Length + 1) / 2)
            throw new ArgumentException($"{(codes.Length + 1) / 2} bytes expected for {codes.Length} codes, found {packed.Length}", nameof(packed));
        for (int i = 0; i < packed.Length; i++)
        {
            int low = codes[2 * i] + 8, high = 2 * i + 1 < codes.Length ? codes[2 * i + 1] + 8 : 0;
            packed[i] = (byte)(low | high << 4);
        }
    }

    private static void Require(int codes, int values, int scales)
    {
        if (codes != values || scales != Count(values))
            throw new ArgumentException($"{values} values need as many codes and {Count(values)} scales, found {codes} and {scales}");
    }
}

/// <summary>What rows and groups have in common.</summary>
internal static class Codes
{
    public static float Write(ReadOnlySpan<float> values, Span<sbyte> codes, int largest)
    {
        float scale = values.IsEmpty ? 0 : Math.Abs(TensorPrimitives.MaxMagnitude(values)) / largest;
        if (scale == 0)
        {
            codes.Clear();
            return 0;
        }

        for (int i = 0; i < values.Length; i++)
            codes[i] = (sbyte)Math.Clamp(MathF.Round(values[i] / scale, MidpointRounding.ToEven), -largest, largest);
        return scale;
    }

    public static void Read(ReadOnlySpan<sbyte> codes, float scale, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = codes[i] * scale;
    }
}
