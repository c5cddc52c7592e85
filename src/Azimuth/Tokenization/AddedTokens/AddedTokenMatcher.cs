using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.AddedTokens;

/// <summary>A stretch of a text: an added token, perhaps with the blanks beside it, or text between them.</summary>
internal readonly record struct AddedTokenSpan(TextRange Range, int? Id, bool TakesBlanks = false);

/// <summary>
/// Finds added tokens in a text, leftmost first, then longest, in one pass over a trie of code points. Immutable, thread-safe.
/// </summary>
internal sealed class AddedTokenMatcher
{
    private readonly PointTrie _spellings = new();
    private readonly List<AddedToken> _tokens = [];
    private readonly List<string> _texts = [];
    private readonly Lazy<SearchValues<string>> _search;

    /// <summary>A matcher of tokens by the spelling to look for; empty spellings are left out. Where two look alike once normalised, the first one listed is found.</summary>
    public AddedTokenMatcher(IEnumerable<(AddedToken Token, int[] Spelling)> tokens)
    {
        foreach ((AddedToken token, int[] spelling) in tokens)
        {
            if (!_spellings.TryAdd(spelling, _tokens.Count))
                continue;
            _tokens.Add(token);
            _texts.Add(CodePoints.Text(spelling));
        }

        _search = new Lazy<SearchValues<string>>(() => SearchValues.Create([.. _texts], StringComparison.Ordinal));
    }

    /// <summary>What is looked for.</summary>
    public IReadOnlyList<string> Spellings => _texts;

    /// <summary>Whether a token counts only where it stands alone.</summary>
    public bool HasSingleWords => _tokens.Any(token => token.SingleWord);

    /// <summary>Whether a token takes what stands in front of it.</summary>
    public bool HasStripLeft => _tokens.Any(token => token.StripLeft);

    /// <summary>Whether one of the spellings is in a text.</summary>
    public bool IsIn(ReadOnlySpan<char> text) => text.ContainsAny(_search.Value);

    /// <summary>Appends the stretches that cover <paramref name="text"/>, in order; nothing for an empty text.</summary>
    /// <typeparam name="T">Code points, or the units of UTF-16 where no spelling has a surrogate and no token is a single word.</typeparam>
    public void Split<T>(ReadOnlySpan<T> text, List<AddedTokenSpan> spans) where T : unmanaged, IBinaryInteger<T>
    {
        int done = 0;
        for (int at = Next(text, 0); at < text.Length; at = Next(text, at))
        {
            int number = _spellings.Longest(text[at..], out int length);
            if (number == PointTrie.None)
            {
                at++;
                continue;
            }

            AddedToken token = _tokens[number];
            int start = at, end = at + length;
            at = end;
            if (token.SingleWord && (IsWord(text, start - 1) || IsWord(text, end)))
                continue;
            TextRange bare = new(start, end);
            if (token.StripLeft)
            {
                while (start > done && CodePoints.IsWhiteSpace(int.CreateTruncating(text[start - 1])))
                    start--;
            }

            if (token.StripRight)
            {
                while (end < text.Length && CodePoints.IsWhiteSpace(int.CreateTruncating(text[end])))
                    end++;
            }

            if (start > done)
                spans.Add(new AddedTokenSpan(new TextRange(done, start), null));
            TextRange range = new(start, end);
            spans.Add(new AddedTokenSpan(range, token.Id, TakesBlanks: range != bare));
            done = end;
        }

        if (done < text.Length)
            spans.Add(new AddedTokenSpan(new TextRange(done, text.Length), null));
    }

    /// <summary>Splits what is text among the stretches of <paramref name="text"/>.</summary>
    public List<AddedTokenSpan> SplitFurther(ReadOnlySpan<char> text, List<AddedTokenSpan> spans)
    {
        List<AddedTokenSpan> result = [], found = [];
        foreach (AddedTokenSpan span in spans)
        {
            if (span.Id is not null)
            {
                result.Add(span);
                continue;
            }

            found.Clear();
            Split(text[span.Range.Start..span.Range.End], found);
            foreach (AddedTokenSpan part in found)
                result.Add(part with { Range = new TextRange(span.Range.Start + part.Range.Start, span.Range.Start + part.Range.End) });
        }

        return result;
    }

    // The first place from there on where a spelling may begin: units are searched many at a time.
    private int Next<T>(ReadOnlySpan<T> text, int at) where T : unmanaged, IBinaryInteger<T>
    {
        if (typeof(T) != typeof(char))
            return at;
        int found = MemoryMarshal.Cast<T, char>(text[at..]).IndexOfAny(_search.Value);
        return found < 0 ? text.Length : at + found;
    }

    private static bool IsWord<T>(ReadOnlySpan<T> text, int at) where T : unmanaged, IBinaryInteger<T>
        => (uint)at < (uint)text.Length && CodePoints.IsWordCharacter(int.CreateTruncating(text[at]));
}
