using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Tokenization;

namespace Azimuth.Vocabulary;

/// <summary>
/// Finds under-trained ("glitch") tokens from a model's tables alone (Land and Bartolo 2024): the rows that look most like rows nobody trained. Being on
/// the list is a suspicion; <see cref="RepetitionTest"/> asks the model.
/// </summary>
public static class UnderTrainedTokens
{
    private const double NearReference = 1 - DenseCluster.LeastCosine;
    private const int Bins = 40;

    /// <summary>
    /// Ranks the rows of a model or of a file of vectors. A tied model is ranked by the cosine distance without the first component, an untied one and a file
    /// of vectors by the length of the input row, and so is a tied table in which no reference rows are found, which a note says.
    /// </summary>
    /// <param name="input">The input table; a file's only table.</param>
    /// <param name="output">The output table; the same object when tied or a file.</param>
    /// <param name="tied">Whether input and output are one table of a model; null for a file of vectors.</param>
    /// <param name="tokenizer">For the class of each id; null when there is none.</param>
    /// <param name="options">How many, which threshold, which reference.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="progress">Told the share of the work done, 0 to 1.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentException">An empty table, or options outside their range.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity; the first such row is named.</exception>
    public static UnderTrainedReport Find(
        EmbeddingTable input, EmbeddingTable output, bool? tied, Tokenizer? tokenizer, UnderTrainedOptions options, Workers workers,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(workers);
        Check(output, options);
        TokenClass[]? classes = tokenizer is null ? null : TokenClasses.Of(tokenizer, output.Count, workers, cancellation);
        progress?.Report(0.2);
        TableScan.RequireFinite(output, TableScan.Norms(output.Rows, workers, cancellation));
        Gram gram = Gram.Of(output.Rows, workers, cancellation);
        ReferenceRows reference = options.ReferenceIds is { } given
            ? ReferenceRows.Of(output, given)
            : ReferenceRows.Find(output, classes, gram.Mean, workers, cancellation);
        progress?.Report(0.5);
        UnderTrainedIndicators indicators = UnderTrainedIndicators.Of(input, output, reference, gram, workers, allReadings: false, null, cancellation);
        progress?.Report(1);
        bool byDirection = tied == true && reference.Ids.Count > 0;
        double[] values = byDirection ? indicators.OutputCosineDistanceWithoutFirstComponent : indicators.InputNorm;
        double threshold = Threshold(values, classes, options.SuspectShare);
        TrainingVerdict[] verdicts = Verdicts(values, indicators, threshold, isModel: tied is not null);
        int[] ranking = Ranking(values, indicators.OutputNorm);
        string name = byDirection ? nameof(UnderTrainedIndicators.OutputCosineDistanceWithoutFirstComponent) : nameof(UnderTrainedIndicators.InputNorm);
        return new UnderTrainedReport
        {
            Table = byDirection ? output.Name : input.Name,
            Rows = output.Count,
            Indicator = char.ToLowerInvariant(name[0]) + name[1..],
            Classes = classes is null ? null : TokenClasses.Count(classes).ToDictionary(pair => Camel(pair.Key), pair => pair.Value),
            Reference = reference,
            SuspectShare = options.SuspectShare,
            Threshold = threshold,
            Suspects = verdicts.Count(v => v == TrainingVerdict.Suspect),
            NeverTrained = verdicts.Count(v => v == TrainingVerdict.NeverTrained),
            ZeroRows = indicators.OutputNorm.Count(n => n == 0),
            Tokens = Listed(output, classes, values, indicators, verdicts, ranking, options.Listed),
            Histogram = Histogram(values),
            Indicators = indicators,
            ClassOf = classes ?? [],
            Ranking = ranking,
            Verdicts = verdicts,
            Conventions = Describe(byDirection ? output : input, tied, tokenizer is not null, byDirection, indicators),
        };
    }

    private static void Check(EmbeddingTable output, UnderTrainedOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (output.Count == 0 || output.ModelDim == 0)
            throw new ArgumentException($"the {output.Name} is empty: [{output.Count}, {output.ModelDim}]", nameof(output));
        ArgumentOutOfRangeException.ThrowIfNegative(options.Listed);
        if (!(options.SuspectShare > 0 && options.SuspectShare <= 1))
            throw new ArgumentOutOfRangeException(nameof(options), options.SuspectShare, "a share of suspects above 0 and at most 1 expected");
    }

    /// <summary>The quantile over ordinary ids; over all of them where none is ordinary.</summary>
    private static double Threshold(double[] values, TokenClass[]? classes, double share)
    {
        double[] ordinary = classes is null ? [.. values] : [.. values.Where((_, id) => classes[id] == TokenClass.Ok)];
        if (ordinary.Length == 0)
            ordinary = [.. values];
        Array.Sort(ordinary);
        return TableMeasures.Quantile(ordinary, share);
    }

    /// <summary>A cluster of word vectors says that words are used alike, not that nobody trained them: without a model only zero rows count as never trained.</summary>
    private static TrainingVerdict[] Verdicts(double[] values, UnderTrainedIndicators indicators, double threshold, bool isModel)
    {
        var verdicts = new TrainingVerdict[values.Length];
        double[] centred = isModel ? indicators.OutputCosineDistanceCentred : [];
        for (int id = 0; id < verdicts.Length; id++)
        {
            bool never = indicators.OutputNorm[id] == 0 || indicators.InputNorm[id] == 0 || (centred.Length > 0 && centred[id] <= NearReference);
            verdicts[id] = never ? TrainingVerdict.NeverTrained : values[id] <= threshold ? TrainingVerdict.Suspect : TrainingVerdict.Ordinary;
        }

        return verdicts;
    }

    /// <summary>Ascending by the indicator, zero rows first: they have no direction to be judged by, and need none.</summary>
    private static int[] Ranking(double[] values, double[] norms)
    {
        int[] ranking = UnderTrainedIndicators.Ranking(values);
        return [.. ranking.Where(id => norms[id] == 0), .. ranking.Where(id => norms[id] != 0)];
    }

    private static UnderTrainedToken[] Listed(
        EmbeddingTable table, TokenClass[]? classes, double[] values, UnderTrainedIndicators indicators, TrainingVerdict[] verdicts, int[] ranking, int count)
    {
        double[] sorted = [.. values.Order()];
        return [.. ranking.Take(count).Select((id, at) => new UnderTrainedToken
        {
            Rank = at + 1,
            Id = id,
            Text = table.Text(id),
            Class = classes?[id],
            Value = values[id],
            Percentile = 100.0 * UpTo(sorted, values[id]) / sorted.Length,
            Verdict = verdicts[id],
            InputNorm = indicators.InputNorm[id],
            OutputNorm = indicators.OutputNorm[id],
            OutputCosineDistance = At(indicators.OutputCosineDistance, id),
            OutputCosineDistanceCentred = At(indicators.OutputCosineDistanceCentred, id),
            OutputCosineDistanceWithoutFirstComponent = At(indicators.OutputCosineDistanceWithoutFirstComponent, id),
        })];

        static double? At(double[] list, int id) => list.Length == 0 ? null : list[id];
    }

    private static int UpTo(double[] sorted, double value)
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = sorted[middle] <= value ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static IndicatorHistogram Histogram(double[] values)
    {
        double least = values.Min(), most = values.Max(), width = (most - least) / Bins;
        var counts = new int[Bins];
        foreach (double value in values)
            counts[width > 0 ? Math.Min(Bins - 1, (int)((value - least) / width)) : 0]++;
        return new IndicatorHistogram([.. Enumerable.Range(0, Bins + 1).Select(i => i == Bins ? most : least + i * width)], counts);
    }

    private static Conventions Describe(EmbeddingTable table, bool? tied, bool classified, bool byDirection, UnderTrainedIndicators indicators)
    {
        var notes = new List<string> { "smaller is more suspect; equal values by lower id" };
        if (byDirection)
            notes.Add("cosine distance to the mean reference row; the first principal component, found on centred rows, is removed from uncentred ones");
        else if (tied == true)
            notes.Add("no reference rows: length of the row, a weak sign");
        else if (tied is null)
            notes.Add("vectors without a model: length of the row, a weak sign");
        if (!classified && tied is not null)
            notes.Add("no tokenizer: ids are not classified");
        if (indicators.OutputNorm.Any(n => n == 0))
            notes.Add("a zero row has no direction: cosine distance 1, listed first");
        return Conventions.OfTable(table, [.. notes]) with { Tied = tied, Angles = null };
    }

    private static string Camel<T>(T value) where T : struct, Enum => value.ToString() is var name ? char.ToLowerInvariant(name[0]) + name[1..] : "";
}
