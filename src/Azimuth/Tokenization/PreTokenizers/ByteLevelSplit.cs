namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>Recognises pre-tokenizers that cut a text by a scanner and go over to the byte alphabet, and do nothing else.</summary>
internal static class ByteLevelSplit
{
    /// <summary>The scanner, or null.</summary>
    public static ScannedPattern? Find(IPreTokenizer preTokenizer) => preTokenizer switch
    {
        ByteLevel { AddsPrefixSpace: false, Pattern: { } pattern } => pattern,
        PreTokenizerSequence { Parts: [{ } only] } => Find(only),
        PreTokenizerSequence { Parts: [Splitter { Pieces: ScannedPattern pattern }, ByteLevel { AddsPrefixSpace: false, Pattern: null }] } => pattern,
        PreTokenizerSequence { Parts: [Splitter { Pieces: CharacterPattern characters }, ByteLevel { AddsPrefixSpace: false, Pattern: not null }] }
            when characters == CharacterPattern.Numbers => new Gpt2Pattern(digitsApart: true),
        _ => null,
    };
}
