using Azimuth.Checkpoints;
using Azimuth.Tokenization.Models;

namespace Azimuth.Tokenization.Files;

/// <summary>The kind of a vocabulary entry, numbered as SentencePiece and GGUF both do.</summary>
internal enum PieceKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>
/// A SentencePiece vocabulary of the BPE kind. It lists no merges: two neighbours merge when their join is a piece, the highest score first, from the left
/// (sentencepiece, bpe_model.cc). Here every such pair is worked out once, with scores as ranks.
/// </summary>
internal sealed class ScoredPieces(string file, IReadOnlyList<string> tokens, IReadOnlyList<float> scores, IReadOnlyList<PieceKind> kinds)
{
    // The longest piece of any published model has a few dozen characters; splitting one is work in proportion to the square of its length.
    private const int LongestPiece = 1024;

    private readonly Dictionary<int, int> _innerIds = [];
    private readonly List<int> _innerCharacters = [];

    // Of the pieces a merge can start from, and never below a character of two units.
    private readonly Lazy<int> _longest = new(() => Math.Min(LongestPiece, tokens.Where((_, id) => kinds[id] is PieceKind.Normal or PieceKind.UserDefined).Select(token => token.Length).Append(2).Max()));

    /// <summary>The model.</summary>
    /// <exception cref="CheckpointFormatException">A list of another length, a damaged vocabulary, or unused pieces.</exception>
    public BpeModel Build()
    {
        if (scores.Count != tokens.Count || kinds.Count != tokens.Count)
        {
            throw new CheckpointFormatException(file, FormattableString.Invariant(
                $"the vocabulary has {tokens.Count} tokens, {scores.Count} scores and {kinds.Count} types, expected as many of each."), kind: "VocabularyLength");
        }

        Models.Vocabulary vocabulary = new(file, [.. tokens.Select((token, id) => (token, id))]);
        MergeTable merges = new(tokens.Count * 4);
        int[] ranks = Ranks();
        for (int id = 0; id < tokens.Count; id++)
        {
            // Converters fill up a table's rows with unused tokens such as [PAD512], which no merge makes; an unused piece that can be made would have to be taken apart again.
            if (kinds[id] == PieceKind.Unused && CanBeMade(vocabulary, tokens[id]))
            {
                throw new CheckpointFormatException(file, FormattableString.Invariant(
                    $"token {id} (\"{VisibleText.Show(tokens[id])}\") is of type 5 (unused), which is not supported in a BPE vocabulary."), kind: "UnknownComponent");
            }

            if (kinds[id] == PieceKind.Normal)
                AddSplits(vocabulary, id, ranks[id], merges);
        }

        int unknown = kinds.ToList().IndexOf(PieceKind.Unknown);
        BpeOptions options = new()
        {
            UnknownToken = unknown < 0 ? null : tokens[unknown],
            FuseUnknown = true,
            ByteFallback = kinds.Contains(PieceKind.Byte),
        };
        return new BpeModel(file, vocabulary, merges, options, _innerCharacters);
    }

    // Equal scores give equal ranks, so that position decides between them.
    private int[] Ranks()
    {
        Dictionary<float, int> rankOfScore = [];
        foreach (float score in scores.Distinct().OrderDescending())
            rankOfScore[score] = rankOfScore.Count;
        return [.. scores.Select(score => rankOfScore[score])];
    }

    private bool CanBeMade(Models.Vocabulary vocabulary, string token)
    {
        if (token.Length <= 1 || (token.Length == 2 && char.IsSurrogatePair(token[0], token[1])))
            return true;
        for (int cut = Math.Max(1, token.Length - _longest.Value); cut <= Math.Min(token.Length - 1, _longest.Value); cut++)
        {
            if (IsPart(vocabulary, token.AsSpan(0, cut)) && IsPart(vocabulary, token.AsSpan(cut)))
                return true;
        }

        return false;
    }

    private bool IsPart(Models.Vocabulary vocabulary, ReadOnlySpan<char> part) => vocabulary.Id(part) is { } id
        ? kinds[id] is PieceKind.Normal or PieceKind.UserDefined
        : part.Length == 1 || (part.Length == 2 && char.IsSurrogatePair(part[0], part[1]));

    private void AddSplits(Models.Vocabulary vocabulary, int id, int rank, MergeTable merges)
    {
        string token = tokens[id];
        if (token.Length > LongestPiece)
        {
            throw new CheckpointFormatException(file, FormattableString.Invariant(
                $"token {id} has {token.Length} characters, expected at most {LongestPiece}; the vocabulary is damaged."), kind: "TokenTooLong");
        }

        for (int cut = 1; cut < token.Length; cut++)
        {
            if (char.IsLowSurrogate(token[cut]))
                continue;
            int left = Symbol(vocabulary, token.AsSpan(0, cut));
            int right = left < 0 ? -1 : Symbol(vocabulary, token.AsSpan(cut));
            if (right >= 0)
                merges.TryAdd(left, right, rank, id);
        }
    }

    // A part can come to be as a piece that merged, or as one character, which need not be a piece itself.
    private int Symbol(Models.Vocabulary vocabulary, ReadOnlySpan<char> part)
    {
        if (vocabulary.Id(part) is { } id)
            return kinds[id] is PieceKind.Normal or PieceKind.UserDefined ? id : -1;
        if (part.Length > 2 || (part.Length == 2 && !char.IsSurrogatePair(part[0], part[1])))
            return -1;
        int codePoint = part.Length == 2 ? char.ConvertToUtf32(part[0], part[1]) : part[0];
        if (!_innerIds.TryGetValue(codePoint, out int inner))
        {
            inner = vocabulary.Size + _innerCharacters.Count;
            _innerIds.Add(codePoint, inner);
            _innerCharacters.Add(codePoint);
        }

        return inner;
    }
}
