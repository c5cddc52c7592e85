using System.Globalization;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>The first line of word2vec's files, text or binary: how many rows, and how many numbers in each.</summary>
internal readonly record struct TextHeader(long Rows, int Dimension)
{
    private const int LargestDimension = 1 << 22;

    /// <summary>The header that a line is; null when it is not two whole numbers, which makes it a row of GloVe text.</summary>
    /// <exception cref="CheckpointFormatException">Two whole numbers that no table can have.</exception>
    public static TextHeader? Parse(ReadOnlySpan<byte> line, TableInput input)
    {
        line = TextRow.Trimmed(line);
        int blank = line.IndexOf((byte)' ');
        if (blank < 0 || !IsWhole(line[..blank]) || !IsWhole(line[(blank + 1)..]))
            return null;
        // As many digits as fit; what does not is too large for any file.
        bool counted = long.TryParse(line[..blank], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long rows);
        bool sized = int.TryParse(line[(blank + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int dimension);
        if (!counted || rows < 1 || rows > int.MaxValue)
            throw input.Error(FormattableString.Invariant($"expected 1 to {int.MaxValue} rows, found {RowStore.Shown(line[..blank])} in the header \"{RowStore.Shown(line)}\". The header is damaged"), 1, "BadHeader");
        if (!sized || dimension < 1 || dimension > LargestDimension)
            throw input.Error(FormattableString.Invariant($"expected a dimension of 1 to {LargestDimension}, found {RowStore.Shown(line[(blank + 1)..])} in the header \"{RowStore.Shown(line)}\". The header is damaged"), 1, "BadHeader");
        return new TextHeader(rows, dimension);
    }

    /// <summary>Stops at a header that promises more than the file can hold, before anything is allocated for it.</summary>
    /// <param name="rowBytes">What a row takes at least.</param>
    /// <param name="remaining">Bytes after the header; null when unknown.</param>
    /// <param name="input">For the error.</param>
    public void RequireRoom(long rowBytes, long? remaining, TableInput input)
    {
        if (remaining is long left && (Int128)Rows * rowBytes > left)
            throw input.Error(FormattableString.Invariant($"the header promises {Rows} rows of {Dimension} numbers, which need at least {(Int128)Rows * rowBytes} bytes; {left} follow. The header is wrong or the file is cut off"), 1, "BadHeader");
    }

    private static bool IsWhole(ReadOnlySpan<byte> field)
    {
        if (field is [(byte)'-' or (byte)'+', ..])
            field = field[1..];
        return field.Length > 0 && !field.ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }
}
