using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PostProcessors;

/// <summary>
/// "ByteLevel" with <c>trim_offsets</c>, and the same part of "RobertaProcessing": blanks at a token's ends leave its range; a token of blanks alone
/// becomes empty at its end.
/// </summary>
/// <param name="spellings">Token id to string.</param>
/// <param name="addPrefixSpace">A first token's only blank was not in the text, so it trims nothing; several were.</param>
internal sealed class OffsetTrimming(Func<int, string> spellings, bool addPrefixSpace) : IPostProcessor
{
    private static readonly char Space = ByteAlphabet.Character((byte)' ');

    public IReadOnlyList<TokenSequence> Process(IReadOnlyList<TokenSequence> texts, bool addSpecialTokens)
    {
        foreach (TokenSequence text in texts)
        {
            for (int at = 0; at < text.Ids.Count; at++)
            {
                string token = text.Spellings[at] ?? spellings(text.Ids[at]);
                int leading = Leading(token);
                int trailing = Trailing(token);
                bool isFirst = at == 0 || text.Characters[at].Start == 0;
                if (isFirst && addPrefixSpace && leading == 1)
                    leading = 0;
                text.Characters[at] = Trim(text.Characters[at], leading, trailing);
            }
        }

        return texts;
    }

    private static TextRange Trim(TextRange range, int leading, int trailing)
    {
        int start = Math.Min(range.Start + leading, range.End);
        int end = trailing > 0 && range.End >= trailing ? Math.Max(range.End - trailing, start) : range.End;
        return new TextRange(start, end);
    }

    private static int Leading(string token)
    {
        int count = 0;
        while (count < token.Length && IsBlank(token[count]))
            count++;
        return count;
    }

    private static int Trailing(string token)
    {
        int count = 0;
        while (count < token.Length && IsBlank(token[token.Length - 1 - count]))
            count++;
        return count;
    }

    private static bool IsBlank(char character) => character == Space || CodePoints.IsWhiteSpace(character);
}
