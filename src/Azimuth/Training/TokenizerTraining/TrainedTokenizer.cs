namespace Azimuth.Training.TokenizerTraining;

/// <summary>A tokenizer as it was learned.</summary>
public sealed record TrainedTokenizer
{
    /// <summary>What was asked for.</summary>
    public required TokenizerTrainingOptions Options { get; init; }

    /// <summary>Tokens by id: special tokens, alphabet, learned ones. BPE's are spelled in the byte alphabet.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>BPE and WordPiece: the merges, earliest first.</summary>
    public IReadOnlyList<Merge> Merges { get; init; } = [];

    /// <summary>Unigram: the natural logarithm of each token's probability, 0 for special tokens; empty for the others.</summary>
    public IReadOnlyList<double> Scores { get; init; } = [];
}
