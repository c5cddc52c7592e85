using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Checking.Rules;

/// <summary>
/// Rows of different tokens with the same bits: the model cannot tell those tokens apart. Tokens never met in training drift to one place and, stored in few
/// bits, to one row: that is how sound models are, and <see cref="NearlyEqualRows"/> tells of it. In quantised tables equal bits prove no more than that.
/// </summary>
internal static class DuplicateRows
{
    public static CheckRule Rule { get; } = new("AZ104", "Tokens share a row", Severity.Warning, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Input.Value is not { } table)
            return RuleVerdict.CannotRun(subject.Input.Reason("token table"));
        if (table.Matrix.Type.BlockLength() > 1)
            return RuleVerdict.CannotRun($"in {table.Matrix.Type} nearly equal rows become equal by rounding; advice lists them");
        // Padding rows are often copies of one another, which harms nobody.
        int[][] groups = [.. table.Duplicates.Select(group => group.Where(id => subject.HasToken(id) && !(subject.Untrained?.IsUnused(id) ?? false)).ToArray()).Where(group => group.Length > 1)];
        if (groups.Length == 0)
            return RuleVerdict.Nothing;
        int rows = groups.Sum(g => g.Length);
        return Rule.Find(
            $"{Words.Many(rows, "row")} of {table.Tensor} hold the same values as another token's, in {Words.Many(groups.Length, "group")}: {Words.Few([.. groups[0].Select(id => Words.Token(subject, id))])}.",
            "The model cannot tell these tokens apart. Look whether rows were copied when the vocabulary was extended and not trained since.",
            evidence:
            [
                ("rows", rows), ("groups", groups.Length), ("tensor", table.Tensor), ("storedType", table.Matrix.Type.ToString()),
                ("first", groups.Take(Words.Shown).Select(g => (IReadOnlyList<TokenRef>)Words.Tokens(subject, g)).ToArray()),
            ]);
    }
}
