using Azimuth.Numerics;
using Azimuth.Tokenization.AddedTokens;
using Azimuth.Tokenization.Models;
using Azimuth.Tokenization.Normalizers;
using Azimuth.Tokenization.PreTokenizers;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization;

/// <summary>
/// Ids of texts that need nothing but added tokens, a split and byte-level BPE: there is nothing for the normalizer to do. Long texts are cut where every split begins a word
/// anyway, so the ids depend neither on the parts nor on the threads. Thread-safe.
/// </summary>
internal sealed class IdEncoder
{
    // A stretch's bytes stay in the processor's own cache between writing and reading them.
    private const int StretchLength = 1 << 16;
    private const int PartsAThread = 4;

    private readonly ByteBpe _bpe;
    private readonly bool _normalizes;
    private readonly AddedTokenMatcher[] _matchers;
    private readonly bool _matchesUnits;
    private readonly bool _cutsLines;

    private IdEncoder(ByteBpe bpe, bool normalizes, AddedTokenMatcher[] matchers)
    {
        (_bpe, _normalizes, _matchers) = (bpe, normalizes, matchers);
        string[] spellings = [.. matchers.SelectMany(matcher => matcher.Spellings)];
        _cutsLines = !matchers.Any(matcher => matcher.HasStripLeft) && !spellings.Any(spelling => spelling.Contains('\n'));

        // What stands beside a word, and a spelling, may take two units.
        _matchesUnits = !matchers.Any(matcher => matcher.HasSingleWords) && !spellings.Any(spelling => spelling.Any(char.IsSurrogate));
    }

    /// <summary>For these stages, or null where texts need more.</summary>
    /// <param name="normalizer">Nothing, or NFC.</param>
    /// <param name="bpe">Split and model, or null.</param>
    /// <param name="matchers">What finds added tokens, in turn.</param>
    public static IdEncoder? Find(INormalizer? normalizer, ByteBpe? bpe, AddedTokenMatcher[] matchers)
    {
        bool leavesText = normalizer is null or NormalizerSequence { IsEmpty: true };
        bool isNfc = normalizer is UnicodeForm { IsNfc: true };

        // U+FFFD is also what an unpaired surrogate is read as.
        if (bpe is null || !(leavesText || isNfc) || matchers.Any(matcher => matcher.Spellings.Any(spelling => spelling.Contains('\uFFFD'))))
            return null;
        return new IdEncoder(bpe, isNfc, matchers);
    }

    /// <summary>The text's ids between <paramref name="before"/> and <paramref name="after"/>, or null for a text that needs more.</summary>
    public int[]? Encode(string text, ReadOnlySpan<int> before, ReadOnlySpan<int> after, Workers? workers)
    {
        if ((_normalizes && UnicodeForm.ChangesNfc(text)) || Stretches(text) is not { } stretches)
            return null;
        int[] firsts = Parts(stretches, text.Length, workers?.ThreadCount ?? 1);
        IdList[] found = new IdList[firsts.Length - 1];
        Action<int> encode = part => found[part] = Part(text, stretches, firsts[part], firsts[part + 1]);
        if (workers is null || found.Length == 1)
        {
            for (int part = 0; part < found.Length; part++)
                encode(part);
        }
        else
        {
            workers.Run(found.Length, encode);
        }

        int[] ids = new int[checked((int)(before.Length + found.Sum(list => (long)list.Count) + after.Length))];
        before.CopyTo(ids);
        int at = before.Length;
        foreach (IdList list in found)
        {
            list.Ids.CopyTo(ids.AsSpan(at));
            at += list.Count;
            list.Dispose();
        }

        after.CopyTo(ids.AsSpan(at));
        return ids;
    }

    /// <summary>Whether the ids of a text that ends in a line end and those of what follows are, one after the other, those of the whole.</summary>
    public bool IsCut(ReadOnlySpan<char> before, ReadOnlySpan<char> behind)
        => _cutsLines && before is [.., _, '\n'] && behind.Length > 0 && ScannedPattern.IsCut([before[^2], '\n', behind[0]], 2);

    // Added tokens and the text between them, none of it much longer than need be; null when added tokens cannot be found here.
    private List<AddedTokenSpan>? Stretches(string text)
    {
        List<AddedTokenSpan> spans = [new(new TextRange(0, text.Length), null)];
        foreach (AddedTokenMatcher matcher in _matchers)
        {
            if (!matcher.IsIn(text))
                continue;
            if (!_matchesUnits)
                return null;
            spans = matcher.SplitFurther(text, spans);
        }

        List<AddedTokenSpan> stretches = new(spans.Count + (text.Length / StretchLength));
        foreach (AddedTokenSpan span in spans)
        {
            int start = span.Range.Start;
            while (span.Id is null && span.Range.End - start > StretchLength)
            {
                int end = ScannedPattern.NextCut(text.AsSpan(..span.Range.End), start + StretchLength);
                stretches.Add(new AddedTokenSpan(new TextRange(start, end), null));
                start = end;
            }

            if (start < span.Range.End)
                stretches.Add(span with { Range = new TextRange(start, span.Range.End) });
        }

        return stretches;
    }

    // The first stretch of each part that a thread takes, and the number of all.
    private static int[] Parts(List<AddedTokenSpan> stretches, int textLength, int threads)
    {
        List<int> firsts = [0];
        long length = threads == 1 ? textLength : Math.Max(StretchLength, textLength / (threads * PartsAThread));
        for (int at = 1; at < stretches.Count; at++)
        {
            if (stretches[at].Range.Start - stretches[firsts[^1]].Range.Start >= length)
                firsts.Add(at);
        }

        return [.. firsts, stretches.Count];
    }

    private IdList Part(string text, List<AddedTokenSpan> stretches, int first, int end)
    {
        IdList ids = new();
        using Utf8Padded bytes = new();
        for (int at = first; at < end; at++)
        {
            (TextRange range, int? id, _) = stretches[at];
            if (id is { } added)
            {
                ids.Add(added);
                continue;
            }

            bytes.Set(text.AsSpan(range.Start..range.End));
            _bpe.Encode(bytes, ids);
        }

        return ids;
    }
}
