using System.Text.Json.Serialization;
using Azimuth.Embeddings;

namespace Azimuth.Vocabulary;

/// <summary>What the indicators say of a row by themselves, before the model is asked.</summary>
public enum TrainingVerdict
{
    /// <summary>Above the threshold.</summary>
    Ordinary,

    /// <summary>Among the lowest share of the indicator: worth verifying, nothing more.</summary>
    Suspect,

    /// <summary>The row is zero, or it belongs to a model and its direction (centred) is within 11.5 degrees of the reference rows' mean.</summary>
    NeverTrained,
}

/// <summary>A row in the order of suspicion.</summary>
public sealed record UnderTrainedToken
{
    /// <summary>1 for the most suspect.</summary>
    public required int Rank { get; init; }

    /// <summary>Row number.</summary>
    public required int Id { get; init; }

    /// <summary>Decoded text, blanks as they are.</summary>
    public required string Text { get; init; }

    /// <summary>What the id stands for; null when there is no tokenizer.</summary>
    public required TokenClass? Class { get; init; }

    /// <summary>The ranking indicator's value.</summary>
    public required double Value { get; init; }

    /// <summary>Percent of all rows whose indicator is this low or lower.</summary>
    public required double Percentile { get; init; }

    /// <summary>What follows.</summary>
    public required TrainingVerdict Verdict { get; init; }

    /// <summary>Length of the input row.</summary>
    public required double InputNorm { get; init; }

    /// <summary>Length of the output row.</summary>
    public required double OutputNorm { get; init; }

    /// <summary>1 − cosine with the reference rows' mean; null without reference rows.</summary>
    public required double? OutputCosineDistance { get; init; }

    /// <summary>The same, centred.</summary>
    public required double? OutputCosineDistanceCentred { get; init; }

    /// <summary>The same without the first principal component.</summary>
    public required double? OutputCosineDistanceWithoutFirstComponent { get; init; }
}

/// <summary>Counts of an indicator's values in bins of equal width.</summary>
/// <param name="Edges">Ends of the bins, ascending; one more than counts.</param>
/// <param name="Counts">Rows in each bin, the last one with its upper end.</param>
public sealed record IndicatorHistogram(IReadOnlyList<double> Edges, IReadOnlyList<int> Counts);

/// <summary>The under-trained tokens of a vocabulary, the most suspect first.</summary>
public sealed record UnderTrainedReport
{
    /// <summary>The table whose rows the ranking indicator looks at.</summary>
    public required string Table { get; init; }

    /// <summary>Number of rows.</summary>
    public required int Rows { get; init; }

    /// <summary>The ranking indicator: a member's name of <see cref="UnderTrainedIndicators"/> in camelCase.</summary>
    public required string Indicator { get; init; }

    /// <summary>How many ids each class has; null when there is no tokenizer.</summary>
    public required IReadOnlyDictionary<string, int>? Classes { get; init; }

    /// <summary>The rows that stand for "never trained".</summary>
    public required ReferenceRows Reference { get; init; }

    /// <summary>The share of ordinary ids that the threshold cuts off, 0 to 1.</summary>
    public required double SuspectShare { get; init; }

    /// <summary>Rows with an indicator up to this value are suspects: its quantile over the ids of class ok.</summary>
    public required double Threshold { get; init; }

    /// <summary>Rows with the verdict suspect.</summary>
    public required int Suspects { get; init; }

    /// <summary>Rows with the verdict never trained.</summary>
    public required int NeverTrained { get; init; }

    /// <summary>Rows of length 0 in the output table.</summary>
    public required int ZeroRows { get; init; }

    /// <summary>The most suspect rows.</summary>
    public required IReadOnlyList<UnderTrainedToken> Tokens { get; init; }

    /// <summary>How the ranking indicator is spread over all rows.</summary>
    public required IndicatorHistogram Histogram { get; init; }

    /// <summary>Every indicator of every row.</summary>
    [JsonIgnore]
    public UnderTrainedIndicators Indicators { get; init; } = UnderTrainedIndicators.Empty;

    /// <summary>The class of each id; empty when there is no tokenizer.</summary>
    [JsonIgnore]
    public IReadOnlyList<TokenClass> ClassOf { get; init; } = [];

    /// <summary>Ids in the order of suspicion, all of them.</summary>
    [JsonIgnore]
    public IReadOnlyList<int> Ranking { get; init; } = [];

    /// <summary>The verdict on each row, by id.</summary>
    [JsonIgnore]
    public IReadOnlyList<TrainingVerdict> Verdicts { get; init; } = [];

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();
}

/// <summary>How under-trained tokens are looked for.</summary>
public sealed record UnderTrainedOptions
{
    /// <summary>How many rows the report lists; 0 or more, 20 by default.</summary>
    public int Listed { get; init; } = 20;

    /// <summary>The share of ordinary ids taken for suspects, above 0 and at most 1; 0.02 by default, as in the paper.</summary>
    public double SuspectShare { get; init; } = 0.02;

    /// <summary>Rows that are known to be unused, to serve as reference; null to find them.</summary>
    public IReadOnlyList<int>? ReferenceIds { get; init; }
}
