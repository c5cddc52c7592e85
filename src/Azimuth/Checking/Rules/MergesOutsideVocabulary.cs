using Azimuth.Tokenization;

namespace Azimuth.Checking.Rules;

/// <summary>Merges whose parts or whose result are no tokens: vocabulary and merges are not of one tokenizer.</summary>
internal static class MergesOutsideVocabulary
{
    public static CheckRule Rule { get; } = new("AZ402", "Merges name tokens that are not in the vocabulary", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Raw.Value is not { } raw)
            return RuleVerdict.CannotRun(subject.Raw.Reason("vocabulary"));
        if (raw.Merges.Count == 0)
            return RuleVerdict.CannotRun("the tokenizer has no list of merges");
        HashSet<string> tokens = [.. raw.Tokens.Select(t => t.Text)];
        var missing = new List<(int Rank, RawMerge Merge, string Token)>();
        for (int rank = 0; rank < raw.Merges.Count; rank++)
        {
            RawMerge merge = raw.Merges[rank];
            string tail = raw.ContinuingPrefix.Length > 0 && merge.Right.StartsWith(raw.ContinuingPrefix, StringComparison.Ordinal) ? merge.Right[raw.ContinuingPrefix.Length..] : merge.Right;
            if (new[] { merge.Left, merge.Right, merge.Left + tail }.FirstOrDefault(t => !tokens.Contains(t)) is { } absent)
                missing.Add((rank, merge, absent));
        }

        if (missing.Count == 0)
            return RuleVerdict.Nothing;
        var (first, merged, token) = missing[0];
        return Rule.Find(
            $"{Words.Count(missing.Count)} of {Words.Many(raw.Merges.Count, "merge")} cannot fire: merge {first} joins \"{VisibleText.Show(merged.Left)}\" and \"{VisibleText.Show(merged.Right)}\", but \"{VisibleText.Show(token)}\" is not in the vocabulary.",
            "Vocabulary and merges do not belong together: take both from where the model was published.",
            evidence:
            [
                ("merges", missing.Take(Words.Shown).Select(m => new { m.Rank, m.Merge.Left, m.Merge.Right, Missing = m.Token }).ToArray()),
                ("cannotFire", missing.Count), ("mergeCount", raw.Merges.Count), ("file", raw.Source),
            ]);
    }
}
