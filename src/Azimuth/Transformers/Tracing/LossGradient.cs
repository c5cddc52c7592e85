using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Transformers.Tracing;

/// <summary>How products of output rows become logits.</summary>
/// <param name="Scale">Factor on U·h + bias (Cohere, Granite).</param>
/// <param name="SoftCap">c in c·tanh(logit / c) (Gemma 2); null for none.</param>
/// <param name="Temperature">Logits are divided by it before the softmax; above 0.</param>
public sealed record LogitShape(float Scale = 1, float? SoftCap = null, double Temperature = 1);

/// <summary>
/// The loss −ln p[target] of one position, or its mean over several, and how it moves the output rows: dL/dU[i] = (pᵢ − yᵢ) h (Bridle 1990, "Probabilistic
/// interpretation of feedforward classification network outputs", with y one-hot), times the logits' scale, over the temperature, times 1 − (zᵢ/c)² under a soft cap. The target's row is pulled
/// towards h, every other row pushed away from it by its own probability. All in double, from the rows as stored. Immutable, safe for many threads.
/// </summary>
public sealed class LossGradient
{
    private readonly StoredMatrix _rows;
    private readonly Matrix _vectors;
    private readonly int[] _targets;
    private readonly LogitShape _shape;
    private readonly Workers _workers;
    private readonly double[][] _products; // [position][vocab]: U·h + bias, before scale and cap
    private readonly double[][] _pulls; // [position][vocab]: dL/d(U·h), the mean over positions taken

    private LossGradient(StoredMatrix rows, Matrix vectors, int[] targets, LogitShape shape, double[][] products, Workers workers)
    {
        (_rows, _vectors, _targets, _shape, _products, _workers) = (rows, vectors, targets, shape, products, workers);
        var probabilities = new double[targets.Length][];
        _pulls = new double[targets.Length][];
        for (int p = 0; p < targets.Length; p++)
        {
            double[] logits = LossFunction.Logits(products[p], shape);
            LossNats += LossFunction.Loss(logits, targets[p], shape.Temperature) / targets.Length;
            probabilities[p] = LossFunction.Probabilities(logits, shape.Temperature);
            _pulls[p] = Pulls(probabilities[p], logits, targets[p]);
        }

        Probabilities = probabilities;
        PositionCount = targets.Length;
        BiasGradient = new double[products[0].Length];
        foreach (double[] pulls in _pulls)
            TensorPrimitives.Add(BiasGradient, pulls, BiasGradient);
        RowLengths = Lengths();
    }

    /// <summary>Number of positions the loss is the mean of.</summary>
    public int PositionCount { get; }

    /// <summary>Mean of −ln p[target] over the positions, in nats.</summary>
    public double LossNats { get; }

    /// <summary>softmax(logits / T) of each position [position][vocab].</summary>
    public IReadOnlyList<double[]> Probabilities { get; }

    /// <summary>dL/dbias [vocab]: p − y at scale and temperature 1; the mean over positions.</summary>
    public double[] BiasGradient { get; }

    /// <summary>|dL/dU[i]| of every row [vocab].</summary>
    public double[] RowLengths { get; }

    /// <summary>Computes loss and gradient.</summary>
    /// <param name="rows">The output table U [vocab, width].</param>
    /// <param name="bias">[vocab], or empty for none.</param>
    /// <param name="vectors">What the rows are multiplied with, h [position, width], at least one position.</param>
    /// <param name="targets">The right token of each position.</param>
    /// <param name="shape">From products to logits.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit, no position, a target out of range, a temperature that is not above 0, or logits that are not finite.</exception>
    public static LossGradient Of(StoredMatrix rows, ReadOnlySpan<float> bias, Matrix vectors, IReadOnlyList<int> targets, LogitShape shape, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(vectors);
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(workers);
        if (targets.Count == 0 || targets.Count != vectors.Rows || vectors.Columns != rows.Columns || (bias.Length != 0 && bias.Length != rows.Rows))
            throw new ArgumentException($"[{targets.Count}, {rows.Columns}] vectors and {rows.Rows} biases or none expected, found [{vectors.Rows}, {vectors.Columns}] and {bias.Length}", nameof(vectors));
        foreach (int target in targets)
        {
            if ((uint)target >= (ulong)rows.Rows)
                throw new ArgumentOutOfRangeException(nameof(targets), target, $"the output table has rows 0 to {rows.Rows - 1}");
        }

        if (!(shape.Temperature > 0 && double.IsFinite(shape.Temperature)))
            throw new ArgumentOutOfRangeException(nameof(shape), shape.Temperature, "a finite temperature above 0 expected: at 0 the loss has no gradient");
        var products = new double[targets.Count][];
        for (int p = 0; p < products.Length; p++)
        {
            products[p] = RowScores.DotDouble(vectors.Row(p), rows, workers);
            for (int i = 0; i < bias.Length; i++)
                products[p][i] += bias[i];
            if (!TensorPrimitives.IsFiniteAll<double>(products[p]))
                throw new ArgumentException($"position {p} gives logits that are not finite", nameof(vectors));
        }

        return new LossGradient(rows, vectors, [.. targets], shape, products, workers);
    }

    /// <summary>The same for a model's vectors after the final norm [position, model]: its projection, table, bias, scale and soft cap.</summary>
    /// <inheritdoc cref="Of(StoredMatrix, ReadOnlySpan{float}, Matrix, IReadOnlyList{int}, LogitShape, Workers)" path="/exception"/>
    public static LossGradient Of(LanguageModel model, Matrix finalNormed, IReadOnlyList<int> targets, double temperature = 1)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.RequireCausal();
        var shape = new LogitShape(model.Config.Output.LogitScale, model.Config.Output.LogitSoftCap, temperature);
        return Of(model.Unembedding.Rows, model.Parts.UnembeddingBias, model.Parts.ApplyOutputProjection(finalNormed), targets, shape, model.Workers);
    }

    /// <summary>dL/dU[id] [width].</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    public double[] RowGradient(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, BiasGradient.Length);
        var gradient = new double[_vectors.Columns];
        for (int p = 0; p < PositionCount; p++)
        {
            ReadOnlySpan<float> vector = _vectors.Row(p);
            for (int c = 0; c < gradient.Length; c++)
                gradient[c] += _pulls[p][id] * vector[c];
        }

        return gradient;
    }

    /// <summary>dL/dh = Uᵀ(p − y) of one position [width].</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such position.</exception>
    public double[] VectorGradient(int position)
    {
        const int parts = 64; // fixed, so that the order of summation never depends on the threads
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, PositionCount);
        int count = BiasGradient.Length, rowsPerPart = (count + parts - 1) / parts;
        var sums = new double[parts][];
        _workers.Run(parts, part =>
        {
            double[] sum = sums[part] = new double[_rows.Columns];
            var row = new float[_rows.Columns];
            for (int id = part * rowsPerPart; id < Math.Min(count, (part + 1) * rowsPerPart); id++)
            {
                _rows.ReadRow(id, row);
                double pull = _pulls[position][id];
                for (int c = 0; c < sum.Length; c++)
                    sum[c] += pull * row[c];
            }
        });
        var total = new double[_rows.Columns];
        foreach (double[] sum in sums)
            TensorPrimitives.Add(total, sum, total);
        return total;
    }

    /// <summary>The rows that are moved most, longest gradient first, equal ones by lower id.</summary>
    public int[] LargestRows(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return Ranking.Highest(RowLengths, count);
    }

    /// <summary>What one step of gradient descent on the output rows does, U[i] ← U[i] − η dL/dU[i] for all i at once, h and bias held.</summary>
    /// <param name="eta">The step size η, 0 or more.</param>
    public GradientStep Step(double eta)
    {
        if (!(eta >= 0 && double.IsFinite(eta)))
            throw new ArgumentOutOfRangeException(nameof(eta), eta, "a finite step size of at least 0 expected");
        var targets = new TargetStep[PositionCount];
        double loss = 0;
        for (int p = 0; p < PositionCount; p++)
        {
            double[] moved = [.. _products[p]];
            for (int q = 0; q < PositionCount; q++)
                TensorPrimitives.MultiplyAdd(_pulls[q], -eta * Vectors.DotDouble(_vectors.Row(q), _vectors.Row(p)), moved, moved);
            double[] before = LossFunction.Logits(_products[p], _shape), after = LossFunction.Logits(moved, _shape);
            int target = _targets[p];
            double lossAfter = LossFunction.Loss(after, target, _shape.Temperature);
            loss += lossAfter / PositionCount;
            targets[p] = new TargetStep(target, before[target], after[target], Probabilities[p][target], Math.Exp(-lossAfter));
        }

        return new GradientStep(eta, LossNats, loss, targets);
    }

    /// <summary>Compares entries of the gradient with central differences of the loss (<see cref="GradientCheck"/>).</summary>
    public GradientCheck Check() => GradientCheck.Of(this, _rows, _vectors, _products, _targets, _shape, _workers);

    private double[] Pulls(double[] probabilities, double[] logits, int target)
    {
        var pulls = new double[probabilities.Length];
        for (int i = 0; i < pulls.Length; i++)
        {
            double slope = _shape.SoftCap is float cap ? 1 - logits[i] / cap * (logits[i] / cap) : 1;
            pulls[i] = (probabilities[i] - (i == target ? 1 : 0)) / _shape.Temperature * slope * _shape.Scale / _targets.Length;
        }

        return pulls;
    }

    private double[] Lengths()
    {
        double norm = Vectors.Norm(_vectors.Row(0));
        if (PositionCount == 1)
            return Array.ConvertAll(_pulls[0], pull => Math.Abs(pull) * norm);
        var lengths = new double[BiasGradient.Length];
        _workers.RunRanges(lengths.Length, 64, (from, to) =>
        {
            for (int id = from; id < to; id++)
                lengths[id] = TensorPrimitives.Norm<double>(RowGradient(id));
        });
        return lengths;
    }
}

/// <summary>One step of gradient descent on the output rows.</summary>
/// <param name="Eta">Step size η.</param>
/// <param name="LossBefore">Mean loss before, nats.</param>
/// <param name="LossAfter">Mean loss after.</param>
/// <param name="Targets">Each position's target.</param>
public sealed record GradientStep(double Eta, double LossBefore, double LossAfter, IReadOnlyList<TargetStep> Targets);

/// <summary>A target before and after a step.</summary>
/// <param name="Id">The target.</param>
/// <param name="LogitBefore">Its logit before.</param>
/// <param name="LogitAfter">Its logit after.</param>
/// <param name="ProbabilityBefore">Its probability before.</param>
/// <param name="ProbabilityAfter">Its probability after.</param>
public sealed record TargetStep(int Id, double LogitBefore, double LogitAfter, double ProbabilityBefore, double ProbabilityAfter);
