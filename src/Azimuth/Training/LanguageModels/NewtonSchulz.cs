using System.Numerics.Tensors;
using Azimuth.Numerics;

namespace Azimuth.Training.LanguageModels;

/// <summary>
/// Brings all singular values of a matrix near 1 without finding them: five rounds of X ← aX + (bA + cA²)X with A = XXᵀ (Jordan 2024, "Muon: an optimizer for hidden layers in neural
/// networks", whose coefficients these are). They end between about 0.7 and 1.2, which serves as well as 1.
/// </summary>
internal sealed class NewtonSchulz(Workers workers)
{
    private const float A = 3.4445f, B = -4.7750f, C = 2.0315f;
    private const int Rounds = 5;
    private float[] _x = [], _next = [], _gram = [], _square = [];

    /// <summary>Where the matrix is written before <see cref="Apply"/>.</summary>
    public float[] Room(int count)
    {
        if (_x.Length < count)
            (_x, _next) = (new float[count], new float[count]);
        return _x;
    }

    /// <summary>The matrix in <see cref="Room"/> [rows, columns] with singular values near 1; valid until the next call. A zero matrix stays zero.</summary>
    public ReadOnlySpan<float> Apply(int rows, int columns)
    {
        int count = rows * columns, small = Math.Min(rows, columns), large = Math.Max(rows, columns);
        if (_gram.Length < small * small)
            (_gram, _square) = (new float[small * small], new float[small * small]);
        TensorPrimitives.Multiply(_x.AsSpan(0, count), (float)(1 / (Vectors.Norm(_x.AsSpan(0, count)) + 1e-7)), _x);
        StridedMatrix gram = StridedMatrix.Of(_gram, small), square = StridedMatrix.Of(_square, small);
        for (int round = 0; round < Rounds; round++)
        {
            // The smaller side's products; of a tall matrix, those of its transpose.
            StridedMatrix x = StridedMatrix.Of(_x, columns), wide = rows <= columns ? x : x.Transposed;
            StridedProduct.Multiply(wide, wide.Transposed, gram, small, small, large, adds: false, workers);
            StridedProduct.Multiply(gram, gram, square, small, small, small, adds: false, workers);
            int values = small * small;
            TensorPrimitives.Multiply(_square.AsSpan(0, values), C, _square);
            TensorPrimitives.MultiplyAdd(_gram.AsSpan(0, values), B, _square.AsSpan(0, values), _square);
            TensorPrimitives.Multiply(_x.AsSpan(0, count), A, _next);
            StridedMatrix next = StridedMatrix.Of(_next, columns);
            // The polynomial of A is symmetric: it stands on either side.
            if (rows <= columns)
                StridedProduct.Multiply(square, x, next, rows, columns, small, adds: true, workers);
            else
                StridedProduct.Multiply(x, square, next, rows, columns, small, adds: true, workers);
            (_x, _next) = (_next, _x);
        }

        return _x.AsSpan(0, count);
    }
}
