namespace Azimuth.Checking.Rules;

/// <summary>Ids between others that no token has.</summary>
internal static class IdsWithoutToken
{
    public static CheckRule Rule { get; } = new("AZ404", "Ids that no token has", Severity.Note, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Tokenizer.Value is not { } tokenizer)
            return RuleVerdict.CannotRun(subject.Tokenizer.Reason("tokenizer"));
        int[] gaps = [.. Enumerable.Range(0, tokenizer.VocabSize).Where(id => tokenizer.Token(id) is null)];
        return gaps.Length == 0 ? RuleVerdict.Nothing : Rule.Find(
            $"{Words.Many(gaps.Length, "id")} below {Words.Count(tokenizer.VocabSize)} {Words.Have(gaps.Length)} no token: {Words.Ids(gaps)}.",
            "Nothing need be done where they are kept for tokens to come; leave those ids out when sampling.",
            evidence: [("ids", gaps.Take(Words.Shown).ToArray()), ("idCount", gaps.Length), ("tokenizerIds", tokenizer.VocabSize), ("tokenizer", tokenizer.Source)]);
    }
}
