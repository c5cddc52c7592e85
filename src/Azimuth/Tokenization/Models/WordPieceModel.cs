using System.Buffers;
using System.Text;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Models;

/// <summary>
/// WordPiece (Schuster and Nakajima 2012; Devlin et al. 2018): the longest token that begins a word, then the longest that continues it, and so on; a word that
/// cannot be spelled so, or is too long, is one unknown token. Thread-safe.
/// </summary>
/// <param name="file">Named in errors.</param>
/// <param name="vocabulary">The model's tokens.</param>
/// <param name="unknownToken">The token for words that cannot be spelled. It may be missing from the vocabulary; then such a word is an error.</param>
/// <param name="continuingPrefix">Put before every token but a word's first ("##").</param>
/// <param name="longestWord">Words of more code points are unknown.</param>
internal sealed class WordPieceModel(string file, Vocabulary vocabulary, string unknownToken, string continuingPrefix, int longestWord) : ITokenModel
{
    private readonly WordCache _cache = new();

    public Vocabulary Vocabulary => vocabulary;

    /// <summary>Put before every token but a word's first.</summary>
    public string ContinuingPrefix => continuingPrefix;

    public int? UnknownId { get; } = vocabulary.Id(unknownToken);

    public void Tokenize(ReadOnlySpan<int> piece, List<ModelToken> tokens)
    {
        if (_cache.TryAppend(piece, tokens))
            return;
        if (piece.Length > longestWord || !TrySpell(piece, tokens))
        {
            tokens.Clear();
            tokens.Add(new ModelToken(UnknownId ?? throw UnknownWord.Error(file, piece, unknownToken), 0, CodePoints.Utf8Length(piece)));
        }

        _cache.Keep(piece, tokens);
    }

    private bool TrySpell(ReadOnlySpan<int> piece, List<ModelToken> tokens)
    {
        // The prefix is written over what is spelled already, so that prefix and rest lie side by side.
        int prefix = continuingPrefix.Length;
        char[] rented = ArrayPool<char>.Shared.Rent(prefix + (piece.Length * 2));
        int units = prefix + CodePoints.WriteUtf16(piece, rented.AsSpan(prefix));
        int at = prefix, bytes = 0;
        while (at < units)
        {
            int from = at == prefix ? at : at - prefix;
            if (from < at)
                continuingPrefix.CopyTo(rented.AsSpan(from));
            int end = Math.Min(units, from + vocabulary.LongestToken);
            while (end > at && ((end < units && char.IsLowSurrogate(rented[end])) || vocabulary.Id(rented.AsSpan(from, end - from)) is null))
                end--;
            if (end <= at)
                break;
            int length = Encoding.UTF8.GetByteCount(rented, at, end - at);
            tokens.Add(new ModelToken(vocabulary.Id(rented.AsSpan(from, end - from))!.Value, bytes, bytes + length));
            bytes += length;
            at = end;
        }

        ArrayPool<char>.Shared.Return(rented);
        return at == units;
    }
}
