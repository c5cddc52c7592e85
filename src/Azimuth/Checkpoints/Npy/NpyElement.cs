using System.Buffers.Binary;
using System.Globalization;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Npy;

/// <summary>What one element of an array is, in NumPy's spelling.</summary>
/// <param name="Kind">f real, i signed, u unsigned, b boolean, U text in UTF-32.</param>
/// <param name="Bytes">Bytes of one.</param>
/// <param name="BigEndian">Highest byte first.</param>
internal readonly record struct NpyElement(char Kind, int Bytes, bool BigEndian)
{
    /// <summary>Elements are numbers, not text.</summary>
    public bool IsNumber => Kind != 'U';

    /// <summary>The type that holds every value; 64-bit whole numbers beyond 2⁵³ are rounded.</summary>
    public TensorType Stored => Kind switch
    {
        'f' when Bytes == 2 => TensorType.F16,
        'f' when Bytes == 4 => TensorType.F32,
        'b' => TensorType.F32,
        'i' or 'u' when Bytes <= 2 => TensorType.F32,
        _ => TensorType.F64,
    };

    /// <summary>Reads the spelling: "&lt;f4", "|b1", "&gt;i8", "&lt;U12".</summary>
    /// <exception cref="CheckpointFormatException">Objects, records, complex numbers, dates, bytes: each by name.</exception>
    public static NpyElement Parse(string path, string spelled)
    {
        if (spelled.Length >= 3 && spelled[0] is '<' or '>' or '|' or '='
            && int.TryParse(spelled.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out int size))
        {
            bool known = spelled[1] switch
            {
                'f' => size is 2 or 4 or 8,
                'i' or 'u' => size is 1 or 2 or 4 or 8,
                'b' => size == 1,
                'U' => size is > 0 and <= 1 << 20,
                _ => false,
            };
            // One byte has no order, and '=' is the machine's own; files are written with < or >.
            if (known && (spelled[0] is '<' or '>' || size == 1 && spelled[1] != 'U'))
                return new NpyElement(spelled[1], spelled[1] == 'U' ? 4 * size : size, spelled[0] == '>' && spelled[1] != 'b');
        }

        throw new CheckpointFormatException(path, $"expected an array of numbers (f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1), found {Named(spelled)}. Save it as numbers, with astype(\"float32\")", kind: "UnsupportedType");
    }

    /// <summary>The number that begins at the span's start.</summary>
    public double Number(ReadOnlySpan<byte> at) => (Kind, Bytes) switch
    {
        ('f', 2) => (double)(BigEndian ? BinaryPrimitives.ReadHalfBigEndian(at) : BinaryPrimitives.ReadHalfLittleEndian(at)),
        ('f', 4) => BigEndian ? BinaryPrimitives.ReadSingleBigEndian(at) : BinaryPrimitives.ReadSingleLittleEndian(at),
        ('f', _) => BigEndian ? BinaryPrimitives.ReadDoubleBigEndian(at) : BinaryPrimitives.ReadDoubleLittleEndian(at),
        ('b', _) => at[0] == 0 ? 0 : 1,
        ('i', 1) => (sbyte)at[0],
        ('u', 1) => at[0],
        ('i', 2) => BigEndian ? BinaryPrimitives.ReadInt16BigEndian(at) : BinaryPrimitives.ReadInt16LittleEndian(at),
        ('u', 2) => BigEndian ? BinaryPrimitives.ReadUInt16BigEndian(at) : BinaryPrimitives.ReadUInt16LittleEndian(at),
        ('i', 4) => BigEndian ? BinaryPrimitives.ReadInt32BigEndian(at) : BinaryPrimitives.ReadInt32LittleEndian(at),
        ('u', 4) => BigEndian ? BinaryPrimitives.ReadUInt32BigEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at),
        ('i', _) => BigEndian ? BinaryPrimitives.ReadInt64BigEndian(at) : BinaryPrimitives.ReadInt64LittleEndian(at),
        ('u', _) => BigEndian ? BinaryPrimitives.ReadUInt64BigEndian(at) : BinaryPrimitives.ReadUInt64LittleEndian(at),
        _ => throw new InvalidOperationException("texts are no numbers"),
    };

    private static string Named(string spelled) => spelled.Length < 2 ? $"the type \"{spelled}\"" : spelled[1] switch
    {
        'O' => "Python objects, a pickle that could run code and is never read",
        'c' => $"complex numbers ({spelled})",
        'S' or 'a' => $"byte texts ({spelled})",
        'V' => $"raw records ({spelled})",
        'M' or 'm' => $"dates or times ({spelled})",
        _ => $"the type \"{spelled}\"",
    };
}
