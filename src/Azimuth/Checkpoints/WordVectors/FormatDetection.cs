using System.Buffers.Binary;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>Tells the formats apart by their first bytes; endings only where several formats begin alike.</summary>
internal static class FormatDetection
{
    private const int Looked = 1 << 12;

    /// <summary>The format of a file whose content <paramref name="reader"/> stands at the beginning of; nothing is taken from it.</summary>
    /// <exception cref="CheckpointFormatException">Something else, which is named where it is known.</exception>
    public static TableFormat Of(TableInput input, ByteReader reader)
    {
        ReadOnlySpan<byte> start = reader.Peek(Looked);
        if (start is [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', ..])
            return TableFormat.Npy;
        if (start.StartsWith("PK\u0003\u0004"u8) || start.StartsWith("PK\u0005\u0006"u8))
        {
            // Each expands a thousandfold at most, both together a millionfold.
            return input.IsGzip ? throw input.Error("expected a table of vectors, found a zip file inside a gzip file. Decompress it once", kind: "UnknownFormat") : TableFormat.Npz;
        }

        if (FastTextHeader.IsFastText(start))
            return TableFormat.FastText;
        if (OtherFormat(start) is string other)
            throw input.Error($"expected a table of vectors, found {other}", kind: "UnknownFormat");
        switch (input.Ending)
        {
            case ".npy":
                throw input.Error("expected NumPy's array, which begins with the bytes 93 4E 55 4D 50 59, found other bytes. It is damaged or another format", kind: "BadMagic");
            case ".npz":
                throw input.Error("expected NumPy's archive, which is a zip file, found other bytes. It is damaged or another format", kind: "BadMagic");
            case ".tsv":
                return TableFormat.ProjectorTsv;
            case ".jsonl" or ".ndjson":
                return TableFormat.JsonLines;
            case ".csv":
                return TableFormat.Csv;
        }

        return TextOrBinary(input, start);
    }

    private static TableFormat TextOrBinary(TableInput input, ReadOnlySpan<byte> start)
    {
        bool binaryName = input.Ending == ".bin";
        int end = start.IndexOf((byte)'\n');
        ReadOnlySpan<byte> first = (end < 0 ? start : start[..end]).TrimEnd((byte)'\r');
        TextHeader? header = first.Length <= 64 ? TextHeader.Parse(first, input) : null;
        if (header is null)
        {
            if (!binaryName)
                return TableFormat.GloveText;
            string found = start.Length >= 4
                ? FormattableString.Invariant($"the number {BinaryPrimitives.ReadInt32LittleEndian(start)}") : FormattableString.Invariant($"{start.Length} bytes");
            throw input.Error($"expected fastText's file, which begins with the number {FastTextHeader.Magic}, or word2vec's, which begins with a line of two whole numbers, found {found}. It is another format or damaged", kind: "UnknownFormat");
        }

        ReadOnlySpan<byte> rest = end < 0 ? default : start[(end + 1)..];
        bool whole = start.Length < Looked;
        return LooksLikeText(rest, whole, header.Value.Dimension, binaryName) ? TableFormat.Word2VecText : TableFormat.Word2VecBinary;
    }

    /// <summary>Whether what follows the header is text: its first row has as many numbers, or under a name that is not only binary nothing in it is not text.</summary>
    private static bool LooksLikeText(ReadOnlySpan<byte> rest, bool whole, int dimension, bool binaryName)
    {
        int end = rest.IndexOf((byte)'\n');
        ReadOnlySpan<byte> row = TextRow.Trimmed((end < 0 ? rest : rest[..end]).TrimEnd((byte)'\r'));
        if (end < 0 && !whole)
        {
            // A row longer than what was looked at: all of it but the word, and the last number, which may be cut.
            int last = row.LastIndexOf((byte)' ');
            return last > 0 && TextRow.TrailingNumbers(row[..last]) >= 8;
        }

        if (binaryName || TextRow.TrailingNumbers(row) >= dimension)
            return TextRow.TrailingNumbers(row) >= dimension;
        // Text that is wrong should be called wrong text: what lies where floats would holds no controls and, in its row, no other alphabet.
        int blank = rest.IndexOf((byte)' ');
        ReadOnlySpan<byte> numbers = blank < 0 ? default : rest[blank..Math.Min(rest.Length, blank + (4 * Math.Min(dimension, Looked)))];
        bool controls = numbers.IndexOfAnyInRange((byte)0, (byte)8) >= 0 || numbers.IndexOfAnyInRange((byte)14, (byte)31) >= 0;
        return !controls && (blank < 0 || blank >= row.Length || row[blank..].IndexOfAnyInRange((byte)0x80, (byte)0xFF) < 0);
    }

    private static string? OtherFormat(ReadOnlySpan<byte> start) => start switch
    {
        [0x80, >= 2 and <= 5, ..] => "a Python pickle, as gensim's save writes, which could run code and is not read. Save the vectors with save_word2vec_format",
        _ when start.StartsWith("GGUF"u8) => "a GGUF model. Give it the ending .gguf",
        _ when start.StartsWith("version https://git-lfs"u8) => "a Git LFS pointer, not the file itself. Run git lfs pull",
        _ when start.StartsWith("<!DOCTYPE"u8) || start.StartsWith("<html"u8) || start.StartsWith("<HTML"u8) => "a web page. Download the file again",
        [0x1F, 0x8B, ..] => "a gzip file inside a gzip file. Decompress it once",
        _ => null,
    };
}
