using System.Globalization;
using Azimuth.Transformers;

namespace Azimuth.Checking.Rules;

/// <summary>Positions with one and the same row, or with a row of zeros: the model cannot tell them apart.</summary>
internal static class PositionRows
{
    public static CheckRule Rule { get; } = new("AZ505", "Positions that share a row", Severity.Warning, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Read.Value is not { } read)
            return RuleVerdict.CannotRun(subject.Read.Reason("configuration"));
        if (read.Config.Embedding.Positions is not { Kind: PositionTableKind.Learned } positions)
            return RuleVerdict.CannotRun("the model has no table of positions");
        if (TableFinder.Open(subject, TableFinder.PositionTensor(subject)) is not { } found)
            return RuleVerdict.CannotRun("the table of positions cannot be read");
        TableRows table = TableRows.Scan(found, subject);
        // Rows before the first position are for padding.
        int[] zeros = [.. table.ZeroRows.Where(r => r >= positions.Offset)];
        int[] same = [.. table.Duplicates.Select(g => g.Where(r => r >= positions.Offset).ToArray()).Where(g => g.Length > 1).SelectMany(g => g).Order()];
        if (zeros.Length + same.Length == 0)
            return RuleVerdict.Nothing;
        return Rule.Find(
            $"Of {Words.Many(table.Count - positions.Offset, "position")} in {table.Tensor}, {Words.Count(zeros.Length)} {Words.Have(zeros.Length)} a row of zeros and {Words.Count(same.Length)} share a row with another"
                + (zeros.Length > 0 ? $"; the first row of zeros is {zeros[0].ToString(CultureInfo.InvariantCulture)}." : $"; the first of them is row {same[0].ToString(CultureInfo.InvariantCulture)}."),
            "Positions added to a table need training; use no more of the context than was trained.",
            evidence: [("zeroRows", zeros.Take(Words.Shown).ToArray()), ("zeroRowCount", zeros.Length), ("sharedRows", same.Take(Words.Shown).ToArray()), ("sharedRowCount", same.Length), ("tensor", table.Tensor)]);
    }
}
