using Azimuth.Tokenization.Lengths;
using Azimuth.Tokenization.PostProcessors;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization;

/// <summary>The stages behind the model: truncation, post-processing, padding, and ranges in bytes. Thread-safe.</summary>
/// <param name="postProcessor">Adds tokens around texts; null adds none.</param>
/// <param name="spelling">Token id to string.</param>
internal sealed class EncodingAssembler(IPostProcessor? postProcessor, Func<int, string?> spelling)
{
    /// <summary>The sequences joined as the post-processor says.</summary>
    public TokenSequence Process(IReadOnlyList<TokenSequence> texts, bool addSpecialTokens)
    {
        TokenSequence all = new();
        foreach (TokenSequence sequence in postProcessor?.Process(texts, addSpecialTokens) ?? texts)
            all.Append(sequence);
        return all;
    }

    /// <summary>The encoding of one text or two; not padded.</summary>
    /// <param name="texts">Their tokens.</param>
    /// <param name="points">Their code points.</param>
    /// <param name="addSpecialTokens">Whether to add what the post-processor adds.</param>
    /// <param name="truncation">How long it may be; null for any length.</param>
    public TokenEncoding Assemble(IReadOnlyList<TokenSequence> texts, int[][] points, bool addSpecialTokens, TruncationOptions? truncation)
    {
        int[][] byteStarts = [.. points.Select(CodePoints.ByteStarts)];
        if (truncation is null)
            return Finish(Process(texts, addSpecialTokens), byteStarts);
        int added = addSpecialTokens ? Process([.. texts.Select((_, number) => new TokenSequence(number))], addSpecialTokens).Ids.Count : 0;
        IReadOnlyList<IReadOnlyList<TextRange>> windows = Windows.Of(texts, truncation, added);
        TokenEncoding One(params int[] chosen) => Finish(
            Process([.. texts.Select((text, at) => text.Slice(windows[at][chosen[at]]))], addSpecialTokens), byteStarts);
        bool isCut = windows.Any(list => list.Count > 1);
        return One(new int[texts.Count]) with { Overflowing = isCut ? Others(windows, One) : [] };
    }

    // Made one at a time, because two long texts have as many combinations as the product of their windows.
    private static IEnumerable<TokenEncoding> Others(IReadOnlyList<IReadOnlyList<TextRange>> windows, Func<int[], TokenEncoding> one)
    {
        int second = windows.Count > 1 ? windows[1].Count : 1;
        int[] Chosen(int first, int other) => windows.Count > 1 ? [first, other] : [first];

        // The reference's order: what the first text leaves over with all of the second, then the first's window with what the second leaves over.
        for (int first = 1; first < windows[0].Count; first++)
        {
            for (int other = 0; other < second; other++)
                yield return one(Chosen(first, other));
        }

        for (int other = 1; other < second; other++)
            yield return one(Chosen(0, other));
    }

    private TokenEncoding Finish(TokenSequence all, int[][] byteStarts)
    {
        TextRange InBytes(TextRange characters, int at) => all.SequenceIds[at] is { } text
            ? new TextRange(byteStarts[text][characters.Start], byteStarts[text][characters.End])
            : default;
        return new TokenEncoding
        {
            Ids = [.. all.Ids],
            Tokens = [.. all.Ids.Select((id, at) => all.Spellings[at] ?? spelling(id) ?? "")],
            Characters = [.. all.Characters],
            Bytes = [.. all.Characters.Select(InBytes)],
            SpecialMask = [.. all.Special],
            TypeIds = [.. all.TypeIds],
            SequenceIds = [.. all.SequenceIds],
        };
    }
}
