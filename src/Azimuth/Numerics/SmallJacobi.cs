namespace Azimuth.Numerics;

/// <summary>
/// Diagonalises a small matrix of the products of some rows by plane rotations from both sides (Golub and Van Loan, Matrix Computations, §8.5). What counts as diagonal is relative to the
/// two rows of a product, so that short rows become as orthogonal as long ones (Demmel and Veselić 1992).
/// </summary>
/// <param name="products">Symmetric [count, count], rows <paramref name="stride"/> apart; used up.</param>
/// <param name="factor">Set to the orthogonal matrix whose rows combine the given rows to orthogonal ones [count, count].</param>
/// <param name="count">Number of rows.</param>
/// <param name="stride">Values from one row to the next in both.</param>
internal sealed unsafe class SmallJacobi(double* products, double* factor, int count, int stride)
{
    private const int MostSweeps = 20;

    /// <summary>False when nothing was to do, and the factor not set. Rows whose square is at most <paramref name="noise"/> have no direction of their own and stay.</summary>
    internal bool Diagonalise(double tolerance, double noise)
    {
        bool any = false;
        for (int sweep = 0; sweep < MostSweeps; sweep++)
        {
            bool turned = false;
            for (int a = 0; a < count; a++)
            {
                for (int b = a + 1; b < count; b++)
                {
                    double squareA = products[a * stride + a], squareB = products[b * stride + b], product = products[a * stride + b];
                    if (squareA <= noise || squareB <= noise || Math.Abs(product) <= tolerance * Math.Sqrt(squareA) * Math.Sqrt(squareB))
                        continue;
                    if (!any)
                        SetUnit();
                    any = turned = true;
                    Turn(a, b, squareA, squareB, product);
                }
            }

            if (!turned)
                break;
        }

        return any;
    }

    private void SetUnit()
    {
        for (int i = 0; i < count; i++)
        {
            new Span<double>(factor + i * stride, count).Clear();
            factor[i * stride + i] = 1;
        }
    }

    private void Turn(int a, int b, double squareA, double squareB, double product)
    {
        // Golub and Van Loan, §8.5.2: the smaller of the two angles.
        double tau = (squareB - squareA) / (2 * product);
        double tangent = (tau >= 0 ? 1 : -1) / (Math.Abs(tau) + Math.Sqrt(1 + tau * tau));
        double cosine = 1 / Math.Sqrt(1 + tangent * tangent), sine = cosine * tangent;
        double* rowA = products + a * stride, rowB = products + b * stride;
        Rotation.Turn(new Span<double>(rowA, count), new Span<double>(rowB, count), cosine, sine);
        Rotation.Turn(new Span<double>(factor + a * stride, count), new Span<double>(factor + b * stride, count), cosine, sine);
        (rowA[a], rowB[b], rowA[b], rowB[a]) = (squareA - tangent * product, squareB + tangent * product, 0, 0);
        // The columns are the rows.
        for (int i = 0; i < count; i++)
        {
            products[i * stride + a] = rowA[i];
            products[i * stride + b] = rowB[i];
        }
    }
}
