using System.Runtime.InteropServices;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>
/// Reads word2vec's binary files: the header's line, then each word, one blank, and its little-endian floats. The C program ends each vector with
/// a line end, gensim does not; both are read.
/// </summary>
internal static class WordVectorBinary
{
    private const int LongestWord = 1 << 16;

    /// <summary>Reads all rows; <paramref name="reader"/> stands behind the header's line.</summary>
    public static ReadRows Read(TableInput input, ByteReader reader, TextHeader header)
    {
        int vectorBytes = header.Dimension * sizeof(float);
        header.RequireRoom(vectorBytes + 1L, reader.Remaining, input);
        if (reader.Remaining is null && reader.Peek(vectorBytes).Length < vectorBytes)
            throw input.Error(FormattableString.Invariant($"the header promises rows of {header.Dimension} numbers, the file is too short for one. The header is wrong or the file is cut off"), kind: "BadHeader");
        using RowStore store = new(reader, header.Dimension, reader.Remaining is null ? null : header.Rows);
        byte[] word = new byte[64];
        for (long row = 1; row <= header.Rows; row++)
        {
            int length = ReadWord(input, reader, ref word, row, header.Rows);
            Span<float> values = store.Row();
            if (!reader.TryRead(MemoryMarshal.AsBytes(values)))
                throw input.Error(FormattableString.Invariant($"row {row} of {header.Rows} (\"{RowStore.Shown(word.AsSpan(0, length))}\") is cut off: expected {vectorBytes} bytes of numbers. Download the file again"), kind: "Truncated");
            int bad = NotFinite(values);
            if (bad >= 0)
                throw input.Error(FormattableString.Invariant($"row {row} (\"{RowStore.Shown(word.AsSpan(0, length))}\") holds {values[bad]} in place {bad + 1}. Only finite numbers have a direction: the file is damaged, or its words are not separated by a blank"), kind: "NotFinite");
            store.Add(word.AsSpan(0, length), row);
        }

        ReadOnlySpan<byte> rest = reader.Peek(3);
        if (rest.Length > 0 && !rest.SequenceEqual("\n"u8) && !rest.SequenceEqual("\r\n"u8))
            throw input.Error(FormattableString.Invariant($"the header promises {header.Rows} rows; other bytes follow them. The header is wrong, or the file is text with an ending that says otherwise"), kind: "WrongRowCount");
        return new ReadRows(TableFormat.Word2VecBinary, store.Join(), store.Words, store.Warnings("row"));
    }

    private static int ReadWord(TableInput input, ByteReader reader, ref byte[] word, long row, long rows)
    {
        while (reader.Peek(1) is [(byte)'\n'])
            reader.Skip(1);
        int searched = 256;
        while (true)
        {
            ReadOnlySpan<byte> coming = reader.Peek(searched);
            int length = coming.IndexOf((byte)' ');
            if (length >= 0)
            {
                if (length > word.Length)
                    word = new byte[Math.Max(length, word.Length * 2)];
                coming[..length].CopyTo(word);
                reader.Skip(length + 1);
                return length;
            }

            if (coming.Length < searched)
                throw input.Error(FormattableString.Invariant($"the file ends inside the word of row {row} of {rows}. Download the file again"), kind: "Truncated");
            if (searched > LongestWord)
                throw input.Error(FormattableString.Invariant($"expected the word of row {row} and a blank, found none within {LongestWord} bytes. It is no word2vec file or it is damaged"), kind: "BadRow");
            searched *= 2;
        }
    }

    private static int NotFinite(ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                return i;
        }

        return -1;
    }
}
