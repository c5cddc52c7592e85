using Azimuth.Tokenization;

namespace Azimuth.Checking.Rules;

/// <summary>Markers of the chat template that are no tokens: they would be spelled out letter by letter.</summary>
internal static class TemplateTokens
{
    public static CheckRule Rule { get; } = new("AZ603", "The chat template uses markers that are no tokens", Severity.Warning, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Tokenizer.Value is not { } tokenizer)
            return RuleVerdict.CannotRun(subject.Tokenizer.Reason("tokenizer"));
        if (ChatTemplates.Of(subject).Count == 0)
            return RuleVerdict.CannotRun("there is no chat template");
        string[] missing = [.. ChatTemplates.Markers(subject).Where(m => tokenizer.EncodeIds(m, addSpecialTokens: false) is not [_])];
        return missing.Length == 0 ? RuleVerdict.Nothing : Rule.Find(
            $"{Words.Many(missing.Length, "marker")} of the chat template {Words.Are(missing.Length)} not in the vocabulary: {Words.Few([.. missing.Select(m => VisibleText.Show(m))])}.",
            "The template is another model's, or tokens were not added: use the tokenizer files that were published with this checkpoint.",
            evidence: [("missing", missing.Take(Words.Shown).Select(m => new { Marker = m, Tokens = tokenizer.EncodeIds(m, addSpecialTokens: false).Length }).ToArray()), ("tokenizer", tokenizer.Source)]);
    }
}
