namespace Azimuth.Checking.Rules;

/// <summary>Rows with NaN or infinity: one of them makes every result NaN.</summary>
internal static class NonFiniteRows
{
    public static CheckRule Rule { get; } = new("AZ106", "Rows that are not numbers", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Input.Value is not { } table)
            return RuleVerdict.CannotRun(subject.Input.Reason("token table"));
        int[] rows = [.. table.NonFiniteRows];
        return rows.Length == 0 ? RuleVerdict.Nothing : Rule.Find(
            $"{Words.Many(rows.Length, "row")} of {table.Tensor} {Words.Have(rows.Length)} NaN or infinite values: {Words.Few([.. rows.Select(id => Words.Token(subject, id))])}.",
            "The training diverged or the file is damaged: use another checkpoint, or download it again.",
            evidence: [("rows", rows.Length), ("tokens", Words.Tokens(subject, rows)), ("tensor", table.Tensor)]);
    }
}
