namespace Azimuth.Vocabulary.Resizing;

/// <summary>What new rows hold.</summary>
public enum RowInitialization
{
    /// <summary>The mean of the rows that belong to tokens: the next-token distribution of the old tokens then changes little (Hewitt 2021).</summary>
    Mean,

    /// <summary>Drawn from N(μ, 10⁻⁵ Σ), μ and Σ the mean and covariance (divided by n) of those rows (Hewitt 2021, "Initializing new word embeddings for pretrained language models").</summary>
    MeanCovariance,

    /// <summary>The mean of the rows of the tokens that the new token's text is made of now. Rows without a text get <see cref="Mean"/>.</summary>
    SubtokenMean,

    /// <summary>A token's row, byte for byte.</summary>
    Copy,

    /// <summary>Zeros. The logit is then 0 whatever the prompt, or the bias where there is one, which may well be more than every other.</summary>
    Zero,
}

/// <summary>How a vocabulary is to change: tokens go, then tokens come, then rows are filled up.</summary>
public sealed record ResizeOptions
{
    /// <summary>Texts of new tokens; they get the ids after the last token, in this order.</summary>
    public IReadOnlyList<string> Add { get; init; } = [];

    /// <summary>New tokens are markers, left out of decoded text on request.</summary>
    public bool Special { get; init; }

    /// <summary>Ids that go; the ids above them move down.</summary>
    public IReadOnlyList<int> Remove { get; init; } = [];

    /// <summary>Rows the tables shall have; not below the number of tokens. Null for as many as are needed.</summary>
    public int? Rows { get; init; }

    /// <summary>Rows are filled up to a multiple of this, at least 1; null for none.</summary>
    public int? PadToMultiple { get; init; }

    /// <summary>What new rows hold.</summary>
    public RowInitialization Initialization { get; init; } = RowInitialization.Mean;

    /// <summary>Whose row <see cref="RowInitialization.Copy"/> copies: an id of the model as it is.</summary>
    public int CopyFrom { get; init; }

    /// <summary>Seed of <see cref="RowInitialization.MeanCovariance"/>.</summary>
    public ulong Seed { get; init; } = 1;
}
