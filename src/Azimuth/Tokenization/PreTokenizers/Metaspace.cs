using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>Where <see cref="Metaspace"/> puts a mark that is not in the text.</summary>
internal enum PrependScheme
{
    /// <summary>In front of the stretch that begins the text.</summary>
    First,

    /// <summary>Nowhere.</summary>
    Never,

    /// <summary>In front of every stretch between added tokens.</summary>
    Always,
}

/// <summary>
/// "Metaspace": spaces become the mark ▁ (SentencePiece, Kudo and Richardson 2018), one is put in front where the scheme says and none is there, and
/// pieces optionally begin at each mark.
/// </summary>
internal sealed class Metaspace(int mark, PrependScheme prepend, bool split) : IPreTokenizer
{
    private readonly Splitter? _split =
        split ? new Splitter(new LiteralPattern(char.ConvertFromUtf32(mark)), SplitBehavior.MergedWithNext, invert: false) : null;

    public void Apply(PieceList pieces)
    {
        pieces.Rewrite(Mark);
        _split?.Apply(pieces);
    }

    private void Mark(AlignedText text, TextRange piece, AlignedText renewed)
    {
        int first = text.Points[piece.Start];
        bool begins = prepend == PrependScheme.Always || (prepend == PrependScheme.First && text.Origins[piece.Start].Start == 0);
        if (begins && first != ' ' && first != mark)
            renewed.Add(mark, text.Origins[piece.Start]);
        for (int at = piece.Start; at < piece.End; at++)
            renewed.Add(text.Points[at] == ' ' ? mark : text.Points[at], text.Origins[at]);
    }
}
