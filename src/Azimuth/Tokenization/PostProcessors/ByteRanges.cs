using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PostProcessors;

/// <summary>
/// The sentencepiece library's ranges for byte tokens: of the tokens one character is spelled with, the last holds it and the others are empty at its
/// start.
/// </summary>
/// <param name="bytes">Token id to byte, −1 for a token that is not one.</param>
internal sealed class ByteRanges(Func<int, int> bytes) : IPostProcessor
{
    public IReadOnlyList<TokenSequence> Process(IReadOnlyList<TokenSequence> texts, bool addSpecialTokens)
    {
        foreach (TokenSequence text in texts)
        {
            for (int at = 0; at + 1 < text.Ids.Count; at++)
            {
                // In UTF-8 only bytes 80 to BF continue a character.
                bool isContinued = bytes(text.Ids[at]) >= 0x80 && bytes(text.Ids[at + 1]) is >= 0x80 and <= 0xBF;
                if (isContinued)
                    text.Characters[at] = new TextRange(text.Characters[at].Start, text.Characters[at].Start);
            }
        }

        return texts;
    }
}
