namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>Finds where a pattern matches, over code points. Thread-safe.</summary>
internal interface ISplitPattern
{
    /// <summary>Appends the matches in <paramref name="text"/>, in order, without overlap; a match may be empty.</summary>
    void FindMatches(ReadOnlySpan<int> text, List<TextRange> matches);
}
