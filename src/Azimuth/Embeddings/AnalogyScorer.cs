using System.Numerics.Tensors;
using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>Scores one row as the answer to one analogy, in double: the definition that every faster way is checked against.</summary>
internal sealed class AnalogyScorer
{
    private readonly AnalogyMethod _method;
    private readonly double[] _first, _second, _third; // [model]; what they are depends on the method
    private readonly double _epsilon;

    private AnalogyScorer(AnalogyMethod method, double[] first, double[] second, double[] third, double epsilon) =>
        (_method, _first, _second, _third, _epsilon) = (method, first, second, third, epsilon);

    /// <summary>For one pair: every method.</summary>
    /// <param name="a">Unit row [model], as are b and c.</param>
    /// <param name="b">The row that a leads to.</param>
    /// <param name="c">The row whose partner is asked for.</param>
    /// <param name="method">The score.</param>
    /// <param name="epsilon">3CosMul's ε.</param>
    /// <returns>Null when the score is undefined: the sum or the offset is zero.</returns>
    internal static AnalogyScorer? Of(double[] a, double[] b, double[] c, AnalogyMethod method, double epsilon)
    {
        if (method == AnalogyMethod.Mul)
            return new AnalogyScorer(method, a, b, c, epsilon);
        var offset = new double[a.Length];
        TensorPrimitives.Subtract(b, a, offset);
        return OfOffset(offset, c, method);
    }

    /// <summary>For the mean offset of several pairs: 3CosAdd and pair direction.</summary>
    internal static AnalogyScorer? OfOffset(double[] offset, double[] c, AnalogyMethod method)
    {
        if (method == AnalogyMethod.Pair)
            return Unit(offset) is double[] direction ? new AnalogyScorer(method, direction, c, [], 0) : null;
        var target = new double[c.Length];
        TensorPrimitives.Add(offset, c, target);
        return Unit(target) is double[] sum ? new AnalogyScorer(AnalogyMethod.Add, sum, [], [], 0) : null;
    }

    /// <summary>The score of a row; NaN when the row has no direction or its norm is not finite.</summary>
    /// <param name="row">As stored [model].</param>
    /// <param name="norm">Its length.</param>
    /// <param name="scratch">[model], overwritten.</param>
    internal double Score(ReadOnlySpan<float> row, double norm, Span<double> scratch)
    {
        if (!(norm > 0 && double.IsFinite(norm)))
            return double.NaN;
        TensorPrimitives.ConvertTruncating(row, scratch);
        switch (_method)
        {
            case AnalogyMethod.Add:
                return TensorPrimitives.Dot<double>(_first, scratch) / norm;
            case AnalogyMethod.Mul:
                double toA = TensorPrimitives.Dot<double>(_first, scratch) / norm, toB = TensorPrimitives.Dot<double>(_second, scratch) / norm,
                    toC = TensorPrimitives.Dot<double>(_third, scratch) / norm;
                return (1 + toB) / 2 * ((1 + toC) / 2) / (Math.Max(0, (1 + toA) / 2) + _epsilon);
            default:
                TensorPrimitives.Divide(scratch, norm, scratch);
                TensorPrimitives.Subtract(scratch, _second, scratch);
                double length = TensorPrimitives.Norm<double>(scratch);
                // Below rounding the difference is c itself once more, scaled: it has no direction.
                return length <= 1e-14 ? double.NaN : TensorPrimitives.Dot<double>(_first, scratch) / length;
        }
    }

    /// <summary>A row at length 1; null when it is zero or not finite.</summary>
    internal static double[]? UnitRow(EmbeddingTable table, int id)
    {
        float[] row = table.Vector(id);
        double norm = Vectors.Norm(row);
        return norm > 0 && double.IsFinite(norm) ? Array.ConvertAll(row, v => v / norm) : null;
    }

    /// <summary>Cosine of two vectors; null when either is zero.</summary>
    internal static double? Cosine(double[] a, double[] b)
    {
        double lengths = TensorPrimitives.Norm<double>(a) * TensorPrimitives.Norm<double>(b);
        return lengths > 0 ? TensorPrimitives.Dot<double>(a, b) / lengths : null;
    }

    private static double[]? Unit(double[] vector)
    {
        double norm = TensorPrimitives.Norm<double>(vector);
        return norm > 1e-14 ? Array.ConvertAll(vector, v => v / norm) : null;
    }
}
