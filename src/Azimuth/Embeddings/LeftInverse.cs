using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>
/// The way back from a row to its token by least squares: scores E(EᵀE)⁻¹e. Whitened, z = Λ^(−½)Vᵀe with EᵀE = VΛVᵀ, they are dot products
/// z·zₜ, and a token's own score |zₜ|² is its leverage. Directions the table does not have are left out (pseudo-inverse). Immutable, safe for many
/// threads.
/// </summary>
internal sealed class LeftInverse
{
    /// <summary>Rows whitened together: two vectors of doubles.</summary>
    private const int Together = 16;

    private readonly LeastSquares _solver;
    private readonly double[] _whitening; // [rank rounded up to 4, model]; rows past the rank are zero

    private LeftInverse(LeastSquares solver)
    {
        _solver = solver;
        _whitening = new double[(Rank + 3) / 4 * 4 * solver.Order];
        solver.WhiteningRows().CopyTo(_whitening, 0);
    }

    /// <summary>Number of directions the table has.</summary>
    internal int Rank => _solver.Rank;

    internal static LeftInverse Of(EmbeddingTable table, Workers workers) =>
        new(LeastSquares.Of(Gram.Of(table.Rows, workers).Products, table.ModelDim, workers));

    /// <summary>(EᵀE)⁺e [model]: its dot product with a row is that row's score.</summary>
    internal double[] Coefficients(ReadOnlySpan<float> row)
    {
        var wide = new double[row.Length];
        for (int i = 0; i < wide.Length; i++)
            wide[i] = row[i];
        return _solver.Solve(wide);
    }

    /// <summary>The score of <paramref name="row"/> for the token whose <see cref="Coefficients"/> these are.</summary>
    internal static double Score(ReadOnlySpan<double> coefficients, ReadOnlySpan<float> row)
    {
        double sum = 0;
        for (int i = 0; i < row.Length; i++)
            sum += coefficients[i] * row[i];
        return sum;
    }

    /// <summary>
    /// Whitens rows [count, model] to <paramref name="whitened"/> [count, rank], rounded to float, and writes their squared lengths before rounding,
    /// the leverages. Sums are in double and in the same order for every row, so equal rows get equal bits. Either result may be empty.
    /// </summary>
    internal void Whiten(ReadOnlySpan<float> rows, int count, Span<float> whitened, Span<double> leverages)
    {
        int columns = _solver.Order, rank = Rank;
        var lanes = new double[columns * Together]; // [model, 16]
        var z = new double[(rank + 3) / 4 * 4 * Together]; // [rank, 16]
        for (int first = 0; first < count; first += Together)
        {
            int here = Math.Min(Together, count - first);
            for (int i = 0; i < here; i++)
            {
                var row = rows.Slice((first + i) * columns, columns);
                for (int c = 0; c < columns; c++)
                    lanes[c * Together + i] = row[c];
            }

            for (int w = 0; w < rank; w += 4)
                FourWhiteningRows(_whitening.AsSpan(w * columns, 4 * columns), lanes, z.AsSpan(w * Together, 4 * Together));
            for (int i = 0; i < here; i++)
            {
                double length = 0;
                for (int w = 0; w < rank; w++)
                {
                    double value = z[w * Together + i];
                    length += value * value;
                    if (!whitened.IsEmpty)
                        whitened[(first + i) * rank + w] = (float)value;
                }

                if (!leverages.IsEmpty)
                    leverages[first + i] = length;
            }
        }
    }

    /// <summary>z[4, 16] = whitening[4, model] · lanes[model, 16], all sums in registers.</summary>
    private static void FourWhiteningRows(ReadOnlySpan<double> whitening, ReadOnlySpan<double> lanes, Span<double> z)
    {
        int columns = whitening.Length / 4;
        var x = MemoryMarshal.Cast<double, Vector512<double>>(lanes); // [model, 2]
        ReadOnlySpan<double> a = whitening[..columns], b = whitening.Slice(columns, columns), c = whitening.Slice(2 * columns, columns), d = whitening[(3 * columns)..];
        Vector512<double> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (int k = 0; k < columns; k++)
        {
            Vector512<double> x0 = x[2 * k], x1 = x[2 * k + 1], w = Vector512.Create(a[k]);
            a0 = Vector512.FusedMultiplyAdd(w, x0, a0);
            a1 = Vector512.FusedMultiplyAdd(w, x1, a1);
            w = Vector512.Create(b[k]);
            b0 = Vector512.FusedMultiplyAdd(w, x0, b0);
            b1 = Vector512.FusedMultiplyAdd(w, x1, b1);
            w = Vector512.Create(c[k]);
            c0 = Vector512.FusedMultiplyAdd(w, x0, c0);
            c1 = Vector512.FusedMultiplyAdd(w, x1, c1);
            w = Vector512.Create(d[k]);
            d0 = Vector512.FusedMultiplyAdd(w, x0, d0);
            d1 = Vector512.FusedMultiplyAdd(w, x1, d1);
        }

        var to = MemoryMarshal.Cast<double, Vector512<double>>(z);
        (to[0], to[1], to[2], to[3]) = (a0, a1, b0, b1);
        (to[4], to[5], to[6], to[7]) = (c0, c1, d0, d1);
    }
}
