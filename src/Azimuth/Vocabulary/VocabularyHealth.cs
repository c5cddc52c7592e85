namespace Azimuth.Vocabulary;

/// <summary>A vocabulary's state on one page, for reports: plain members, nothing as long as the vocabulary.</summary>
public sealed record VocabularyHealth
{
    /// <summary>Rows of the table.</summary>
    public required int Rows { get; init; }

    /// <summary>How many ids each class has, keyed "ok", "special", "unreachable", "partialUtf8", "padding"; null when there is no tokenizer.</summary>
    public required IReadOnlyDictionary<string, int>? Classes { get; init; }

    /// <summary>One sentence on the rows that stand for "never trained".</summary>
    public required string Reference { get; init; }

    /// <summary>The indicator that ranks: "outputCosineDistanceWithoutFirstComponent" or "inputNorm".</summary>
    public required string Indicator { get; init; }

    /// <summary>Rows up to this value are suspects.</summary>
    public required double Threshold { get; init; }

    /// <summary>Rows with the verdict suspect.</summary>
    public required int Suspects { get; init; }

    /// <summary>Rows with the verdict never trained.</summary>
    public required int NeverTrained { get; init; }

    /// <summary>Rows of length 0.</summary>
    public required int ZeroRows { get; init; }

    /// <summary>The most suspect rows, as many as the report lists.</summary>
    public required IReadOnlyList<UnderTrainedToken> TopSuspects { get; init; }

    /// <summary>How the indicator is spread over all rows.</summary>
    public required IndicatorHistogram Histogram { get; init; }

    /// <summary>Tokens that can never be the argmax; null when that was not looked at.</summary>
    public int? UnreachableOutputs { get; init; }

    /// <summary>Tokens for which neither proof was found; null when that was not looked at.</summary>
    public int? UndecidedOutputs { get; init; }

    /// <summary>Takes the summary out of the full reports.</summary>
    /// <param name="underTrained">The ranking of under-trained tokens.</param>
    /// <param name="unreachable">The outputs that can never win; null when that was not looked at.</param>
    public static VocabularyHealth Of(UnderTrainedReport underTrained, UnreachableReport? unreachable = null)
    {
        ArgumentNullException.ThrowIfNull(underTrained);
        return new VocabularyHealth
        {
            Rows = underTrained.Rows,
            Classes = underTrained.Classes,
            Reference = underTrained.Reference.Explanation,
            Indicator = underTrained.Indicator,
            Threshold = underTrained.Threshold,
            Suspects = underTrained.Suspects,
            NeverTrained = underTrained.NeverTrained,
            ZeroRows = underTrained.ZeroRows,
            TopSuspects = underTrained.Tokens,
            Histogram = underTrained.Histogram,
            UnreachableOutputs = unreachable?.Unreachable.Count,
            UndecidedOutputs = unreachable?.Undecided.Count,
        };
    }
}
