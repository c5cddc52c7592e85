using System.Globalization;

namespace Azimuth.Checking.Rules;

/// <summary>A table of whole numbers: token ids taken for vectors. Distances between ids mean nothing.</summary>
internal static class NumbersNotVectors
{
    /// <summary>Quantised rows and one-hot rows stay below; ids of a vocabulary do not.</summary>
    private const double LargestCode = 255;

    public static CheckRule Rule { get; } = new("AZ905", "Token ids taken for vectors", Severity.Warning, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (!subject.IsTable)
            return RuleVerdict.CannotRun("only a file of vectors can be a file of ids");
        if (subject.Input.Value is not { } table || table.Count < 2)
            return RuleVerdict.CannotRun("there are no rows to look at");
        int columns = table.Matrix.Columns;
        var row = new float[columns];
        bool[] counts = [.. Enumerable.Repeat(true, columns)];
        float largest = 0, first = 0;
        for (int id = 0; id < table.Count; id++)
        {
            table.Matrix.ReadRow(id, row);
            if (id == 0)
                first = row[0];
            if (row.Any(v => !(v >= 0) || v != MathF.Truncate(v)))
                return RuleVerdict.Nothing;
            largest = Math.Max(largest, row.Max());
            for (int c = 0; c < columns; c++)
                counts[c] &= row[c] == first + id;
        }

        int counting = Array.IndexOf(counts, true);
        if (counting < 0 && largest <= LargestCode)
            return RuleVerdict.Nothing;
        return Rule.Find(
            $"All {Words.Many((long)table.Count * columns, "value")} are whole numbers up to {Words.Count((long)largest)}{(counting < 0 ? "" : $", and column {counting.ToString(CultureInfo.InvariantCulture)} counts the rows")}: these are token ids, not vectors. "
                + "That 7 is nearer to 8 than to 900 says nothing of their tokens.",
            "Look the ids up in an embedding table first (azimuth lookup), and compare the rows.",
            evidence: [("rows", table.Count), ("columns", columns), ("largest", largest), ("countingColumn", counting)]);
    }
}
