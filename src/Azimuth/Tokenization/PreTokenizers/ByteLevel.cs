using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>
/// "ByteLevel": optionally a space in front, optionally GPT-2's split, then every character's UTF-8 bytes in the byte alphabet; each keeps the whole
/// character as its origin.
/// </summary>
/// <param name="addPrefixSpace">A piece that does not begin with a space gets one, which shares the first character's origin.</param>
/// <param name="useRegex">Cut by <see cref="Gpt2Pattern"/>.</param>
internal sealed class ByteLevel(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    private readonly Splitter? _split = useRegex ? new Splitter(new Gpt2Pattern(), SplitBehavior.Isolated, invert: false) : null;

    /// <summary>Whether a piece gets a space in front.</summary>
    public bool AddsPrefixSpace => addPrefixSpace;

    /// <summary>What it cuts by, or null when it does not.</summary>
    public ScannedPattern? Pattern => _split?.Pieces as ScannedPattern;

    public void Apply(PieceList pieces)
    {
        if (addPrefixSpace)
            pieces.Rewrite(AddSpace);
        _split?.Apply(pieces);
        pieces.Rewrite(ByteAlphabet.Spell);
    }

    private static void AddSpace(AlignedText text, TextRange piece, AlignedText renewed)
    {
        ReadOnlySpan<int> points = text.Points;
        if (points[piece.Start] != ' ')
            renewed.Add(' ', text.Origins[piece.Start]);
        for (int at = piece.Start; at < piece.End; at++)
            renewed.Add(points[at], text.Origins[at]);
    }
}
