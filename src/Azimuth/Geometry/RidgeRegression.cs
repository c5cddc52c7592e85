using System.Numerics.Tensors;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>Least squares with a ridge penalty: the minimum of Σ (t − w·x − b)² + α|w|², the intercept not penalised. Immutable, safe for many threads.</summary>
public sealed class RidgeRegression
{
    private RidgeRegression(double alpha, double[] weights, double intercept) => (Alpha, Weights, Intercept) = (alpha, weights, intercept);

    /// <summary>Strength of the penalty; 0 is plain least squares, of all minima the one with the shortest weights.</summary>
    public double Alpha { get; }

    /// <summary>Weights [model].</summary>
    public double[] Weights { get; }

    /// <summary>Intercept.</summary>
    public double Intercept { get; }

    /// <summary>Fits by the normal equations on centred features.</summary>
    /// <param name="features">[example, model]; finite.</param>
    /// <param name="targets">One number an example; finite.</param>
    /// <param name="alpha">0 or more.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between blocks of examples.</param>
    /// <exception cref="ArgumentException">No example, shapes that do not fit, or values that are not finite.</exception>
    public static RidgeRegression Fit(ReadOnlySpan<float> features, IReadOnlyList<double> targets, double alpha, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentNullException.ThrowIfNull(workers);
        if (!(alpha >= 0 && double.IsFinite(alpha)))
            throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "a number of at least 0 expected");
        int n = targets.Count;
        if (n == 0 || features.Length % n != 0)
            throw new ArgumentException($"features [{n}, model] expected, found {features.Length} values", nameof(features));
        if (!TensorPrimitives.IsFiniteAll(features) || !targets.All(double.IsFinite))
            throw new ArgumentException("only finite numbers expected, found NaN or an infinity", nameof(features));
        int d = features.Length / n;
        double meanTarget = targets.Average();
        Gram gram = Gram.Of(StoredMatrix.FromFloats(features, n, d), workers, cancellation);
        double[] centred = gram.Covariance(), right = new double[d], x = new double[d]; // [model, model], [model]
        TensorPrimitives.Multiply(centred, n, centred);
        for (int i = 0; i < d; i++)
            centred[i * d + i] += alpha;
        for (int i = 0; i < n; i++)
        {
            TensorPrimitives.ConvertTruncating(features.Slice(i * d, d), x);
            TensorPrimitives.Subtract(x, gram.Mean, x);
            TensorPrimitives.MultiplyAdd(x, targets[i] - meanTarget, right, right);
        }

        // With fewer examples than columns the centred Gram matrix has rank n − 1 and rounding noise below: the cut-off leaves that out.
        double[] weights = LeastSquares.Of(centred, d, workers, alpha > 0 ? 0 : Math.Max(d, n) * Math.ScaleB(1, -48)).Solve(right);
        return new RidgeRegression(alpha, weights, meanTarget - TensorPrimitives.Dot<double>(weights, gram.Mean));
    }

    /// <summary>w·x + b.</summary>
    /// <param name="features">One example [model].</param>
    public double Predict(ReadOnlySpan<float> features)
    {
        var x = new double[features.Length];
        TensorPrimitives.ConvertTruncating(features, x);
        return TensorPrimitives.Dot<double>(x, Weights) + Intercept;
    }

    /// <summary>1 − Σ(t − p)²/Σ(t − t̄)² with the mean of these very targets: 1 is perfect, 0 as good as their mean, below 0 worse. NaN without spread.</summary>
    public static double RSquared(IReadOnlyList<double> targets, IReadOnlyList<double> predictions)
    {
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentNullException.ThrowIfNull(predictions);
        if (targets.Count == 0)
            return double.NaN;
        double mean = targets.Average(), spread = targets.Sum(t => (t - mean) * (t - mean));
        return spread > 0 ? 1 - targets.Zip(predictions, (t, p) => (t - p) * (t - p)).Sum() / spread : double.NaN;
    }
}
