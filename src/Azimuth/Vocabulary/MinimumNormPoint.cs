using System.Numerics.Tensors;

namespace Azimuth.Vocabulary;

/// <summary>
/// The point of smallest length in the convex hull of vectors that are handed in a few at a time (Wolfe 1976, "Finding the nearest point in a polytope").
/// The point x has v·x ≥ |x|² for every vector v of the hull, so x ≠ 0 is a direction in which all of them lie on one side, and x = 0 is a convex combination
/// that gives zero. In double. Not synchronised.
/// </summary>
internal sealed class MinimumNormPoint
{
    private const double Zero = 1e-13; // of vectors no longer than 1
    private readonly int _width;
    private readonly List<Vertex> _active = [];
    private readonly GrowingCholesky _factor = new(); // of G + 1 1ᵀ, with G the products of the active vectors
    private double[] _weights = [];

    internal MinimumNormPoint(int width)
    {
        _width = width;
        Point = new double[width];
    }

    /// <summary>The point [width].</summary>
    internal double[] Point { get; private set; }

    /// <summary>The vectors it is made of, by their number, and their weights: above 0, sum 1.</summary>
    internal IEnumerable<(int Id, double Weight)> Weights => _active.Select((vertex, k) => (vertex.Id, _weights[k]));

    /// <summary>True when the point is zero up to rounding.</summary>
    internal bool IsZero => TensorPrimitives.Norm<double>(Point) <= Zero;

    /// <summary>Takes more vectors into the hull and moves the point. Vectors that carry no weight afterwards are forgotten.</summary>
    /// <param name="more">Numbers and vectors [width], none longer than about 1; those known already are passed over.</param>
    /// <returns>False when none of them brought the point nearer to zero.</returns>
    internal bool Extend(IReadOnlyList<(int Id, double[] Vector)> more)
    {
        var waiting = new List<Vertex>(more.Where(m => !_active.Exists(a => a.Id == m.Id)).Select(m => new Vertex(m.Id, m.Vector)));
        bool moved = false;
        if (_active.Count == 0 && waiting.Count > 0)
        {
            Vertex first = waiting.MinBy(v => TensorPrimitives.SumOfSquares<double>(v.Vector))!;
            Activate(first);
            waiting.Remove(first);
            _weights = [1];
            Point = [.. first.Vector];
            moved = true;
        }

        // Each round shortens the point or ends; the limit only guards against rounding that goes in circles.
        for (int round = 0; round < 50 * (_width + 2) && waiting.Count > 0 && !IsZero; round++)
        {
            double square = TensorPrimitives.SumOfSquares<double>(Point), least = double.PositiveInfinity;
            Vertex? next = null;
            foreach (Vertex vertex in waiting)
            {
                double along = TensorPrimitives.Dot<double>(vertex.Vector, Point);
                if (along < least)
                    (least, next) = (along, vertex);
            }

            if (next is null || least >= square * (1 - 1e-10))
                break;
            waiting.Remove(next);
            if (!Activate(next))
                continue;
            _weights = [.. _weights, 0];
            waiting.AddRange(Descend());
            moved |= TensorPrimitives.SumOfSquares<double>(Point) < square;
        }

        return moved;
    }

    private bool Activate(Vertex vertex)
    {
        var products = new double[_active.Count + 1];
        for (int k = 0; k < _active.Count; k++)
            products[k] = 1 + TensorPrimitives.Dot<double>(_active[k].Vector, vertex.Vector);
        products[^1] = 1 + TensorPrimitives.SumOfSquares<double>(vertex.Vector);
        if (!_factor.Add(products))
            return false;
        _active.Add(vertex);
        return true;
    }

    /// <summary>Moves to the nearest point of the active vectors' affine hull as far as the weights stay positive; gives back the vectors left behind.</summary>
    private List<Vertex> Descend()
    {
        var left = new List<Vertex>();
        while (true)
        {
            double[] target = AffineMinimum();
            double share = 1;
            for (int k = 0; k < target.Length; k++)
            {
                if (target[k] <= 0)
                    share = Math.Min(share, _weights[k] / (_weights[k] - target[k]));
            }

            bool inside = Array.TrueForAll(target, w => w > 0);
            for (int k = 0; k < target.Length; k++)
                _weights[k] = inside ? target[k] : (1 - share) * _weights[k] + share * target[k];
            if (inside)
                break;
            // The one that stops the way leaves, whatever rounding has left of its weight.
            int stops = -1;
            for (int k = 0; k < target.Length; k++)
            {
                if (target[k] <= 0 && (stops < 0 || _weights[k] < _weights[stops]))
                    stops = k;
            }

            for (int k = target.Length - 1; k >= 0; k--)
            {
                if (k == stops || _weights[k] <= 0)
                    left.Add(Deactivate(k));
            }

            double sum = TensorPrimitives.Sum<double>(_weights);
            TensorPrimitives.Divide(_weights, sum, _weights);
        }

        Point = Combine(_weights);
        return left;
    }

    private Vertex Deactivate(int k)
    {
        Vertex vertex = _active[k];
        _active.RemoveAt(k);
        _factor.Remove(k);
        _weights = [.. _weights[..k], .. _weights[(k + 1)..]];
        return vertex;
    }

    /// <summary>Weights of sum 1, of any sign, that make the shortest vector; refined once, since the factor knows squares of the vectors only.</summary>
    private double[] AffineMinimum()
    {
        var ones = new double[_active.Count];
        Array.Fill(ones, 1);
        double[] direction = _factor.Solve(ones), weights = [.. direction];
        double total = TensorPrimitives.Sum<double>(direction);
        TensorPrimitives.Divide(weights, total, weights);
        for (int refinement = 0; refinement < 2; refinement++)
        {
            double[] point = Combine(weights), residual = [.. _active.Select(vertex => -TensorPrimitives.Dot<double>(vertex.Vector, point))];
            double[] change = _factor.Solve(residual);
            double keep = TensorPrimitives.Sum<double>(change) / total; // the sum of the weights stays 1
            for (int k = 0; k < weights.Length; k++)
                weights[k] += change[k] - keep * direction[k];
        }

        return weights;
    }

    private double[] Combine(double[] weights)
    {
        var point = new double[_width];
        for (int k = 0; k < weights.Length; k++)
            TensorPrimitives.MultiplyAdd(_active[k].Vector, weights[k], point, point);
        return point;
    }

    private sealed record Vertex(int Id, double[] Vector);
}
