using System.Globalization;
using Azimuth.Tokenization;

namespace Azimuth.Checking.Rules;

/// <summary>A text with two ids, or an id with two texts: which one counts depends on who reads the file.</summary>
internal static class DuplicateTokens
{
    public static CheckRule Rule { get; } = new("AZ401", "A token or an id comes twice in the vocabulary", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Raw.Value is not { } raw)
            return RuleVerdict.CannotRun(subject.Raw.Reason("vocabulary"));
        // Added tokens are usually in the vocabulary as well, with the same id: that is one token.
        (string Text, long Id)[] entries = [.. raw.Tokens.Select(t => (t.Text, t.Id)).Concat(raw.Added.Select(t => (t.Text, t.Id)).Distinct().Except(raw.Tokens.Select(t => (t.Text, t.Id))))];
        string[] texts = [.. Twice(entries, e => e.Text).Select(g => $"\"{VisibleText.Show(g.Key)}\" has ids {string.Join(" and ", g.Select(e => e.Id.ToString(CultureInfo.InvariantCulture)))}")];
        string[] ids = [.. Twice(entries, e => e.Id).Select(g => $"id {g.Key.ToString(CultureInfo.InvariantCulture)} is {string.Join(" and ", g.Select(e => $"\"{VisibleText.Show(e.Text)}\""))}")];
        if (texts.Length + ids.Length == 0)
            return RuleVerdict.Nothing;
        return Rule.Find(
            $"{Words.Few([.. texts, .. ids])}: {Words.Many(texts.Length, "text")} and {Words.Many(ids.Length, "id")} come more than once.",
            "Take the tokenizer's files again from where the model was published; one written by hand needs one id for each token.",
            evidence: [("texts", texts.Take(Words.Shown).ToArray()), ("ids", ids.Take(Words.Shown).ToArray()), ("file", raw.Source)]);
    }

    private static IEnumerable<IGrouping<TKey, (string Text, long Id)>> Twice<TKey>(IEnumerable<(string Text, long Id)> entries, Func<(string Text, long Id), TKey> key) =>
        entries.GroupBy(key).Where(g => g.Skip(1).Any());
}
