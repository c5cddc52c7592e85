using System.Numerics.Tensors;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>How a probe separates classes.</summary>
public enum ProbeKind
{
    /// <summary>One weight row a class, softmax over them.</summary>
    Softmax,

    /// <summary>Two classes, one weight row: the logit of the second class. Not the softmax with two rows under the same penalty.</summary>
    Logistic,
}

/// <summary>
/// A linear classifier with a ridge penalty on its weights, not on its intercepts, fitted to convergence: the minimum of
/// C Σ −log p(label) + |W|²/2 (ridge λ = 1/C on the sum of the losses). Features are taken as they are, not scaled and not centred. Immutable, safe for many threads.
/// </summary>
public sealed class LinearProbe
{
    private LinearProbe(ProbeKind kind, int classCount, double strength, double[][] weights, double[] intercepts, double objective, double gradient, int steps) =>
        (Kind, ClassCount, C, Weights, Intercepts, Objective, LargestGradient, Steps) = (kind, classCount, strength, weights, intercepts, objective, gradient, steps);

    /// <summary>Softmax or logistic.</summary>
    public ProbeKind Kind { get; }

    /// <summary>Number of classes.</summary>
    public int ClassCount { get; }

    /// <summary>Inverse strength of the penalty.</summary>
    public double C { get; }

    /// <summary>Weight rows [class][model], one row for a logistic probe. Rows of a softmax probe sum to zero; a class without training examples has zeros.</summary>
    public double[][] Weights { get; }

    /// <summary>Intercepts, those of a softmax probe less their mean; −∞ for a class without training examples, which is never predicted.</summary>
    public double[] Intercepts { get; }

    /// <summary>The minimum.</summary>
    public double Objective { get; }

    /// <summary>The largest entry of the gradient there: no weight is further from the exact minimum than its length.</summary>
    public double LargestGradient { get; }

    /// <summary>Newton steps taken.</summary>
    public int Steps { get; }

    /// <summary>Fits a probe.</summary>
    /// <param name="features">[example, model]; finite.</param>
    /// <param name="labels">The class of each example, 0 … <paramref name="classCount"/> − 1.</param>
    /// <param name="classCount">At least two; exactly two for a logistic probe.</param>
    /// <param name="kind">Softmax or logistic.</param>
    /// <param name="c">C, above 0; scikit-learn's default is 1.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between steps.</param>
    /// <exception cref="ArgumentException">Shapes that do not fit, labels outside the classes, fewer than two classes with examples, or features that are not finite.</exception>
    public static LinearProbe Fit(
        ReadOnlySpan<float> features, IReadOnlyList<int> labels, int classCount, ProbeKind kind, double c, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(workers);
        if (labels.Count == 0 || features.Length % labels.Count != 0)
            throw new ArgumentException($"features [{labels.Count}, model] expected, found {features.Length} values", nameof(features));
        if (!TensorPrimitives.IsFiniteAll(features))
            throw new ArgumentException("only finite features expected, found NaN or an infinity", nameof(features));
        if (!(c > 0 && double.IsFinite(c)))
            throw new ArgumentOutOfRangeException(nameof(c), c, "a number above 0 expected");
        if (classCount < 2 || (kind == ProbeKind.Logistic && classCount != 2))
            throw new ArgumentException($"{(kind == ProbeKind.Logistic ? "two classes" : "at least two classes")} expected, found {classCount}", nameof(classCount));
        int[] present = [.. labels.Distinct().Order()];
        if (present.Length < 2 || present[0] < 0 || present[^1] >= classCount)
            throw new ArgumentException($"labels from 0 to {classCount - 1} in at least two classes expected, found {string.Join(", ", present)}", nameof(labels));

        int dim = features.Length / labels.Count;
        if (present.Length > Probes.MostClasses(labels.Count, dim))
            throw new ArgumentException($"at most {Probes.MostClasses(labels.Count, dim)} classes expected for {labels.Count} examples of {dim} numbers, found {present.Length}; are they numbers?", nameof(labels));
        // Logistic: class 1 has the weights, class 0 is the pinned last one.
        int[] place = kind == ProbeKind.Logistic ? [1, 0] : present;
        int[] compact = [.. labels.Select(label => kind == ProbeKind.Logistic ? 1 - label : Array.IndexOf(present, label))];
        var objective = new SoftmaxObjective(features, dim, compact, place.Length, kind == ProbeKind.Logistic, c, workers);
        var parameters = new double[objective.Length];
        double tolerance = 1e-9 * Math.Max(1, c * Math.Sqrt(labels.Count));
        var (value, gradient, steps) = NewtonMinimum.Find(objective, parameters, tolerance, cancellation);

        int rows = kind == ProbeKind.Logistic ? 1 : classCount;
        double[][] weights = [.. Enumerable.Range(0, rows).Select(_ => new double[dim])];
        double[] intercepts = [.. Enumerable.Repeat(double.NegativeInfinity, rows)];
        double shift = kind == ProbeKind.Logistic ? 0 : Enumerable.Range(0, objective.FreeRows).Average(k => parameters[k * (dim + 1) + dim]);
        for (int k = 0; k < objective.FreeRows; k++)
        {
            int row = kind == ProbeKind.Logistic ? 0 : place[k];
            parameters.AsSpan(k * (dim + 1), dim).CopyTo(weights[row]);
            intercepts[row] = parameters[k * (dim + 1) + dim] - shift;
        }

        return new LinearProbe(kind, classCount, c, weights, intercepts, value, gradient, steps);
    }

    /// <summary>The class of the largest logit, equal logits by lower class.</summary>
    /// <param name="features">One example [model].</param>
    public int Predict(ReadOnlySpan<float> features)
    {
        var x = new double[features.Length];
        TensorPrimitives.ConvertTruncating(features, x);
        if (Kind == ProbeKind.Logistic)
            return TensorPrimitives.Dot<double>(x, Weights[0]) + Intercepts[0] > 0 ? 1 : 0;
        int best = 0;
        double highest = double.NegativeInfinity;
        for (int k = 0; k < ClassCount; k++)
        {
            double logit = TensorPrimitives.Dot<double>(x, Weights[k]) + Intercepts[k];
            if (logit > highest)
                (best, highest) = (k, logit);
        }

        return best;
    }
}
