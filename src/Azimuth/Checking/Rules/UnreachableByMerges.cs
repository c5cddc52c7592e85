using System.Globalization;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Models;
using Azimuth.Tokenization.Text;

namespace Azimuth.Checking.Rules;

/// <summary>
/// Tokens that no merge ever makes. A symbol is made in a longer word only by the merges that make it out of its own characters alone: whether those do
/// is asked of the tokenizer's own merging, token by token. Merges that are beside the point because another one makes the same token are not counted.
/// </summary>
internal static class UnreachableByMerges
{
    public static CheckRule Rule { get; } = new("AZ403", "Tokens that no merge makes", Severity.Warning, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Tokenizer.Value is not { } tokenizer)
            return RuleVerdict.CannotRun(subject.Tokenizer.Reason("tokenizer"));
        if (tokenizer.Parts.Model is not BpeModel model)
            return RuleVerdict.CannotRun("the tokenizer does not merge");
        if (model.Options.IgnoreMerges)
            return RuleVerdict.CannotRun("the tokenizer takes a word that is a token as it is, whatever its merges say");
        if (model.Options.ContinuingPrefix is not null || model.Options.EndSuffix is not null)
            return RuleVerdict.CannotRun("tokens with prefixes or suffixes are not followed");
        HashSet<int> outside = [.. tokenizer.Parts.AddedTokens.Select(t => t.Id), .. tokenizer.Parts.Markers, .. tokenizer.Parts.UnusedIds];
        int[] unreachable = [.. Enumerable.Range(0, model.Vocabulary.Size).Where(id => !outside.Contains(id) && id != model.UnknownId && !IsMade(model, id))];
        if (unreachable.Length == 0)
            return RuleVerdict.Nothing;
        return Rule.Find(
            $"{Words.Many(unreachable.Length, "token")} of the vocabulary cannot come out of any text, since no merge makes {(unreachable.Length == 1 ? "it" : "them")}: {Why(subject, model, unreachable[0])}.",
            "Look whether merges were lost or reordered when the tokenizer was edited; their rows are never read and never trained.",
            evidence: [("tokens", Words.Tokens(subject, unreachable)), ("unreachable", unreachable.Length), ("reason", Why(subject, model, unreachable[0])), ("file", tokenizer.Source)]);
    }

    private static bool IsMade(BpeModel model, int id)
    {
        if (model.Vocabulary.Token(id) is not { Length: > 0 } text || IsByte(model, text))
            return true;
        int[] characters = CodePoints.Of(text);
        return characters.Length == 1 || Merged(model, characters) is [var only] && only.Id == id;
    }

    /// <summary>&lt;0x41&gt; stands for a byte that no other token has.</summary>
    private static bool IsByte(BpeModel model, string text) =>
        model.Options.ByteFallback && text is ['<', '0', 'x', _, _, '>'] && byte.TryParse(text.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out _);

    private static List<ModelToken> Merged(BpeModel model, int[] characters)
    {
        var tokens = new List<ModelToken>();
        model.Tokenize(characters, tokens);
        return tokens;
    }

    private static string Why(CheckSubject subject, BpeModel model, int id)
    {
        string text = model.Vocabulary.Token(id)!;
        string made = string.Join(" + ", Merged(model, CodePoints.Of(text)).Select(t => $"\"{VisibleText.Show(model.Vocabulary.Token(t.Id) ?? "?")}\""));
        int rank = subject.Raw.Value?.Merges.ToList().FindIndex(m => m.Left + m.Right == text) ?? -1;
        string merge = rank < 0 ? "no merge makes it"
            : subject.Raw.Value!.Merges[rank] is var m ? $"merge {rank.ToString(CultureInfo.InvariantCulture)} (\"{VisibleText.Show(m.Left)}\" and \"{VisibleText.Show(m.Right)}\") never finds its parts" : "";
        return $"{Words.Token(subject, id)} is read as {made}; {merge}";
    }
}
