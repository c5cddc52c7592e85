using System.Numerics.Tensors;

namespace Azimuth.Numerics;

/// <summary>The determinant of an orthogonal matrix, or of any other well-conditioned one.</summary>
internal static class Determinant
{
    /// <summary>By elimination with row pivots (Golub and Van Loan, Matrix Computations, §3.4).</summary>
    internal static double Of(double[] matrix, int order, Workers workers)
    {
        double[] rows = [.. matrix];
        double product = 1;
        for (int k = 0; k < order; k++)
        {
            int pivot = k;
            for (int i = k + 1; i < order; i++)
                pivot = Math.Abs(rows[i * order + k]) > Math.Abs(rows[pivot * order + k]) ? i : pivot;
            double head = rows[pivot * order + k];
            if (head == 0)
                return 0;
            product *= pivot == k ? head : -head;
            var upper = rows.AsSpan(k * order, order);
            if (pivot != k)
            {
                for (int c = k; c < order; c++)
                    (upper[c], rows[pivot * order + c]) = (rows[pivot * order + c], upper[c]);
            }

            int column = k;
            workers.RunRanges(order - k - 1, 64, (from, to) =>
            {
                var top = rows.AsSpan(column * order + column + 1, order - column - 1);
                for (int i = column + 1 + from; i < column + 1 + to; i++)
                {
                    var row = rows.AsSpan(i * order + column + 1, order - column - 1);
                    TensorPrimitives.MultiplyAdd(top, -rows[i * order + column] / head, row, row);
                }
            });
        }

        return product;
    }
}
