using System.Numerics.Tensors;

namespace Azimuth.Geometry;

/// <summary>
/// Minimises a smooth convex function by Newton's method with steps from conjugate gradients, stopped early while far away, and a backtracking line search
/// (Nocedal and Wright 2006, algorithm 7.1).
/// </summary>
internal static class NewtonMinimum
{
    private const int MostSteps = 200;

    /// <summary>Moves <paramref name="point"/> to the minimum.</summary>
    /// <param name="objective">The function.</param>
    /// <param name="point">Where to begin; the minimum afterwards.</param>
    /// <param name="tolerance">The largest entry of the gradient that is good enough.</param>
    /// <param name="cancellation">Checked between steps.</param>
    /// <returns>The value at the minimum, the gradient's largest entry, and the number of steps.</returns>
    internal static (double Value, double Gradient, int Steps) Find(SoftmaxObjective objective, double[] point, double tolerance, CancellationToken cancellation)
    {
        int n = point.Length;
        double[] gradient = new double[n], next = new double[n], nextGradient = new double[n];
        double value = objective.Value(point, gradient);
        for (int step = 0; ; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            double largest = n == 0 ? 0 : Math.Abs(TensorPrimitives.MaxMagnitude<double>(gradient));
            if (largest <= tolerance || step == MostSteps)
                return (value, largest, step);
            double[] direction = Direction(objective, gradient, cancellation);
            double slope = TensorPrimitives.Dot<double>(direction, gradient), length = 1, reached;
            // Near the minimum the decrease drowns in the value's own rounding: then a step that does not visibly rise is taken.
            double rounding = 1e-14 * Math.Max(1, Math.Abs(value));
            while (true)
            {
                TensorPrimitives.MultiplyAdd(direction, length, point, next);
                reached = objective.Value(next, nextGradient);
                if (reached <= value + 1e-4 * length * slope + rounding || length < 1e-10)
                    break;
                length /= 2;
            }

            if (length < 1e-10)
            {
                value = objective.Value(point, gradient);
                return (value, largest, step);
            }

            value = reached;
            next.CopyTo(point, 0);
            nextGradient.CopyTo(gradient, 0);
        }
    }

    /// <summary>H d = −g, as far as the distance from the minimum deserves.</summary>
    private static double[] Direction(SoftmaxObjective objective, double[] gradient, CancellationToken cancellation)
    {
        int n = gradient.Length;
        double[] direction = new double[n], residual = new double[n], along = new double[n], image = new double[n];
        TensorPrimitives.Negate<double>(gradient, residual);
        residual.CopyTo(along, 0);
        double square = TensorPrimitives.SumOfSquares<double>(residual), start = Math.Sqrt(square);
        double enough = start * Math.Min(0.1, Math.Sqrt(start));
        for (int i = 0; i < 2 * n + 50 && Math.Sqrt(square) > enough; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            objective.HessianTimes(along, image);
            double curvature = TensorPrimitives.Dot<double>(along, image);
            // A common shift of all intercepts changes nothing: no curvature, and no gradient either.
            if (curvature <= 1e-300)
                break;
            double step = square / curvature;
            TensorPrimitives.MultiplyAdd(along, step, direction, direction);
            TensorPrimitives.MultiplyAdd(image, -step, residual, residual);
            double before = square;
            square = TensorPrimitives.SumOfSquares<double>(residual);
            TensorPrimitives.MultiplyAdd(along, square / before, residual, along);
        }

        return direction;
    }
}
