using Azimuth.Tokenization.PostProcessors;

namespace Azimuth.Tokenization.Lengths;

/// <summary>The windows that truncation cuts one or two texts into (the rules of the tokenizers library).</summary>
internal static class Windows
{
    /// <summary>The windows of each text; the first ones make the encoding, the others overflow.</summary>
    /// <param name="texts">One text or two.</param>
    /// <param name="options">How they are cut.</param>
    /// <param name="added">How many tokens the post-processor adds.</param>
    /// <exception cref="ArgumentException">Options that these texts cannot be cut by.</exception>
    public static IReadOnlyList<IReadOnlyList<TextRange>> Of(IReadOnlyList<TokenSequence> texts, TruncationOptions options, int added)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxLength);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Stride);
        if (options.MaxLength < added)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"at most {options.MaxLength} tokens leave no room for the {added} that the tokenizer adds to every text; allow more."), nameof(options));
        }

        int room = options.MaxLength - added;
        int[] lengths = [.. texts.Select(text => text.Ids.Count)];
        int[] kept = room == 0 ? [.. lengths.Select(_ => 0)] : lengths.Sum() <= room ? lengths : Shares(lengths, room, options.Strategy);
        return [.. lengths.Select((length, at) => Cut(length, kept[at], options))];
    }

    private static int[] Shares(int[] lengths, int room, TruncationStrategy strategy)
    {
        if (strategy == TruncationStrategy.LongestFirst)
            return lengths.Length == 1 ? [room] : LongestFirst(lengths[0], lengths[1], room);
        int at = strategy == TruncationStrategy.OnlyFirst ? 0 : 1;
        if (at >= lengths.Length)
            throw new ArgumentException("only the second text may be cut, and there is none; give two texts, or cut the first.", nameof(strategy));
        int left = lengths[at] - (lengths.Sum() - room);
        if (left <= 0)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"the text that may be cut has {lengths[at]} tokens, too few to bring both below {room}; cut the longest first."), nameof(strategy));
        }

        int[] shares = [.. lengths];
        shares[at] = left;
        return shares;
    }

    // The shorter text keeps what it has as long as the longer one stays the longer; then they share, the longer one gets the odd token.
    private static int[] LongestFirst(int first, int second, int room)
    {
        bool isSwapped = first > second;
        int shorter = Math.Min(first, second);
        int longer = shorter > room ? shorter : Math.Max(shorter, room - shorter);
        if ((long)shorter + longer > room)
            (shorter, longer) = (room / 2, (room / 2) + (room % 2));
        return isSwapped ? [longer, shorter] : [shorter, longer];
    }

    private static List<TextRange> Cut(int length, int kept, TruncationOptions options)
    {
        if (kept >= length)
            return [new TextRange(0, length)];
        if (kept == 0)
            return [default, new TextRange(0, length)];
        if (options.Stride >= kept)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"a stride of {options.Stride} leaves windows of {kept} tokens nothing new; use a smaller stride or a larger length."), nameof(options));
        }

        int step = kept - options.Stride;
        List<TextRange> windows = [];
        if (options.Side == TextSide.Right)
        {
            for (int start = 0; windows.Count == 0 || windows[^1].End < length; start += step)
                windows.Add(new TextRange(start, Math.Min(length - start, kept) + start));
        }
        else
        {
            for (int end = length; windows.Count == 0 || windows[^1].Start > 0; end -= step)
                windows.Add(new TextRange(Math.Max(end - kept, 0), end));
        }

        return windows;
    }
}
