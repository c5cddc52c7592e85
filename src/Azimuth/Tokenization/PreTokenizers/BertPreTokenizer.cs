namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>"BertPreTokenizer": words between blanks, and each punctuation mark by itself.</summary>
internal static class BertPreTokenizer
{
    public static IPreTokenizer Create() => new PreTokenizerSequence(
        [new Splitter(CharacterPattern.WhiteSpace, SplitBehavior.Removed, invert: false), new Splitter(CharacterPattern.Punctuation, SplitBehavior.Isolated, invert: false)]);
}
