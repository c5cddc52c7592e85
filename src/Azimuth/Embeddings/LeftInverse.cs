using System.Numerics.Tensors;
using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>
/// The way back from a row to its token by least squares: scores E(EᵀE)⁻¹e. Whitened, z = Λ^(−½)Vᵀe with EᵀE = VΛVᵀ, they are dot products
/// z·zₜ, and a token's own score |zₜ|² is its leverage. Directions the table does not have are left out (pseudo-inverse). Immutable, safe for many
/// threads.
/// </summary>
internal sealed class LeftInverse
{
    private readonly LeastSquares _solver;
    private readonly DoubleRows _whitening; // [rank, model]

    private LeftInverse(LeastSquares solver) => (_solver, _whitening) = (solver, new DoubleRows(solver.WhiteningRows(), solver.Rank, solver.Order));

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
        const int together = 64;
        int columns = _solver.Order, rank = Rank;
        var wide = new double[together * columns];
        var z = new double[together * rank];
        for (int first = 0; first < count; first += together)
        {
            int here = Math.Min(together, count - first);
            TensorPrimitives.ConvertTruncating(rows.Slice(first * columns, here * columns), wide);
            _whitening.Multiply(wide.AsSpan(0, here * columns), here, z.AsSpan(0, here * rank));
            for (int i = 0; i < here; i++)
            {
                double length = 0;
                for (int w = 0; w < rank; w++)
                {
                    double value = z[i * rank + w];
                    length += value * value;
                    if (!whitened.IsEmpty)
                        whitened[(first + i) * rank + w] = (float)value;
                }

                if (!leverages.IsEmpty)
                    leverages[first + i] = length;
            }
        }
    }
}
