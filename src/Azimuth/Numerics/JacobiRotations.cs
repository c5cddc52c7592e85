using System.Numerics.Tensors;

namespace Azimuth.Numerics;

/// <summary>
/// Turns pairs of rows until all are orthogonal to each other, and turns the rows of a second matrix along: the iteration of
/// <see cref="SingularValues"/>. A sweep meets every pair once, in rounds of disjoint pairs that the threads share (round-robin tournament), so the
/// result does not depend on their number.
/// </summary>
internal sealed class JacobiRotations(double[] rows, double[] along, int count, int length, Workers workers)
{
    private const int MostSweeps = 40; // a handful suffices; the bound only guards against endless work
    private const int PairsAtOnce = 8;

    private readonly double[] _squares = new double[count];

    /// <summary>Rotates both matrices in place; returns the lengths of the rows.</summary>
    internal double[] Run(CancellationToken cancellation)
    {
        // The bound of LAPACK's dgesvj: cosines that rounding alone makes.
        double tolerance = Math.Sqrt(length) * Math.ScaleB(1, -52);
        for (int sweep = 0; sweep < MostSweeps; sweep++)
        {
            for (int i = 0; i < count; i++)
                _squares[i] = TensorPrimitives.SumOfSquares<double>(Row(i));
            double noise = count == 0 ? 0 : length * Math.ScaleB(1, -52) * Math.Sqrt(_squares.Max());
            if (!Sweep(tolerance, noise * noise, cancellation))
                break;
        }

        var norms = new double[count];
        for (int i = 0; i < count; i++)
            norms[i] = TensorPrimitives.Norm<double>(Row(i));
        return norms;
    }

    private Span<double> Row(int row) => rows.AsSpan(row * length, length);

    /// <summary>One meeting of every pair; true when any pair was turned.</summary>
    private bool Sweep(double tolerance, double noise, CancellationToken cancellation)
    {
        int players = count + (count & 1), pairs = players / 2, turned = 0;
        for (int round = 0; round < players - 1; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            int here = round;
            workers.Run((pairs + PairsAtOnce - 1) / PairsAtOnce, part =>
            {
                for (int pair = part * PairsAtOnce; pair < Math.Min(pairs, (part + 1) * PairsAtOnce); pair++)
                {
                    int a = Player(here, pair, players), b = Player(here, players - 1 - pair, players);
                    if (a < count && b < count && Turn(Math.Min(a, b), Math.Max(a, b), tolerance, noise))
                        Volatile.Write(ref turned, 1);
                }
            });
        }

        return turned != 0;
    }

    /// <summary>Who sits at a place of the table in a round: the last player stays, the others move on by one.</summary>
    private static int Player(int round, int place, int players) => place == 0 ? players - 1 : (round + place) % (players - 1);

    private bool Turn(int a, int b, double tolerance, double noise)
    {
        double squareA = _squares[a], squareB = _squares[b];
        // A row of rounding errors has no direction of its own.
        if (squareA <= noise || squareB <= noise)
            return false;
        double product = TensorPrimitives.Dot<double>(Row(a), Row(b));
        if (Math.Abs(product) <= tolerance * Math.Sqrt(squareA) * Math.Sqrt(squareB))
            return false;
        // Golub and Van Loan, Matrix Computations, §8.5.2: the smaller of the two angles.
        double tau = (squareB - squareA) / (2 * product);
        double tangent = (tau >= 0 ? 1 : -1) / (Math.Abs(tau) + Math.Sqrt(1 + tau * tau));
        double cosine = 1 / Math.Sqrt(1 + tangent * tangent), sine = cosine * tangent;
        Rotate(Row(a), Row(b), cosine, sine);
        Rotate(along.AsSpan(a * count, count), along.AsSpan(b * count, count), cosine, sine);
        _squares[a] = squareA - tangent * product;
        _squares[b] = squareB + tangent * product;
        return true;
    }

    private static void Rotate(Span<double> a, Span<double> b, double cosine, double sine)
    {
        for (int i = 0; i < a.Length; i++)
            (a[i], b[i]) = (cosine * a[i] - sine * b[i], sine * a[i] + cosine * b[i]);
    }
}
