using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Vocabulary;

/// <summary>
/// How near each row is to what a row looks like that was never trained: smaller is more suspect (Land and Bartolo 2024, "Fishing for Magikarp", §3.2).
/// Everything is computed in double. A zero row has no direction and gets the cosine distance 1, as in the authors' code. One value a row, by id; a list is
/// empty where it does not apply.
/// </summary>
public sealed record UnderTrainedIndicators
{
    /// <summary>Length of the input row: the indicator of untied models, whose unused input rows only shrink.</summary>
    public required double[] InputNorm { get; init; }

    /// <summary>Length of the output row: a poor indicator, since softmax pushes all unused rows the same way, not to zero.</summary>
    public required double[] OutputNorm { get; init; }

    /// <summary>1 − cos(row, mean of the reference rows).</summary>
    public required double[] OutputCosineDistance { get; init; }

    /// <summary>The same after the table's mean row is subtracted from every row.</summary>
    public required double[] OutputCosineDistanceCentred { get; init; }

    /// <summary>
    /// The same after u − (u·c) c, with c the first principal component of the centred table, taken out of the uncentred rows: what the authors' code computes,
    /// and the indicator of tied models.
    /// </summary>
    public required double[] OutputCosineDistanceWithoutFirstComponent { get; init; }

    /// <summary>Another reading: rows centred, then without the first principal component. Empty unless all readings were asked for.</summary>
    public double[] OutputCosineDistanceCentredWithoutFirstComponent { get; init; } = [];

    /// <summary>Another reading: uncentred rows without the first right singular vector of the uncentred table. Empty unless all readings were asked for.</summary>
    public double[] OutputCosineDistanceWithoutFirstSingularDirection { get; init; } = [];

    /// <summary>|row − mean of the reference rows|.</summary>
    public required double[] OutputDistance { get; init; }

    /// <summary>Indicators of no rows.</summary>
    internal static UnderTrainedIndicators Empty { get; } = new()
    {
        InputNorm = [],
        OutputNorm = [],
        OutputCosineDistance = [],
        OutputCosineDistanceCentred = [],
        OutputCosineDistanceWithoutFirstComponent = [],
        OutputDistance = [],
    };

    /// <summary>Ids in ascending order of an indicator, equal values by lower id, NaN last.</summary>
    public static int[] Ranking(IReadOnlyList<double> indicator)
    {
        ArgumentNullException.ThrowIfNull(indicator);
        int[] ids = [.. Enumerable.Range(0, indicator.Count)];
        Array.Sort(ids, (a, b) => Compare(indicator[a], indicator[b]) is var order && order != 0 ? order : a.CompareTo(b));
        return ids;
    }

    /// <summary>Computes them in two passes over the output table and one over the input table.</summary>
    /// <param name="input">The input table.</param>
    /// <param name="output">The output table; the same object when tied.</param>
    /// <param name="reference">The rows that stand for "never trained", of the output table; without any the cosine distances are left out.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="allReadings">Also the two other readings of "without the first component"; one more eigenproblem of the table's width.</param>
    /// <param name="progress">Told the share of the work done, 0 to 1.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentException">An empty table.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity; the first such row is named.</exception>
    public static UnderTrainedIndicators Of(
        EmbeddingTable input, EmbeddingTable output, ReferenceRows reference, Workers workers, bool allReadings = false,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(workers);
        return Of(input, output, reference, Gram.Of(output.Rows, workers, cancellation), workers, allReadings, progress, cancellation);
    }

    /// <summary>The same where the output table's moments are known already.</summary>
    internal static UnderTrainedIndicators Of(
        EmbeddingTable input, EmbeddingTable output, ReferenceRows reference, Gram gram, Workers workers, bool allReadings,
        IProgress<double>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(reference);
        if (output.Count == 0 || output.ModelDim == 0)
            throw new ArgumentException($"the {output.Name} is empty: [{output.Count}, {output.ModelDim}]", nameof(output));
        double[] outputNorm = TableScan.Norms(output.Rows, workers, cancellation);
        TableScan.RequireFinite(output, outputNorm);
        double[] inputNorm = outputNorm;
        if (!ReferenceEquals(input, output))
        {
            inputNorm = TableScan.Norms(input.Rows, workers, cancellation);
            TableScan.RequireFinite(input, inputNorm);
        }

        progress?.Report(0.2);
        bool directed = reference.Mean.Length > 0;
        View[] views = directed ? Views(gram, reference.Mean, workers, allReadings) : [];
        progress?.Report(0.6);
        var values = new double[views.Length][];
        for (int v = 0; v < views.Length; v++)
            values[v] = new double[output.Count];
        var distance = new double[directed ? output.Count : 0];
        TableScan.Run(output.Rows, workers, (first, count, rows) =>
        {
            double[] row = new double[output.ModelDim], changed = new double[output.ModelDim];
            for (int i = 0; i < count && directed; i++)
            {
                TensorPrimitives.ConvertChecked(rows.Slice(i * row.Length, row.Length), row.AsSpan());
                for (int v = 0; v < views.Length; v++)
                    values[v][first + i] = outputNorm[first + i] == 0 ? 1 : views[v].CosineDistance(row, changed);
                distance[first + i] = TensorPrimitives.Distance<double>(row, reference.Mean);
            }
        }, cancellation);
        progress?.Report(1);
        double[] At(int view) => view < values.Length ? values[view] : [];
        return new UnderTrainedIndicators
        {
            InputNorm = inputNorm,
            OutputNorm = outputNorm,
            OutputCosineDistance = At(0),
            OutputCosineDistanceCentred = At(1),
            OutputCosineDistanceWithoutFirstComponent = At(2),
            OutputCosineDistanceCentredWithoutFirstComponent = At(3),
            OutputCosineDistanceWithoutFirstSingularDirection = At(4),
            OutputDistance = distance,
        };
    }

    private static View[] Views(Gram gram, double[] mean, Workers workers, bool allReadings)
    {
        double[] component = First(gram.Covariance());
        View[] views = [new(mean, null, null), new(mean, gram.Mean, null), new(mean, null, component)];
        return allReadings ? [.. views, new(mean, gram.Mean, component), new(mean, null, First(gram.Products))] : views;

        double[] First(double[] symmetric) => SymmetricEigen.Decompose(symmetric, gram.Columns, 1, workers).Vector(0).ToArray();
    }

    private static int Compare(double a, double b) => double.IsNaN(a) || double.IsNaN(b) ? double.IsNaN(a).CompareTo(double.IsNaN(b)) : a.CompareTo(b);

    /// <summary>One way to look at rows before their directions are compared: without a shift, without a direction.</summary>
    private sealed class View
    {
        private readonly double[]? _shift, _without;
        private readonly double[] _reference;
        private readonly double _norm;

        public View(double[] mean, double[]? shift, double[]? without)
        {
            (_shift, _without, _reference) = (shift, without, new double[mean.Length]);
            Change(mean, _reference);
            _norm = TensorPrimitives.Norm<double>(_reference);
        }

        /// <summary>1 − cosine with the reference; 1 where either is left without a direction.</summary>
        public double CosineDistance(double[] row, double[] changed)
        {
            Change(row, changed);
            double lengths = TensorPrimitives.Norm<double>(changed) * _norm;
            return lengths == 0 ? 1 : 1 - Math.Clamp(TensorPrimitives.Dot<double>(changed, _reference) / lengths, -1, 1);
        }

        private void Change(double[] row, double[] changed)
        {
            row.CopyTo(changed, 0);
            if (_shift is not null)
                TensorPrimitives.Subtract(changed, _shift, changed);
            if (_without is not null)
                TensorPrimitives.MultiplyAdd(_without, -TensorPrimitives.Dot<double>(changed, _without), changed, changed);
        }
    }
}
