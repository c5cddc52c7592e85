using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace Azimuth.Checkpoints.Npy;

/// <summary>Writes matrices of 32-bit floats in NumPy's formats.</summary>
internal static class NpyWriter
{
    private const int Alignment = 64; // of the numbers, so that they can be mapped
    private const long LargestTexts = 1L << 30;

    /// <summary>Zip's first date: the same table gives the same bytes.</summary>
    private static readonly DateTimeOffset NoDate = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>One matrix [rows, columns].</summary>
    public static void Write(Stream stream, int rows, int columns, IEnumerable<ReadOnlyMemory<float>> values)
    {
        stream.Write(Header("<f4", FormattableString.Invariant($"({rows}, {columns})")));
        foreach (ReadOnlyMemory<float> row in values)
            stream.Write(MemoryMarshal.AsBytes(row.Span));
    }

    /// <summary>An archive of "vectors" [rows, columns], stored so that it can be mapped, and "words" [rows], NumPy's texts of equal width, deflated.</summary>
    /// <exception cref="ArgumentException">One word so long that texts of equal width would exceed a gibibyte.</exception>
    public static void WriteArchive(Stream stream, int rows, int columns, IEnumerable<ReadOnlyMemory<float>> values, IReadOnlyList<string> words, List<string> warnings)
    {
        int width = Math.Max(1, words.Max(Runes));
        if ((long)width * 4 * words.Count > LargestTexts)
            throw new ArgumentException(FormattableString.Invariant($"the longest word has {width} characters, and NumPy's texts all take the room of the longest. Write JSON Lines"), nameof(words));
        using ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true);
        ZipArchiveEntry vectors = archive.CreateEntry("vectors.npy", CompressionLevel.NoCompression), texts;
        vectors.LastWriteTime = NoDate;
        using (Stream entry = vectors.Open())
        using (BufferedStream buffer = new(entry, 1 << 16))
            Write(buffer, rows, columns, values);
        texts = archive.CreateEntry("words.npy", CompressionLevel.Optimal);
        texts.LastWriteTime = NoDate;
        using (Stream entry = texts.Open())
        using (BufferedStream buffer = new(entry, 1 << 16))
            WriteTexts(buffer, words, width, warnings);
    }

    private static void WriteTexts(Stream stream, IReadOnlyList<string> words, int width, List<string> warnings)
    {
        stream.Write(Header(FormattableString.Invariant($"<U{width}"), FormattableString.Invariant($"({words.Count},)")));
        byte[] field = new byte[4 * width];
        int ending = 0;
        foreach (string word in words)
        {
            // NumPy drops zeros at the end of a text: they are filling to it.
            string kept = word.TrimEnd('\0');
            string written = kept + new string('\u2400', word.Length - kept.Length);
            ending += written == word ? 0 : 1;
            Array.Clear(field);
            int at = 0;
            foreach (Rune rune in written.EnumerateRunes())
            {
                BinaryPrimitives.WriteInt32LittleEndian(field.AsSpan(at), rune.Value);
                at += 4;
            }

            stream.Write(field);
        }

        if (ending > 0)
            warnings.Add(FormattableString.Invariant($"{ending} {(ending == 1 ? "word ends" : "words end")} in U+0000, which NumPy's texts cannot: U+2400 is written for it"));
    }

    private static int Runes(string word)
    {
        int count = 0;
        foreach (Rune _ in word.EnumerateRunes())
            count++;
        return count;
    }

    private static byte[] Header(string type, string shape)
    {
        string text = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}";
        int fixedPart = 10, filling = (Alignment - ((fixedPart + text.Length + 1) % Alignment)) % Alignment;
        byte[] header = [0x93, .. "NUMPY"u8, 1, 0, 0, 0, .. Encoding.Latin1.GetBytes(text + new string(' ', filling) + "\n")];
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)(header.Length - fixedPart));
        return header;
    }
}
