using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>Runs probes on rows of a table: rows as stored, not scaled, not centred; learned from one part, chosen on a second, judged on a third.</summary>
public static class Probes
{
    /// <summary>The most numbers a probe takes as features: a gigabyte in double.</summary>
    public const long MostFeatureValues = 1L << 27;

    /// <summary>The most classes a probe tells apart: its probabilities and its sums stay below <see cref="MostFeatureValues"/> numbers as well.</summary>
    /// <param name="examples">Number of examples.</param>
    /// <param name="modelDim">Numbers of an example.</param>
    public static int MostClasses(int examples, int modelDim)
    {
        long perClass = Math.Max(examples, SoftmaxObjective.BlocksOf(examples) * (modelDim + 1L));
        return (int)Math.Clamp(MostFeatureValues / Math.Max(1, perClass), 2, int.MaxValue);
    }

    /// <summary>Strengths that are tried where none is given.</summary>
    public static IReadOnlyList<double> Strengths { get; } = [0.001, 0.01, 0.1, 1, 10, 100];

    /// <summary>Fits a classifier and its control.</summary>
    /// <param name="table">The rows.</param>
    /// <param name="ids">Row of each example.</param>
    /// <param name="labels">Class of each example, an index into <paramref name="classes"/>.</param>
    /// <param name="classes">Names, two at least.</param>
    /// <param name="split">Which examples are for what.</param>
    /// <param name="permutation">The control's label i is labels[permutation[i]].</param>
    /// <param name="kind">Softmax or, for two classes, logistic: the second class is the one with the weights.</param>
    /// <param name="c">C; the best on the validation part among <see cref="Strengths"/> when null, equal ones by the smallest, 1 without a validation part.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="progress">Told the share of the fits done, 0 to 1.</param>
    /// <param name="cancellation">Checked between steps.</param>
    /// <exception cref="ArgumentException">Lists of different length, a part that shares examples with another, too many numbers, fewer than two classes to learn from.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity.</exception>
    public static ProbeResult Classify(
        EmbeddingTable table, IReadOnlyList<int> ids, IReadOnlyList<int> labels, IReadOnlyList<string> classes, ProbeSplit split, IReadOnlyList<int> permutation,
        ProbeKind kind, double? c, Workers workers, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(classes);
        ArgumentNullException.ThrowIfNull(labels);
        var data = Examples.Of(table, ids, labels.Count, split, permutation);
        if (classes.Count > MostClasses(labels.Count, table.ModelDim))
            throw new ArgumentException($"at most {MostClasses(labels.Count, table.ModelDim)} classes expected for {labels.Count} rows of {table.ModelDim}, found {classes.Count}; are they numbers?", nameof(classes));
        int[] own = [.. labels], control = [.. permutation.Select(i => own[i])];
        List<TriedStrength> tried = [];
        LinearProbe? probe = null;
        IReadOnlyList<double> strengths = c is double given ? [given] : split.Validation.Count == 0 ? [1] : Strengths;
        foreach (double strength in strengths)
        {
            LinearProbe candidate = Fit(own, strength);
            progress?.Report((tried.Count + 1.0) / (strengths.Count + 1));
            PartCount validation = data.Count(candidate, own, split.Validation);
            if (probe is null || validation.Correct > tried.Max(other => other.Validation.Correct))
                probe = candidate;
            tried.Add(new TriedStrength(strength, validation));
        }

        LinearProbe shuffled = Fit(control, probe!.C);
        progress?.Report(1);
        PartAccuracy accuracy = data.Parts(probe, own), controlAccuracy = data.Parts(shuffled, control);
        var confusion = Array.ConvertAll(new int[classes.Count], _ => new int[classes.Count]);
        foreach (int i in split.Test)
            confusion[own[i]][probe.Predict(data.Row(i))]++;
        return new ProbeResult(probe)
        {
            Kind = kind,
            Classes = classes,
            C = probe.C,
            Tried = c is null && tried.Count > 1 ? tried : [],
            Objective = probe.Objective,
            Accuracy = accuracy,
            TestConfusion = confusion,
            MajorityBaselineTest = split.Test.Count == 0 ? double.NaN : confusion.Max(row => row.Sum()) / (double)split.Test.Count,
            ControlAccuracy = controlAccuracy,
            SelectivityTest = accuracy.Test.Share - controlAccuracy.Test.Share,
            Conventions = Conventions.OfTable(table, "rows as stored: not scaled, not centred", "the intercept is not penalised", "the control has the labels of all parts permuted") with { Angles = null },
        };

        LinearProbe Fit(int[] all, double strength) => LinearProbe.Fit(
            data.Rows(split.Train), [.. split.Train.Select(i => all[i])], classes.Count, kind, strength, workers, cancellation);
    }

    /// <summary>Fits a linear function of the row to a number, and its control.</summary>
    /// <param name="table">The rows.</param>
    /// <param name="ids">Row of each example.</param>
    /// <param name="targets">The number of each example.</param>
    /// <param name="split">Which examples are for what.</param>
    /// <param name="permutation">The control's number i is targets[permutation[i]].</param>
    /// <param name="alpha">Strength of the ridge penalty; 0 for least squares.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between blocks of examples.</param>
    /// <exception cref="ArgumentException">As for <see cref="Classify"/>.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity.</exception>
    public static RegressionResult Regress(
        EmbeddingTable table, IReadOnlyList<int> ids, IReadOnlyList<double> targets, ProbeSplit split, IReadOnlyList<int> permutation, double alpha, Workers workers,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(targets);
        var data = Examples.Of(table, ids, targets.Count, split, permutation);
        double[] own = [.. targets], control = [.. permutation.Select(i => own[i])];
        RidgeRegression fitted = Fit(own);
        return new RegressionResult(fitted)
        {
            Alpha = alpha,
            R2 = data.Parts(fitted, own),
            ControlR2 = data.Parts(Fit(control), control),
            Conventions = Conventions.OfTable(table, "rows as stored: not scaled, not centred", "the intercept is not penalised", "R² of each part against the part's own mean") with { Angles = null },
        };

        RidgeRegression Fit(double[] all) => RidgeRegression.Fit(data.Rows(split.Train), [.. split.Train.Select(i => all[i])], alpha, workers, cancellation);
    }

    /// <summary>Euclidean lengths of rows, a number that a probe may be asked for.</summary>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity.</exception>
    public static double[] Norms(EmbeddingTable table, IReadOnlyList<int> ids)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(ids);
        return [.. ids.Select(id => Vectors.Norm(TableScan.FiniteRow(table, id)))];
    }

    /// <summary>The rows of the examples and the parts they are in.</summary>
    private sealed record Examples(float[] Values, int Dim, ProbeSplit Split)
    {
        internal static Examples Of(EmbeddingTable table, IReadOnlyList<int> ids, int count, ProbeSplit split, IReadOnlyList<int> permutation)
        {
            ArgumentNullException.ThrowIfNull(table);
            ArgumentNullException.ThrowIfNull(ids);
            ArgumentNullException.ThrowIfNull(split);
            ArgumentNullException.ThrowIfNull(permutation);
            if (ids.Count != count || !permutation.Order().SequenceEqual(Enumerable.Range(0, count)))
                throw new ArgumentException($"as many rows as labels and a permutation of them expected, found {ids.Count} rows, {count} labels and {permutation.Count} entries of the permutation");
            int[] used = [.. split.Train, .. split.Validation, .. split.Test];
            if (used.Length == 0 || used.Distinct().Count() != used.Length || used.Min() < 0 || used.Max() >= count)
                throw new ArgumentException($"parts of different examples from 0 to {count - 1} expected; one is listed twice, or outside", nameof(split));
            if ((long)count * table.ModelDim > MostFeatureValues)
                throw new ArgumentException($"a probe takes at most {MostFeatureValues} numbers, found {count} rows of {table.ModelDim}; label fewer tokens", nameof(ids));
            var values = new float[count * table.ModelDim];
            for (int i = 0; i < count; i++)
                TableScan.FiniteRow(table, ids[i]).CopyTo(values, i * table.ModelDim);
            return new Examples(values, table.ModelDim, split);
        }

        internal ReadOnlySpan<float> Row(int example) => Values.AsSpan(example * Dim, Dim);

        internal float[] Rows(IReadOnlyList<int> part)
        {
            var rows = new float[part.Count * Dim];
            for (int i = 0; i < part.Count; i++)
                Row(part[i]).CopyTo(rows.AsSpan(i * Dim, Dim));
            return rows;
        }

        internal PartCount Count(LinearProbe probe, int[] labels, IReadOnlyList<int> part) => new(part.Count(i => probe.Predict(Row(i)) == labels[i]), part.Count);

        internal PartAccuracy Parts(LinearProbe probe, int[] labels) => new(Count(probe, labels, Split.Train), Count(probe, labels, Split.Validation), Count(probe, labels, Split.Test));

        internal PartRSquared Parts(RidgeRegression regression, double[] targets)
        {
            return new PartRSquared(Of(Split.Train), Of(Split.Validation), Of(Split.Test));

            double Of(IReadOnlyList<int> part) => RidgeRegression.RSquared([.. part.Select(i => targets[i])], [.. part.Select(i => regression.Predict(Row(i)))]);
        }
    }
}
