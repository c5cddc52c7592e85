using System.Buffers;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Models;

/// <summary>A vocabulary of whole words: a piece is a token or unknown. Thread-safe.</summary>
/// <param name="file">Named in errors.</param>
/// <param name="vocabulary">The model's tokens.</param>
/// <param name="unknownToken">The token for other words. It may be missing from the vocabulary; then such a word is an error.</param>
internal sealed class WordLevelModel(string file, Vocabulary vocabulary, string unknownToken) : ITokenModel
{
    public Vocabulary Vocabulary => vocabulary;

    public int? UnknownId { get; } = vocabulary.Id(unknownToken);

    public void Tokenize(ReadOnlySpan<int> piece, List<ModelToken> tokens)
    {
        char[] rented = ArrayPool<char>.Shared.Rent(piece.Length * 2);
        int? id = vocabulary.Id(rented.AsSpan(0, CodePoints.WriteUtf16(piece, rented)));
        ArrayPool<char>.Shared.Return(rented);
        tokens.Add(new ModelToken(id ?? UnknownId ?? throw UnknownWord.Error(file, piece, unknownToken), 0, CodePoints.Utf8Length(piece)));
    }
}
