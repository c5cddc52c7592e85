using System.Numerics.Tensors;
using View = Azimuth.Numerics.DoubleProduct.View;

namespace Azimuth.Numerics;

/// <summary>
/// Eigenvalues and eigenvectors of a symmetric tridiagonal matrix by divide and conquer (Cuppen 1981; Gu and Eisenstat 1995, "A divide-and-conquer algorithm for the symmetric
/// tridiagonal eigenproblem"): torn into small matrices, which the QL iteration solves, and put together again two by two. Nearly all work is matrix products.
/// </summary>
internal sealed unsafe class DivideAndConquer : IDisposable
{
    private const int LargestLeaf = 32;
    private const int LargestAlone = 256; // below, the threads share out the merges of a level; above, the work of each
    private const double UnitRoundoff = 1.1102230246251565e-16; // 2⁻⁵³

    private readonly double[] _off;
    private readonly Workers _workers;
    private readonly AlignedMemory _rows; // [n, stride]: the eigenvectors of every block of the level, one a row, on the block's columns

    private DivideAndConquer(double[] diagonal, double[] off, Workers workers)
    {
        (Values, _off, _workers) = ([.. diagonal], off, workers);
        Stride = (((diagonal.Length + 7) / 8) | 1) * 8;
        _rows = AlignedMemory.Of<double>(diagonal.Length * Stride, zeroed: true, largePages: true);
    }

    /// <summary>Eigenvalues, in no order [n].</summary>
    public double[] Values { get; }

    /// <summary>Values from one row of vectors to the next.</summary>
    public long Stride { get; }

    /// <summary>The unit eigenvector of value <paramref name="index"/> [n]; not there for those that were not asked for.</summary>
    public double* Vector(int index) => (double*)_rows.Pointer + index * Stride;

    /// <summary>
    /// All eigenvalues and the eigenvectors of the <paramref name="wanted"/> largest of the matrix with this diagonal [n] and these neighbours of it [n, the last of which is not read].
    /// Values do not depend on how many vectors are wanted.
    /// </summary>
    public static DivideAndConquer Solve(double[] diagonal, double[] off, int wanted, Workers workers)
    {
        int n = diagonal.Length, depth = 0;
        while (n >> depth > LargestLeaf)
            depth++;
        var result = new DivideAndConquer(diagonal, off, workers);
        int Start(int level, int block) => (int)((long)n * block >> level);
        for (int block = 1; block < 1 << depth; block++)
        {
            int at = Start(depth, block);
            result.Values[at - 1] -= Math.Abs(off[at - 1]);
            result.Values[at] -= Math.Abs(off[at - 1]);
        }

        workers.Run(1 << depth, block => result.Leaf(Start(depth, block), Start(depth, block + 1)));
        for (int level = depth - 1; level >= 0; level--)
        {
            int here = level, parts = 1 << level;
            void Merge(int block) => result.Merge(Start(here, block), Start(here + 1, 2 * block + 1), Start(here, block + 1), here == 0 ? wanted : n);
            if (n >> level <= LargestAlone)
            {
                workers.Run(parts, Merge);
                continue;
            }

            for (int block = 0; block < parts; block++)
                Merge(block);
        }

        return result;
    }

    public void Dispose() => _rows.Dispose();

    private void Leaf(int from, int to)
    {
        for (int i = from; i < to; i++)
            Vector(i)[i] = 1;
        Span<double> off = stackalloc double[to - from];
        _off.AsSpan(from, to - from - 1).CopyTo(off);
        off[^1] = 0;
        ImplicitQl.Diagonalise(Values.AsSpan(from, to - from), off, Vector(from) + from, Stride);
    }

    /// <summary>Eigenvectors of the blocks from … middle and middle … to become those of both with the element that joins them.</summary>
    private void Merge(int from, int middle, int to, int wanted)
    {
        double join = _off[middle - 1];
        var merge = new Deflation(from, to, middle);
        for (int i = from; i < to; i++)
        {
            // Halves of unit vectors each: together of length 1.
            merge.Z[i - from] = Math.Sqrt(0.5) * (i < middle ? Vector(i)[middle - 1] : join < 0 ? -Vector(i)[middle] : Vector(i)[middle]);
            merge.D[i - from] = Values[i];
        }

        merge.Run(2 * Math.Abs(join), this);
        merge.D.CopyTo(Values.AsSpan(from));
        if (merge.Kept.Count == 0)
            return;
        using var equation = new SecularEquation(merge.Kept.ConvertAll(i => merge.D[i]).ToArray(), [.. merge.Kept.Select(i => merge.Z[i])], 2 * Math.Abs(join));
        double[] roots = equation.Roots(_workers);
        int count = roots.Length, first = count - Wanted(roots, merge, wanted);
        if (wanted > 0)
            Rebuild(merge, equation, first, from, middle, to);
        // The rows that Rebuild has written first are those of the roots, the others follow.
        for (int i = 0; i < to - from; i++)
            Values[from + i] = i < count ? roots[i] : merge.D[merge.Dropped[i - count]];
    }

    /// <summary>How many of the roots are among the largest values of the merged block.</summary>
    private static int Wanted(double[] roots, Deflation merge, int wanted)
    {
        double[] others = [.. merge.Dropped.Select(i => merge.D[i]).OrderDescending()];
        int taken = 0;
        for (int other = 0; taken < roots.Length && taken + other < wanted;)
        {
            if (other == others.Length || roots[^(taken + 1)] >= others[other])
                taken++;
            else
                other++;
        }

        // One more costs nothing and keeps equal values on the safe side of any order.
        return wanted == 0 ? 0 : Math.Min(roots.Length, taken + 1);
    }

    /// <summary>
    /// New rows: the equation's vectors times the kept rows. A row that comes from one half only is zero on the other's columns, which its products leave out.
    /// </summary>
    private void Rebuild(Deflation merge, SecularEquation equation, int first, int from, int middle, int to)
    {
        int count = merge.Kept.Count, left = middle - from, right = to - middle, width = to - from;
        int onlyLeft = merge.Kept.Count(i => merge.Sides[i] == Side.Left), onlyRight = merge.Kept.Count(i => merge.Sides[i] == Side.Right), wide = count - onlyLeft - onlyRight;
        using var scratch = AlignedMemory.Of<double>((onlyLeft + wide) * (long)left + (wide + onlyRight) * (long)right + merge.Dropped.Count * (long)width, largePages: true);
        double* leftRows = (double*)scratch.Pointer, rightRows = leftRows + (onlyLeft + wide) * (long)left, dropped = rightRows + (wide + onlyRight) * (long)right;
        int[] place = new int[count], next = [0, onlyLeft, onlyLeft + wide];
        for (int i = 0; i < count; i++)
        {
            int index = merge.Kept[i], at = place[i] = next[(int)merge.Sides[index]]++;
            if (at < onlyLeft + wide)
                Copy(Vector(from + index) + from, leftRows + (long)at * left, left);
            if (at >= onlyLeft)
                Copy(Vector(from + index) + middle, rightRows + (long)(at - onlyLeft) * right, right);
        }

        for (int i = 0; i < merge.Dropped.Count; i++)
            Copy(Vector(from + merge.Dropped[i]) + from, dropped + (long)i * width, width);
        if (first < count)
        {
            View vectors = equation.Vectors(first, place, _workers);
            double* to0 = Vector(from + first) + from;
            DoubleProduct.Run(DoubleProduct.Into.Set, vectors, new View(leftRows, left, 1), to0, Stride, count - first, left, onlyLeft + wide, _workers);
            DoubleProduct.Run(DoubleProduct.Into.Set, vectors.From(0, onlyLeft), new View(rightRows, right, 1), to0 + left, Stride, count - first, right, wide + onlyRight, _workers);
        }

        for (int i = 0; i < merge.Dropped.Count; i++)
            Copy(dropped + (long)i * width, Vector(from + count + i) + from, width);
    }

    private static void Copy(double* from, double* to, int length) => new ReadOnlySpan<double>(from, length).CopyTo(new Span<double>(to, length));

    private enum Side
    {
        Left,
        Both,
        Right,
    }

    /// <summary>
    /// Takes out what needs no equation: entries of z that are rounding errors, and one of two values that lie so close that a rotation of their vectors makes its entry one (Dongarra and Sorensen
    /// 1987, "A fully parallel algorithm for the symmetric eigenvalue problem", §4).
    /// </summary>
    private sealed class Deflation(int from, int to, int middle)
    {
        public double[] D { get; } = new double[to - from];

        public double[] Z { get; } = new double[to - from];

        public Side[] Sides { get; } = [.. Enumerable.Range(from, to - from).Select(i => i < middle ? Side.Left : Side.Right)];

        /// <summary>Those that are left, ascending in value.</summary>
        public List<int> Kept { get; } = [];

        public List<int> Dropped { get; } = [];

        public void Run(double rho, DivideAndConquer all)
        {
            int[] order = [.. Enumerable.Range(0, D.Length)];
            Array.Sort(order, (a, b) => D[a] != D[b] ? D[a].CompareTo(D[b]) : a.CompareTo(b));
            double tolerance = 16 * UnitRoundoff * Math.Max(Math.Abs(TensorPrimitives.MaxMagnitude<double>(D)), Math.Abs(TensorPrimitives.MaxMagnitude<double>(Z)));
            int last = -1;
            foreach (int i in order)
            {
                if (rho * Math.Abs(Z[i]) <= tolerance)
                {
                    Dropped.Add(i);
                    continue;
                }

                if (last >= 0 && Close(last, i, tolerance, all))
                    Dropped.Add(last);
                else if (last >= 0)
                    Kept.Add(last);
                last = i;
            }

            if (last >= 0)
                Kept.Add(last);
        }

        /// <summary>When the rotation that makes Z[a] zero leaves next to nothing between the two values: turns them and their rows.</summary>
        private bool Close(int a, int b, double tolerance, DivideAndConquer all)
        {
            double length = Math.Sqrt(Z[a] * Z[a] + Z[b] * Z[b]), c = Z[b] / length, s = Z[a] / length;
            if (Math.Abs((D[b] - D[a]) * c * s) > tolerance)
                return false;
            (Z[a], Z[b]) = (0, length);
            (D[a], D[b]) = (D[a] * c * c + D[b] * s * s, D[a] * s * s + D[b] * c * c);
            Rotation.Turn(new Span<double>(all.Vector(from + a) + from, to - from), new Span<double>(all.Vector(from + b) + from, to - from), c, s);
            if (Sides[a] != Sides[b])
                Sides[a] = Sides[b] = Side.Both;
            return true;
        }
    }
}
