namespace Azimuth.Tokenization.Text;

/// <summary>
/// Writes the normalised form of a text, code point by code point, with the alignment the tokenizers library gives it: a code point either takes the place of the
/// next ones of the source, and has the origin of the first, or is put in, and shares the origin of the one before.
/// </summary>
internal sealed class TextRewriter(AlignedText source)
{
    private int _read;

    /// <summary>What is written so far.</summary>
    public AlignedText Result { get; } = new(source, source.Count);

    /// <summary>A code point in place of the next one of the source and of <paramref name="alsoRemoved"/> behind it.</summary>
    public void Replace(int point, int alsoRemoved = 0)
    {
        Result.Add(point, source.Origins[_read]);
        _read += 1 + alsoRemoved;
    }

    /// <summary>A code point that is not in the source; at the very beginning it comes from the empty stretch before it.</summary>
    public void Insert(int point) => Result.Add(point, _read > 0 ? source.Origins[_read - 1] : new TextRange(source.Origins[0].Start, source.Origins[0].Start));
}
