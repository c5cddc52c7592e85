namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>Turns a pattern's matches into pieces. Thread-safe.</summary>
/// <param name="pattern">Where it matches.</param>
/// <param name="behavior">What becomes of matches.</param>
/// <param name="invert">Treat what lies between matches as the matches.</param>
internal sealed class Splitter(ISplitPattern pattern, SplitBehavior behavior, bool invert) : IPreTokenizer
{
    /// <summary>The pattern whose matches are pieces as they stand, and at whose borders everything is cut (nothing lies between a scanner's matches); null for other kinds.</summary>
    public ISplitPattern? Pieces => (behavior, invert) is (SplitBehavior.Isolated, _) || (behavior == SplitBehavior.Removed && invert && pattern is ScannedPattern) ? pattern : null;

    public void Apply(Text.PieceList pieces)
    {
        List<TextRange> matches = [];
        List<(TextRange Range, bool IsMatch)> stretches = [];
        pieces.Cut((text, parts) =>
        {
            matches.Clear();
            stretches.Clear();
            pattern.FindMatches(text, matches);
            Cover(text.Length, matches, stretches);
            Join(stretches, parts);
        });
    }

    // The whole text as matches and what lies between them. An empty match cuts without being a piece.
    private void Cover(int length, List<TextRange> matches, List<(TextRange Range, bool IsMatch)> stretches)
    {
        int at = 0;
        foreach (TextRange match in matches)
        {
            if (match.Start > at)
                stretches.Add((new TextRange(at, match.Start), invert));
            stretches.Add((match, !invert));
            at = match.End;
        }

        if (at < length)
            stretches.Add((new TextRange(at, length), invert));
    }

    private void Join(List<(TextRange Range, bool IsMatch)> stretches, List<TextRange> parts)
    {
        switch (behavior)
        {
            case SplitBehavior.Removed:
                foreach ((TextRange range, bool isMatch) in stretches)
                {
                    if (!isMatch)
                        parts.Add(range);
                }

                break;
            case SplitBehavior.Isolated:
                foreach ((TextRange range, _) in stretches)
                    parts.Add(range);
                break;
            case SplitBehavior.Contiguous:
                JoinWhere(stretches, parts, (before, now) => before == now);
                break;
            case SplitBehavior.MergedWithPrevious:
                JoinWhere(stretches, parts, (before, now) => now && !before);
                break;
            default:
                // Seen from the right, "with the next" is "with the previous".
                JoinWhere(stretches, parts, (before, now) => before && !now);
                break;
        }
    }

    private static void JoinWhere(List<(TextRange Range, bool IsMatch)> stretches, List<TextRange> parts, Func<bool, bool, bool> joins)
    {
        for (int at = 0; at < stretches.Count; at++)
        {
            (TextRange range, bool isMatch) = stretches[at];
            if (at > 0 && joins(stretches[at - 1].IsMatch, isMatch))
                parts[^1] = new TextRange(parts[^1].Start, range.End);
            else
                parts.Add(range);
        }
    }
}
