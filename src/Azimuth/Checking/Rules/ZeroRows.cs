namespace Azimuth.Checking.Rules;

/// <summary>Rows of zeros: no direction, no neighbours, and as an output row a logit that never changes.</summary>
internal static class ZeroRows
{
    public static CheckRule Rule { get; } = new("AZ105", "Rows of zeros", Severity.Warning, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Input.Value is not { } table)
            return RuleVerdict.CannotRun(subject.Input.Reason("token table"));
        // Libraries hold the padding token's row at zero on purpose (padding_idx), and rows without a token are often left so.
        HashSet<long> padding = [.. SpecialIds.Of(subject).Where(s => s.Role == "pad").Select(s => s.Id)];
        if (subject.Tokenizer.Value?.PadId is { } pad)
            padding.Add(pad);
        int[] zeros = [.. table.ZeroRows.Where(id => subject.HasToken(id) && !padding.Contains(id))];
        return zeros.Length == 0 ? RuleVerdict.Nothing : Rule.Find(
            $"{Words.Many(zeros.Length, "row")} of {table.Tensor} {Words.Are(zeros.Length)} zero in every value: {Words.Few([.. zeros.Select(id => Words.Token(subject, id))])}.",
            "The model reads nothing from these tokens. Initialise the rows (azimuth resize does) and train them, or take the tokens out of the vocabulary.",
            evidence: [("rows", zeros.Length), ("tokens", Words.Tokens(subject, zeros)), ("tensor", table.Tensor)]);
    }
}
