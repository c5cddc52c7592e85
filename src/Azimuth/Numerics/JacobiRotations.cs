using System.Numerics.Tensors;
using View = Azimuth.Numerics.DoubleProduct.View;

namespace Azimuth.Numerics;

/// <summary>
/// Turns rows until all are orthogonal to each other, and turns the rows of a second matrix along: the iteration of <see cref="SingularValues"/>. Two blocks of rows at a time: their
/// products are diagonalised by plane rotations, which are then one orthogonal factor for both matrices (Bečka, Okša and Vajteršic 2002, "Dynamic ordering for a parallel block-Jacobi SVD
/// algorithm"). A sweep meets every pair of blocks once, in rounds of disjoint pairs that the threads share (round-robin tournament), so the result does not depend on their number.
/// </summary>
internal sealed unsafe class JacobiRotations(double[] rows, double[] along, int count, int length, Workers workers)
{
    private const int MostSweeps = 40; // a handful suffices; the bound only guards against endless work
    private const int BlockRows = 32;
    private const int PairRows = 2 * BlockRows;

    /// <summary>Rotates both matrices in place; returns the lengths of the rows.</summary>
    internal double[] Run(CancellationToken cancellation)
    {
        // The bound of LAPACK's dgesvj: cosines that rounding alone makes.
        double tolerance = Math.Sqrt(length) * Math.ScaleB(1, -52);
        double[] norms = Norms();
        for (int sweep = 0; sweep < MostSweeps; sweep++)
        {
            double noise = count == 0 ? 0 : length * Math.ScaleB(1, -52) * norms.Max();
            bool turned = Sweep(tolerance, noise * noise, cancellation);
            norms = Norms();
            if (!turned)
                break;
        }

        return norms;
    }

    private double[] Norms()
    {
        var norms = new double[count];
        for (int i = 0; i < count; i++)
            norms[i] = TensorPrimitives.Norm<double>(rows.AsSpan(i * length, length));
        return norms;
    }

    /// <summary>One meeting of every pair of blocks; true when any rows were turned.</summary>
    private bool Sweep(double tolerance, double noise, CancellationToken cancellation)
    {
        int blocks = Math.Max(2, (count + BlockRows - 1) / BlockRows), players = blocks + (blocks & 1), turned = 0;
        for (int round = 0; round < players - 1; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            int here = round;
            workers.Run(players / 2, pair =>
            {
                int a = Player(here, pair, players), b = Player(here, players - 1 - pair, players);
                if (Turn(Math.Min(a, b), Math.Max(a, b), tolerance, noise))
                    Volatile.Write(ref turned, 1);
            });
        }

        return turned != 0;
    }

    /// <summary>Who sits at a place of the table in a round: the last player stays, the others move on by one.</summary>
    private static int Player(int round, int place, int players) => place == 0 ? players - 1 : (round + place) % (players - 1);

    /// <summary>Makes the rows of two blocks orthogonal, within each and between them.</summary>
    private bool Turn(int a, int b, double tolerance, double noise)
    {
        // The second block is not there when the number of blocks is odd.
        int countA = Math.Min(BlockRows, count - a * BlockRows), countB = Math.Clamp(count - b * BlockRows, 0, BlockRows), both = countA + countB;
        using var scratch = AlignedMemory.Of<double>(2 * PairRows * PairRows + PairRows * (long)Math.Max(length, count));
        double* products = (double*)scratch.Pointer, factor = products + PairRows * PairRows, turned = factor + PairRows * PairRows;
        fixed (double* all = rows, others = along)
        {
            Gather(all, length, a, countA, b, countB, turned);
            View pair = new(turned, length, 1);
            DoubleProduct.Run(DoubleProduct.Into.Set, pair, pair.Turned, products, PairRows, both, both, length, workers);
            if (!new SmallJacobi(products, factor, both, PairRows).Diagonalise(tolerance, noise))
                return false;
            Apply(factor, all, length, a, countA, b, countB, turned);
            Gather(others, count, a, countA, b, countB, turned);
            Apply(factor, others, count, a, countA, b, countB, turned);
        }

        return true;
    }

    private static void Gather(double* all, int width, int a, int countA, int b, int countB, double* to)
    {
        new ReadOnlySpan<double>(all + (long)a * BlockRows * width, countA * width).CopyTo(new Span<double>(to, countA * width));
        new ReadOnlySpan<double>(all + (long)b * BlockRows * width, countB * width).CopyTo(new Span<double>(to + (long)countA * width, countB * width));
    }

    /// <summary>Both blocks become the factor [countA + countB, countA + countB] times what was gathered of them.</summary>
    private void Apply(double* factor, double* all, int width, int a, int countA, int b, int countB, double* gathered)
    {
        View from = new(gathered, width, 1);
        DoubleProduct.Run(DoubleProduct.Into.Set, new View(factor, PairRows, 1), from, all + (long)a * BlockRows * width, width, countA, width, countA + countB, workers);
        DoubleProduct.Run(
            DoubleProduct.Into.Set, new View(factor + (long)countA * PairRows, PairRows, 1), from, all + (long)b * BlockRows * width, width, countB, width, countA + countB, workers);
    }
}
