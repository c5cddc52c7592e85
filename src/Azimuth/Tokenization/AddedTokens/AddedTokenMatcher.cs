using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.AddedTokens;

/// <summary>A stretch of a text: an added token, perhaps with the blanks beside it, or text between them.</summary>
internal readonly record struct AddedTokenSpan(TextRange Range, int? Id, bool TakesBlanks = false);

/// <summary>
/// Finds added tokens in a text, leftmost first, then longest, in one pass over a trie of code points. Immutable, thread-safe.
/// </summary>
internal sealed class AddedTokenMatcher
{
    private readonly Dictionary<(int Node, int Point), int> _children = [];
    private readonly List<AddedToken?> _accepts = [null];
    private readonly HashSet<int> _firstPoints = [];

    /// <summary>A matcher of tokens by the spelling to look for; empty spellings are left out.</summary>
    public AddedTokenMatcher(IEnumerable<(AddedToken Token, int[] Spelling)> tokens)
    {
        foreach ((AddedToken token, int[] spelling) in tokens)
        {
            if (spelling.Length == 0)
                continue;
            int node = 0;
            foreach (int point in spelling)
            {
                if (!_children.TryGetValue((node, point), out int child))
                {
                    child = _accepts.Count;
                    _accepts.Add(null);
                    _children.Add((node, point), child);
                }

                node = child;
            }

            _firstPoints.Add(spelling[0]);

            // Two tokens may look alike once normalised; the first one listed is found.
            _accepts[node] ??= token;
        }
    }

    /// <summary>Appends the stretches that cover <paramref name="text"/>, in order; nothing for an empty text.</summary>
    public void Split(ReadOnlySpan<int> text, List<AddedTokenSpan> spans)
    {
        int done = 0;
        for (int at = 0; at < text.Length;)
        {
            if (Longest(text, at, out int end) is not { } token)
            {
                at++;
                continue;
            }

            int start = at;
            at = end;
            if (token.SingleWord && (IsWord(text, start - 1) || IsWord(text, end)))
                continue;
            TextRange bare = new(start, end);
            if (token.StripLeft)
            {
                while (start > done && CodePoints.IsWhiteSpace(text[start - 1]))
                    start--;
            }

            if (token.StripRight)
                end = PreTokenizers.Runs.Blanks(text, end);
            if (start > done)
                spans.Add(new AddedTokenSpan(new TextRange(done, start), null));
            TextRange range = new(start, end);
            spans.Add(new AddedTokenSpan(range, token.Id, TakesBlanks: range != bare));
            done = end;
        }

        if (done < text.Length)
            spans.Add(new AddedTokenSpan(new TextRange(done, text.Length), null));
    }

    private AddedToken? Longest(ReadOnlySpan<int> text, int at, out int end)
    {
        end = at;
        if (!_firstPoints.Contains(text[at]))
            return null;
        AddedToken? longest = null;
        int node = 0;
        for (int next = at; next < text.Length && _children.TryGetValue((node, text[next]), out node);)
        {
            next++;
            if (_accepts[node] is { } token)
                (longest, end) = (token, next);
        }

        return longest;
    }

    private static bool IsWord(ReadOnlySpan<int> text, int at)
        => (uint)at < (uint)text.Length && CodePoints.IsWordCharacter(text[at]);
}
