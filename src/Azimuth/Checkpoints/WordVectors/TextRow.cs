namespace Azimuth.Checkpoints.WordVectors;

/// <summary>
/// One line of word2vec or GloVe text: a word, then numbers, each after one 0x20. The vector is the last fields of the line and everything
/// before it is the word, which may hold blanks.
/// </summary>
internal static class TextRow
{
    private const byte Blank = (byte)' ';

    /// <summary>A line without the blanks that the C program and fastText leave at its end.</summary>
    public static ReadOnlySpan<byte> Trimmed(ReadOnlySpan<byte> line) => line.TrimEnd(Blank);

    /// <summary>Reads a line's numbers and returns the word's bytes.</summary>
    /// <param name="line">Trimmed.</param>
    /// <param name="values">All of it is filled.</param>
    /// <param name="input">For errors.</param>
    /// <param name="number">The line's number.</param>
    public static ReadOnlySpan<byte> Parse(ReadOnlySpan<byte> line, Span<float> values, TableInput input, long number)
    {
        int word = line.IndexOf(Blank);
        if (word >= 0 && TryParseAll(line[word..], values))
            return line[..word];
        return ParseFromEnd(line, values, input, number);
    }

    /// <summary>How many fields at the end of a line are numbers, one field being left for the word; NaN and infinities count, to be refused as such.</summary>
    public static int TrailingNumbers(ReadOnlySpan<byte> line)
    {
        int count = 0;
        for (int blank = line.LastIndexOf(Blank); blank >= 0 && IsNumeric(line[(blank + 1)..]); blank = line.LastIndexOf(Blank))
        {
            line = line[..blank];
            count++;
        }

        return count;
    }

    /// <summary>The usual line: exactly one number after each blank, to the end.</summary>
    private static bool TryParseAll(ReadOnlySpan<byte> rest, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (rest.Length < 2 || rest[0] != Blank)
                return false;
            int length = DecimalFloat.Parse(rest[1..], out values[i]);
            if (length == 0 || !float.IsFinite(values[i]))
                return false;
            rest = rest[(length + 1)..];
        }

        return rest.Length == 0;
    }

    /// <summary>A line whose word holds blanks, or one that is wrong: says in which way.</summary>
    private static ReadOnlySpan<byte> ParseFromEnd(ReadOnlySpan<byte> line, Span<float> values, TableInput input, long number)
    {
        ReadOnlySpan<byte> rest = line;
        for (int i = values.Length - 1; i >= 0; i--)
        {
            int blank = rest.LastIndexOf(Blank);
            if (blank < 0)
                throw input.Error(TooFew(line, values.Length), number, "BadRow");
            ReadOnlySpan<byte> field = rest[(blank + 1)..];
            if (!DecimalFloat.TryParse(field, out values[i]))
                throw input.Error(BadField(field, i, values.Length), number, IsNotFinite(field) ? "NotFinite" : "BadNumber");
            if (!float.IsFinite(values[i]))
                throw input.Error(FormattableString.Invariant($"number {i + 1} of {values.Length} is {Shown(field)}, beyond the range of a 32-bit float. Scale the vectors down"), number, "NotFinite");
            rest = rest[..blank];
        }

        int last = rest.LastIndexOf(Blank);
        if (last >= 0 && IsNumeric(rest[(last + 1)..]))
        {
            throw input.Error(FormattableString.Invariant(
                $"expected {values.Length} numbers after the word, found at least {values.Length + 1}. Every row has as many as the first says"), number, "BadRow");
        }

        return rest;
    }

    private static string TooFew(ReadOnlySpan<byte> line, int dimension)
    {
        if (line.Length == 0)
            return "expected a word and its numbers, found an empty line. Remove it";
        if (line.Contains((byte)'\t') && !line.Contains(Blank))
            return "expected fields separated by single blanks, found tabs. Replace them by blanks, or name the file .tsv if it holds vectors only";
        return FormattableString.Invariant($"expected a word and {dimension} numbers, found {TrailingNumbers(line)} after the word. The row is cut off, or the first line says another dimension");
    }

    private static string BadField(ReadOnlySpan<byte> field, int index, int dimension)
    {
        if (IsNotFinite(field))
            return FormattableString.Invariant($"number {index + 1} of {dimension} is {Shown(field)}. Only finite numbers have a direction: remove the row or repair the file");
        if (field.Length == 0)
            return FormattableString.Invariant($"expected number {index + 1} of {dimension}, found two blanks in a row. Numbers are separated by one");
        string hint = field.Contains((byte)',') ? ". Decimals have a point, not a comma" : ". The row is cut off or its word holds something unexpected";
        return FormattableString.Invariant($"expected a number in place {index + 1} of {dimension}, found \"{Shown(field)}\"{hint}");
    }

    /// <summary>True for a number, and for the words that C prints where there is none.</summary>
    private static bool IsNumeric(ReadOnlySpan<byte> field) => DecimalFloat.TryParse(field, out _) || IsNotFinite(field);

    private static bool IsNotFinite(ReadOnlySpan<byte> field)
    {
        if (field is [(byte)'-' or (byte)'+', ..])
            field = field[1..];
        if (field.Length is not (3 or 8))
            return false;
        Span<byte> lower = stackalloc byte[8];
        for (int i = 0; i < field.Length; i++)
            lower[i] = (byte)(field[i] | 0x20);
        ReadOnlySpan<byte> word = lower[..field.Length];
        return word.SequenceEqual("nan"u8) || word.SequenceEqual("inf"u8) || word.SequenceEqual("infinity"u8);
    }

    private static string Shown(ReadOnlySpan<byte> field) => RowStore.Shown(field);
}
