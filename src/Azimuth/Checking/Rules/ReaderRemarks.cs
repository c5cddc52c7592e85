namespace Azimuth.Checking.Rules;

/// <summary>What readers of the files remark although they can read them.</summary>
internal static class ReaderRemarks
{
    public static CheckRule Rule { get; } = new("AZ007", "Remarks on the files", Severity.Note, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        string[] remarks = [.. subject.Location.Value?.Warnings ?? [], .. subject.Weights.Value?.Warnings ?? [], .. subject.Table.Value?.Warnings ?? []];
        return remarks.Length == 0 ? RuleVerdict.Nothing : Rule.Find(
            string.Join(". ", remarks.Take(Words.Shown).Select(r => r.TrimEnd('.'))) + ".", "Look whether that was meant.", evidence: [("remarks", remarks.Take(Words.Shown).ToArray())]);
    }
}
