using Azimuth.Tokenization.Models;

namespace Azimuth.Tokenization.Files;

/// <summary>
/// Byte-pair encoding without a list of merges: two neighbours merge when their join is a piece, the highest score first, from the left (sentencepiece,
/// bpe_model.cc). Here every such pair is worked out once, with scores as ranks.
/// </summary>
internal sealed class ScoredBpe
{
    private readonly ScoredPieces _pieces;
    private readonly Func<PieceKind, bool> _merges;
    private readonly Dictionary<int, int> _innerIds = [];
    private readonly List<int> _innerCharacters = [];

    private ScoredBpe(ScoredPieces pieces, Func<PieceKind, bool> merges) => (_pieces, _merges) = (pieces, merges);

    /// <summary>As the sentencepiece library has it: user-defined symbols stand alone, unused pieces are taken apart again.</summary>
    /// <param name="pieces">The vocabulary.</param>
    /// <param name="byteFallback">Unknown characters become bytes.</param>
    public static BpeModel SentencePiece(ScoredPieces pieces, bool byteFallback)
    {
        HashSet<int> unused = [.. pieces.Ids(PieceKind.Unused)];
        return new ScoredBpe(pieces, kind => kind is PieceKind.Normal or PieceKind.Unused).Build(new BpeOptions
        {
            ByteFallback = byteFallback,
            Symbols = pieces.Symbols(PieceKind.UserDefined),
            Unused = unused.Count == 0 ? null : unused,
            ShowsUnknownText = true,
        });
    }

    /// <summary>As llama.cpp has it: any token, of whatever kind, may come of a merge, and stays (llm_tokenizer_spm_session).</summary>
    public static BpeModel Gguf(ScoredPieces pieces)
        => new ScoredBpe(pieces, _ => true).Build(new BpeOptions { ByteFallback = pieces.Kinds.Contains(PieceKind.Byte) });

    private BpeModel Build(BpeOptions options)
    {
        MergeTable merges = new(_pieces.Tokens.Count * 4);
        int[] ranks = Ranks();
        for (int id = 0; id < _pieces.Tokens.Count; id++)
        {
            if (_merges(_pieces.Kinds[id]))
                AddSplits(id, ranks[id], merges);
        }

        string? unknown = _pieces.UnknownId is { } number ? _pieces.Tokens[number] : null;
        return new BpeModel(_pieces.File, _pieces.Vocabulary, merges, options with { UnknownToken = unknown, FuseUnknown = true }, _innerCharacters);
    }

    // Equal scores give equal ranks, so that position decides between them.
    private int[] Ranks()
    {
        Dictionary<float, int> rankOfScore = [];
        foreach (float score in _pieces.Scores.Distinct().OrderDescending())
            rankOfScore[score] = rankOfScore.Count;
        return [.. _pieces.Scores.Select(score => rankOfScore[score])];
    }

    private void AddSplits(int id, int rank, MergeTable merges)
    {
        _pieces.RequireLength(id);
        string token = _pieces.Tokens[id];
        for (int cut = 1; cut < token.Length; cut++)
        {
            if (char.IsLowSurrogate(token[cut]))
                continue;
            int left = Symbol(token.AsSpan(0, cut));
            int right = left < 0 ? -1 : Symbol(token.AsSpan(cut));
            if (right >= 0)
                merges.TryAdd(left, right, rank, id);
        }
    }

    // A part can come to be as a piece that merged, or as one character, which need not be a piece itself.
    private int Symbol(ReadOnlySpan<char> part)
    {
        if (_pieces.Vocabulary.Id(part) is { } id)
            return _merges(_pieces.Kinds[id]) ? id : -1;
        if (part.Length > 2 || (part.Length == 2 && !char.IsSurrogatePair(part[0], part[1])))
            return -1;
        int codePoint = part.Length == 2 ? char.ConvertToUtf32(part[0], part[1]) : part[0];
        if (!_innerIds.TryGetValue(codePoint, out int inner))
        {
            inner = _pieces.Vocabulary.Size + _innerCharacters.Count;
            _innerIds.Add(codePoint, inner);
            _innerCharacters.Add(codePoint);
        }

        return inner;
    }
}
