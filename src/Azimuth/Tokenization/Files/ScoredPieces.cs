using Azimuth.Checkpoints;
using Azimuth.Tokenization.Models;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Files;

/// <summary>A vocabulary as SentencePiece models and GGUF files list it: strings, scores and kinds, one of each for every id.</summary>
internal sealed record ScoredPieces
{
    // The longest piece of any published model has a few dozen characters; splitting one is work in proportion to the square of its length.
    private const int LongestPiece = 1024;

    /// <summary>Checks the lists.</summary>
    /// <exception cref="CheckpointFormatException">Lists of different lengths, a damaged vocabulary, or a score that is not finite.</exception>
    public ScoredPieces(string file, IReadOnlyList<string> tokens, IReadOnlyList<float> scores, IReadOnlyList<PieceKind> kinds)
    {
        (File, Tokens, Scores, Kinds) = (file, tokens, scores, kinds);
        if (scores.Count != tokens.Count || kinds.Count != tokens.Count)
        {
            throw new CheckpointFormatException(file, FormattableString.Invariant(
                $"the vocabulary has {tokens.Count} tokens, {scores.Count} scores and {kinds.Count} types, expected as many of each."), kind: "VocabularyLength");
        }

        for (int id = 0; id < tokens.Count; id++)
        {
            if (!float.IsFinite(scores[id]))
            {
                throw new CheckpointFormatException(file, FormattableString.Invariant(
                    $"token {id} (\"{VisibleText.Show(tokens[id])}\") has the score {scores[id]}, expected a finite number; the vocabulary is damaged."), kind: "BadScore");
            }
        }

        Vocabulary = new Models.Vocabulary(file, [.. tokens.Select((token, id) => (token, id))]);
    }

    public string File { get; }

    public IReadOnlyList<string> Tokens { get; }

    public IReadOnlyList<float> Scores { get; }

    public IReadOnlyList<PieceKind> Kinds { get; }

    public Models.Vocabulary Vocabulary { get; }

    /// <summary>The first token of the unknown kind, or null.</summary>
    public int? UnknownId => Ids(PieceKind.Unknown) is [int first, ..] ? first : null;

    /// <summary>The ids of a kind.</summary>
    public IReadOnlyList<int> Ids(PieceKind kind) => [.. Enumerable.Range(0, Kinds.Count).Where(id => Kinds[id] == kind)];

    /// <summary>The pieces of a kind by their code points; null when there are none.</summary>
    public PointTrie? Symbols(PieceKind kind)
    {
        PointTrie trie = new();
        foreach (int id in Ids(kind))
            trie.TryAdd(CodePoints.Of(Tokens[id]), id);
        return trie.IsEmpty ? null : trie;
    }

    /// <summary>The length of a piece that takes part in merges.</summary>
    /// <exception cref="CheckpointFormatException">Too long to be one.</exception>
    public void RequireLength(int id)
    {
        if (Tokens[id].Length > LongestPiece)
        {
            throw new CheckpointFormatException(File, FormattableString.Invariant(
                $"token {id} has {Tokens[id].Length} characters, expected at most {LongestPiece}; the vocabulary is damaged."), kind: "TokenTooLong");
        }
    }
}
