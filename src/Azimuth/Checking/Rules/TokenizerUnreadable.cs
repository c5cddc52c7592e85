namespace Azimuth.Checking.Rules;

/// <summary>The tokenizer is refused, for a reason that no rule of its own names.</summary>
internal static class TokenizerUnreadable
{
    private static readonly string[] HaveTheirOwnRules = [DuplicateTokens.Rule.Code, MergesOutsideVocabulary.Rule.Code];

    public static CheckRule Rule { get; } = new("AZ003", "The tokenizer cannot be read", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Tokenizer.IsAbsent)
            return RuleVerdict.CannotRun("there is no tokenizer");
        if (subject.Tokenizer.Problem is not { } problem || subject.Findings.Any(f => HaveTheirOwnRules.Contains(f.Code)))
            return RuleVerdict.Nothing;
        bool unknown = subject.Tokenizer.Kind == "UnknownComponent";
        return Rule.Find(
            problem,
            unknown ? "Nothing need be wrong with it: this program does not know that kind, so rules that need the tokenizer have not run." : "Take the tokenizer's files again from where the model was published.",
            unknown ? Severity.Warning : Severity.Error, ("path", subject.Path), ("kind", subject.Tokenizer.Kind ?? ""));
    }
}
