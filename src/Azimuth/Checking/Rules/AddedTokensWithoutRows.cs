namespace Azimuth.Checking.Rules;

/// <summary>Tokens added to the tokenizer while the table stayed as it was.</summary>
internal static class AddedTokensWithoutRows
{
    public static CheckRule Rule { get; } = new("AZ103", "Added tokens without rows", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Tokenizer.Value is not { } tokenizer)
            return RuleVerdict.CannotRun(subject.Tokenizer.Reason("tokenizer"));
        if (subject.Input.Value is not { } table)
            return RuleVerdict.CannotRun(subject.Input.Reason("token table"));
        int[] beyond = [.. tokenizer.Parts.AddedTokens.Select(t => t.Id).Where(id => id >= table.Count).Order()];
        return beyond.Length == 0 ? RuleVerdict.Nothing : Rule.Find(
            $"{Words.Many(beyond.Length, "token")} {Words.Are(beyond.Length)} added to the tokenizer beyond the {Words.Count(table.Count)} rows of {table.Tensor}: {Words.Few([.. beyond.Select(id => Words.Token(subject, id))])}.",
            "The vocabulary was changed without the rows: resize the table (and train the new rows), or take the tokens out of the tokenizer.",
            evidence: [("tokens", Words.Tokens(subject, beyond)), ("added", beyond.Length), ("rows", table.Count), ("tensor", table.Tensor), ("tokenizer", tokenizer.Source)]);
    }
}
