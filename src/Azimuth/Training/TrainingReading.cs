using System.Text.Json.Serialization;

namespace Azimuth.Training;

/// <summary>A run at one moment: a line of its log. What a trainer does not have is null and left out.</summary>
public sealed record TrainingReading
{
    /// <summary>Steps done.</summary>
    public required long Step { get; init; }

    /// <summary>What is being done, in words: "counting words", "training".</summary>
    public required string Stage { get; init; }

    /// <summary>Share of the whole run that is done, 0 to 1.</summary>
    public required double Done { get; init; }

    /// <summary>What is counted, in the plural: "words", "tokens", "pairs".</summary>
    public required string Unit { get; init; }

    /// <summary>Of them gone through since the run began, over all its parts.</summary>
    public required long Items { get; init; }

    /// <summary>Passes over the corpus, with fractions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Epoch { get; init; }

    /// <summary>Training loss in nats for each prediction, averaged since the reading before.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? LossNats { get; init; }

    /// <summary>The same of the pass at hand so far, at its end of all of it: it does not depend on when readings are taken.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? PassLossNats { get; init; }

    /// <summary>The mean of the last 100 steps of a language model, or of as many as there were: it does not depend on when readings are taken.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? RecentLossNats { get; init; }

    /// <summary>What is minimised where it is no loss in nats, since the reading before: GloVe's ½ f(x) times the squared difference of logarithms, of a pair.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Cost { get; init; }

    /// <summary>The same of the pass at hand so far.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? PassCost { get; init; }

    /// <summary>Loss on held-out text in nats a token, where it was measured at this step.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? ValidationLossNats { get; init; }

    /// <summary>The learning rate of the next update.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? LearningRate { get; init; }

    /// <summary>Norm of all gradients before clipping, at the last step.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? GradientNorm { get; init; }

    /// <summary>A text the model wrote at this step.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sample { get; init; }

    /// <summary>Items a second since the reading before; filled in by <see cref="TrainingLoop"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? ItemsPerSecond { get; init; }

    /// <summary>Seconds of work since the run began, pauses between its parts left out; filled in by <see cref="TrainingLoop"/>.</summary>
    public double Seconds { get; init; }

    /// <summary>Seconds still to go at the rate of this part of the run; filled in by <see cref="TrainingLoop"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? SecondsLeft { get; init; }

    /// <summary>The geometry of the vectors at this moment, where there are any.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TableReading? Table { get; init; }
}

/// <summary>The vectors at one moment of a run.</summary>
public sealed record TableReading
{
    /// <summary>Rows measured: all of them.</summary>
    public required int Rows { get; init; }

    /// <summary>Mean length of a row.</summary>
    public required double NormMean { get; init; }

    /// <summary>Lengths by share: "0.05", "0.25", "0.5", "0.75", "0.95".</summary>
    public required IReadOnlyDictionary<string, double> NormQuantiles { get; init; }

    /// <summary>Mean cosine of all pairs of different rows, exact. NaN with fewer than two directions.</summary>
    public required double MeanPairwiseCosine { get; init; }

    /// <summary>IsoScore (Rudman et al. 2022); null when the rows do not vary.</summary>
    public required double? IsoScore { get; init; }

    /// <summary>The rows nearest to each watched word by cosine.</summary>
    public required IReadOnlyList<WatchedWord> Neighbors { get; init; }
}

/// <summary>A watched word and the rows nearest to it.</summary>
/// <param name="Word">As the table spells it.</param>
/// <param name="Nearest">By falling cosine.</param>
public sealed record WatchedWord(string Word, IReadOnlyList<WordCosine> Nearest);

/// <summary>A row's text and its cosine with the watched word's row.</summary>
/// <param name="Text">The row's text.</param>
/// <param name="Cosine">−1 to 1.</param>
public sealed record WordCosine(string Text, double Cosine);
