namespace Azimuth.Tokenization.Text;

/// <summary>
/// A text and the pieces it is cut into so far: what a chain of pre-tokenizers hands on. Pieces lie in order, do not overlap, and are never empty;
/// what lies between them was removed.
/// </summary>
internal sealed class PieceList(AlignedText text)
{
    private List<TextRange> _pieces = text.Count == 0 ? [] : [new TextRange(0, text.Count)];
    private List<TextRange> _next = [];

    /// <summary>The text the pieces lie in.</summary>
    public AlignedText Text { get; private set; } = text;

    /// <summary>The pieces, in code points of <see cref="Text"/>.</summary>
    public IReadOnlyList<TextRange> Pieces => _pieces;

    /// <summary>Cuts each piece: <paramref name="cut"/> gets its code points and adds ranges within it; empty ranges are dropped.</summary>
    public void Cut(PieceCutter cut)
    {
        _next.Clear();
        foreach (TextRange piece in _pieces)
        {
            int first = _next.Count;
            cut(Text.Points[piece.Start..piece.End], _next);
            int kept = first;
            for (int at = first; at < _next.Count; at++)
            {
                TextRange part = _next[at];
                if (part.Length > 0)
                    _next[kept++] = new TextRange(part.Start + piece.Start, part.End + piece.Start);
            }

            _next.RemoveRange(kept, _next.Count - kept);
        }

        (_pieces, _next) = (_next, _pieces);
    }

    /// <summary>Rewrites each piece: <paramref name="rewrite"/> appends the piece's new form to the new text.</summary>
    public void Rewrite(PieceRewriter rewrite)
    {
        AlignedText renewed = new(Text, Text.Count + (Text.Count / 4));
        _next.Clear();
        foreach (TextRange piece in _pieces)
        {
            int start = renewed.Count;
            rewrite(Text, piece, renewed);
            if (renewed.Count > start)
                _next.Add(new TextRange(start, renewed.Count));
        }

        Text = renewed;
        (_pieces, _next) = (_next, _pieces);
    }
}

/// <summary>Adds to <paramref name="parts"/> the ranges a piece is cut into, relative to the piece.</summary>
internal delegate void PieceCutter(ReadOnlySpan<int> piece, List<TextRange> parts);

/// <summary>Appends the new form of <paramref name="piece"/> of <paramref name="text"/> to <paramref name="renewed"/>.</summary>
internal delegate void PieceRewriter(AlignedText text, TextRange piece, AlignedText renewed);
