using Azimuth.Tokenization.AddedTokens;
using Azimuth.Tokenization.Models;
using Azimuth.Tokenization.PostProcessors;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization;

/// <summary>
/// The stages before post-processing: added tokens in the raw text, normalizer, added tokens in the normalised text, pre-tokenizer, model. Thread-safe.
/// </summary>
internal sealed class TextEncoder
{
    private readonly TokenizerParts _parts;
    private readonly AddedTokenMatcher _raw;
    private readonly AddedTokenMatcher _normalized;
    private readonly ByteBpe? _bytes;

    public TextEncoder(TokenizerParts parts)
    {
        _parts = parts;
        _bytes = ByteBpe.Find(parts.PreTokenizer, parts.Model);
        _raw = new AddedTokenMatcher(parts.AddedTokens.Where(token => !token.IsNormalized).Select(token => (token, CodePoints.Of(token.Content))));
        _normalized = new AddedTokenMatcher(parts.AddedTokens.Where(token => token.IsNormalized).Select(token => (token, CodePoints.Of(Spelling(token)))));
        Ids = IdEncoder.Find(parts.Normalizer, _bytes, [_raw, _normalized]);
    }

    /// <summary>The short way to ids alone, or null where there is none.</summary>
    public IdEncoder? Ids { get; }

    /// <summary>The tokens of one text (code points), as text number <paramref name="sequence"/>.</summary>
    public TokenSequence Encode(int[] original, int sequence)
    {
        TokenSequence result = new(sequence);
        List<AddedTokenSpan> spans = [];
        _raw.Split(original, spans);
        foreach (AddedTokenSpan span in spans)
        {
            if (span.Id is { } id)
                result.Add(id, span.Range, span.TakesBlanks ? CodePoints.Text(original.AsSpan()[span.Range.Start..span.Range.End]) : null);
            else
                Stretch(AlignedText.FromOriginal(original, span.Range.Start, span.Range.End, _parts.Source), result);
        }

        return result;
    }

    /// <summary>What an added token looks like after normalisation: the form it is found by, and the one it is decoded to.</summary>
    public string Spelling(AddedToken token)
    {
        if (!token.IsNormalized || _parts.Normalizer is null)
            return token.Content;
        int[] points = CodePoints.Of(token.Content);
        return CodePoints.Text(_parts.Normalizer.Normalize(AlignedText.FromOriginal(points, 0, points.Length, _parts.Source)).Points);
    }

    /// <summary>The normalised text and its pieces; added tokens are not looked for.</summary>
    public TokenStages Stages(int[] original)
    {
        AlignedText text = AlignedText.FromOriginal(original, 0, original.Length, _parts.Source);
        text = _parts.Normalizer?.Normalize(text) ?? text;

        // Ranges count within the normalised text.
        PieceList pieces = new(AlignedText.FromOriginal(text.Points, 0, text.Count, _parts.Source));
        _parts.PreTokenizer?.Apply(pieces);
        return new TokenStages(
            CodePoints.Text(text.Points),
            [.. pieces.Pieces.Select(piece => new TokenPiece(CodePoints.Text(pieces.Text.Points[piece.Start..piece.End]), pieces.Text.Origin(piece.Start, piece.End)))]);
    }

    private void Stretch(AlignedText text, TokenSequence result)
    {
        AlignedText normalized = _parts.Normalizer?.Normalize(text) ?? text;
        List<AddedTokenSpan> spans = [];
        _normalized.Split(normalized.Points, spans);
        foreach (AddedTokenSpan span in spans)
        {
            if (span.Id is { } id)
                result.Add(id, normalized.Origin(span.Range.Start, span.Range.End), CodePoints.Text(normalized.Points[span.Range.Start..span.Range.End]));
            else
                Pieces(spans.Count == 1 ? normalized : normalized.Slice(span.Range.Start, span.Range.End), result);
        }
    }

    private void Pieces(AlignedText text, TokenSequence result)
    {
        if (_bytes is not null && TryBytes(_bytes, text, result))
            return;
        PieceList pieces = new(text);
        _parts.PreTokenizer?.Apply(pieces);
        List<ModelToken> tokens = [];
        foreach (TextRange piece in pieces.Pieces)
        {
            tokens.Clear();
            _parts.Model.Tokenize(pieces.Text.Points[piece.Start..piece.End], tokens);
            Place(pieces.Text, piece, tokens, _parts.Model.ShowsUnknownText ? _parts.Model.UnknownId : null, result);
        }
    }

    private bool TryBytes(ByteBpe bpe, AlignedText text, TokenSequence result)
    {
        using Utf8Padded bytes = new();
        using IdList ids = new();
        bytes.Set(text.Points);
        if (!bpe.Encode(bytes, ids))
            return false;

        // Tokens spell the text byte by byte, and all of a character a token has a part of is its own.
        ReadOnlySpan<int> points = text.Points;
        int at = 0, endOfPoint = CodePoints.Utf8Length(points[0]), end = 0;
        foreach (int id in ids.Ids)
        {
            int first = at;
            end += _parts.Model.Vocabulary.Token(id)!.Length;
            while (endOfPoint < end)
                endOfPoint += CodePoints.Utf8Length(points[++at]);
            result.Add(id, text.Origin(first, at + 1));
            if (endOfPoint == end && at + 1 < points.Length)
                endOfPoint += CodePoints.Utf8Length(points[++at]);
        }

        return true;
    }

    // Bytes of the piece to code points of the original: both ends only move forward.
    private static void Place(AlignedText text, TextRange piece, List<ModelToken> tokens, int? shownAsText, TokenSequence result)
    {
        ReadOnlySpan<int> points = text.Points;
        int first = piece.Start, firstByte = 0;
        foreach (ModelToken token in tokens)
        {
            while (first < piece.End - 1 && firstByte + CodePoints.Utf8Length(points[first]) <= token.Start)
                firstByte += CodePoints.Utf8Length(points[first++]);
            int last = first, lastByte = firstByte;
            while (last < piece.End - 1 && lastByte + CodePoints.Utf8Length(points[last]) < token.End)
                lastByte += CodePoints.Utf8Length(points[last++]);
            result.Add(token.Id, text.Origin(first, last + 1), token.Id == shownAsText ? CodePoints.Text(points[first..(last + 1)]) : null);
        }
    }
}
