using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Npy;

/// <summary>
/// An array in NumPy's .npy format (NEP 1), mapped: nothing is read before it is asked for. Immutable, safe for many threads, nobody disposes it.
/// </summary>
public sealed class NpyArray
{
    private readonly NpyElement _element;
    private readonly StoredBytes _data;

    private NpyArray(string path, NpyHeader header, NpyElement element, StoredBytes data, IReadOnlyList<string> warnings)
    {
        (Path, ElementType, Shape, FortranOrder, Warnings) = (path, header.ElementType, header.Shape, header.FortranOrder, warnings);
        (_element, _data) = (element, data);
        Count = data.Length / element.Bytes;
    }

    /// <summary>The file it was read from, with the entry's name for an archive.</summary>
    public string Path { get; }

    /// <summary>As NumPy spells it: "&lt;f4".</summary>
    public string ElementType { get; }

    /// <summary>Slowest dimension first; empty for a single number.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>True when the file stores the first dimension fastest; every reading here is row by row all the same.</summary>
    public bool FortranOrder { get; }

    /// <summary>Elements, 1 for a single number.</summary>
    public long Count { get; }

    /// <summary>True for texts, which <see cref="ToTexts"/> reads; false for numbers.</summary>
    public bool IsText => !_element.IsNumber;

    /// <summary>Remarks that did not stop the reading, such as bytes after the data.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Maps a .npy file: reals of 2, 4 or 8 bytes, whole numbers of 1 to 8 bytes, booleans, Unicode texts, in either byte order.</summary>
    /// <exception cref="CheckpointFormatException">No such file, another format, damage, or elements that are no numbers (objects are pickles and never read).</exception>
    public static NpyArray Load(string path) => FromBytes(MappedFile.Open(path), path);

    /// <summary>All numbers row by row, the last dimension fastest; 64-bit whole numbers beyond 2⁵³ are rounded.</summary>
    /// <exception cref="CheckpointFormatException">The array holds texts.</exception>
    public double[] ToDoubles()
    {
        if (IsText)
            throw WrongKind("numbers", "texts");
        var values = new double[Count];
        long[] place = new long[Shape.Count];
        for (long i = 0; i < Count; i++)
        {
            values[i] = _element.Number(_data.Span(Offset(i, place), _element.Bytes));
            Next(place);
        }

        GC.KeepAlive(_data);
        return values;
    }

    /// <summary>All texts row by row; NUL characters that fill up a text are not part of it.</summary>
    /// <exception cref="CheckpointFormatException">The array holds numbers.</exception>
    public string[] ToTexts()
    {
        if (!IsText)
            throw WrongKind("texts", "numbers");
        var texts = new string[Count];
        long[] place = new long[Shape.Count];
        StringBuilder text = new();
        for (long i = 0; i < Count; i++)
        {
            texts[i] = Text(_data.Span(Offset(i, place), _element.Bytes), text.Clear());
            Next(place);
        }

        GC.KeepAlive(_data);
        return texts;
    }

    /// <summary>
    /// An array of two axes as a matrix [rows, columns]. Little-endian reals in row order are not copied; all else is: reals in their own size, whole
    /// numbers of up to 16 bits and booleans as F32, larger ones as F64.
    /// </summary>
    /// <exception cref="CheckpointFormatException">Not two axes, texts, or more columns than 2³¹ − 1.</exception>
    public StoredMatrix ToMatrix(CancellationToken cancellation = default)
    {
        if (Shape.Count != 2 || IsText || Shape[1] < 1 || Shape[1] > Array.MaxLength / sizeof(double))
            throw new CheckpointFormatException(Path, $"expected an array of numbers with two axes, rows and columns, found {(IsText ? "texts of shape " : "")}({string.Join(", ", Shape)}). Reshape it before saving", kind: "BadShape");
        long rows = Shape[0];
        int columns = (int)Shape[1];
        if (_element is { Kind: 'f', BigEndian: false } && (!FortranOrder || rows == 1 || columns == 1))
            return new StoredMatrix(_element.Stored, rows, columns, _data);
        return Convert(rows, columns, cancellation);
    }

    private CheckpointFormatException WrongKind(string expected, string found) =>
        new(Path, $"expected an array of {expected}, found {found} ({ElementType}). Name another array", kind: "UnsupportedType");

    internal static NpyArray FromBytes(StoredBytes bytes, string path)
    {
        NpyHeader header = NpyHeader.Parse(path, bytes);
        NpyElement element = NpyElement.Parse(path, header.ElementType);
        Int128 needed = element.Bytes;
        // A product may pass zero only at the end: (0, 2^62, 2^62) is an empty array.
        foreach (long size in header.Shape.Contains(0) ? [0] : header.Shape)
        {
            needed *= size;
            if (needed > long.MaxValue)
                break;
        }

        long data = bytes.Length - header.DataOffset;
        if (needed > data)
            throw new CheckpointFormatException(path, FormattableString.Invariant($"the shape ({string.Join(", ", header.Shape)}) of {header.ElementType} needs {(needed > long.MaxValue ? "more than 2^63" : needed.ToString(System.Globalization.CultureInfo.InvariantCulture))} bytes of data, {data} follow. The file is cut off or damaged"), kind: "Truncated");
        string[] warnings = needed < data ? [FormattableString.Invariant($"{data - (long)needed} bytes after the array are not read")] : [];
        return new NpyArray(path, header, element, bytes.Slice(header.DataOffset, (long)needed), warnings);
    }

    private unsafe StoredMatrix Convert(long rows, int columns, CancellationToken cancellation)
    {
        const int Block = 64; // rows at a time, so that column order too is read in runs
        TensorType type = _element.Stored == TensorType.F16 ? TensorType.F32 : _element.Stored;
        int bytes = type.BlockBytes();
        var memory = AlignedMemory.Of<byte>(checked(rows * columns * bytes));
        for (long first = 0; first < rows; first += Block)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int column = 0; column < columns; column++)
            {
                for (long row = first; row < Math.Min(rows, first + Block); row++)
                {
                    long from = FortranOrder ? (column * rows) + row : (row * columns) + column, to = (row * columns) + column;
                    double value = _element.Number(_data.Span(from * _element.Bytes, _element.Bytes));
                    if (type == TensorType.F32)
                        ((float*)memory.Pointer)[to] = (float)value;
                    else
                        ((double*)memory.Pointer)[to] = value;
                }
            }
        }

        GC.KeepAlive(_data);
        return new StoredMatrix(type, rows, columns, new StoredBytes(memory.Pointer, memory.Bytes, memory));
    }

    /// <summary>Where the element at a place lies; <paramref name="index"/> counts row by row.</summary>
    private long Offset(long index, long[] place)
    {
        if (!FortranOrder)
            return index * _element.Bytes;
        long at = 0;
        for (int axis = place.Length - 1; axis >= 0; axis--)
            at = (at * Shape[axis]) + place[axis];
        return at * _element.Bytes;
    }

    private void Next(long[] place)
    {
        for (int axis = place.Length - 1; axis >= 0 && ++place[axis] == Shape[axis]; axis--)
            place[axis] = 0;
    }

    private string Text(ReadOnlySpan<byte> characters, StringBuilder text)
    {
        for (; characters.Length > 0; characters = characters[4..])
        {
            uint code = _element.BigEndian ? BinaryPrimitives.ReadUInt32BigEndian(characters) : BinaryPrimitives.ReadUInt32LittleEndian(characters);
            text.Append((Rune.IsValid(code) ? new Rune(code) : Rune.ReplacementChar).ToString());
        }

        int length = text.Length;
        while (length > 0 && text[length - 1] == '\0')
            length--;
        return text.ToString(0, length);
    }
}
