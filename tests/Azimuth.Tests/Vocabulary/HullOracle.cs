using System.Numerics;

namespace Azimuth.Tests.Vocabulary;

/// <summary>Decides in exact arithmetic, for small whole numbers, which rows can win: another method than the library's, and no rounding.</summary>
internal static class HullOracle
{
    /// <summary>Corners of the convex hull of points [n, 2] (Andrew 1979, monotone chain), points that occur twice left out; ascending.</summary>
    internal static int[] Corners(float[] values)
    {
        int count = values.Length / 2;
        int[] order = [.. Enumerable.Range(0, count).OrderBy(X).ThenBy(Y)];
        int[] distinct = [.. order.Where((id, at) => at == 0 || X(id) != X(order[at - 1]) || Y(id) != Y(order[at - 1]))];
        HashSet<int> corners = [];
        foreach (int[] way in new[] { distinct, distinct.Reverse().ToArray() })
        {
            var chain = new List<int>();
            foreach (int id in way)
            {
                while (chain.Count >= 2 && Cross(chain[^2], chain[^1], id) <= 0)
                    chain.RemoveAt(chain.Count - 1);
                chain.Add(id);
            }

            corners.UnionWith(chain);
        }

        return [.. corners.Where(id => !Enumerable.Range(0, count).Any(other => other != id && X(other) == X(id) && Y(other) == Y(id))).Order()];

        long X(int id) => (long)values[2 * id];
        long Y(int id) => (long)values[2 * id + 1];
        long Cross(int a, int b, int c) => (X(b) - X(a)) * (Y(c) - Y(a)) - (Y(b) - Y(a)) * (X(c) - X(a));
    }

    /// <summary>
    /// Whether row <paramref name="id"/> wins strictly for some h. The equations Σλ(uⱼ − uᵢ) = 0, Σλ(bⱼ − bᵢ) − s = 0, Σλ = 1 with λ, s ≥ 0 have a solution exactly
    /// when it does not: phase one of the simplex method with Bland's rule, in fractions.
    /// </summary>
    internal static bool IsReachable(float[] values, float[]? bias, int count, int width, int id)
    {
        int equations = width + (bias is null ? 0 : 1) + 1;
        var columns = new List<int[]>();
        for (int j = 0; j < count; j++)
        {
            if (j == id)
                continue;
            var column = new int[equations];
            for (int c = 0; c < width; c++)
                column[c] = (int)(values[j * width + c] - values[id * width + c]);
            if (bias is not null)
                column[width] = (int)(bias[j] - bias[id]);
            column[^1] = 1;
            columns.Add(column);
        }

        if (bias is not null)
        {
            var slack = new int[equations];
            slack[width] = -1;
            columns.Add(slack);
        }

        return !HasSolution(columns, equations);
    }

    private static bool HasSolution(List<int[]> columns, int equations)
    {
        // The table [equation][variables, artificial variables, right side]; right sides are 0 … 0, 1 and so never negative.
        int variables = columns.Count, width = variables + equations + 1;
        Fraction[][] rows = [.. Enumerable.Range(0, equations).Select(e => Enumerable.Range(0, width).Select(v =>
            v < variables ? new Fraction(columns[v][e]) : new Fraction(v == variables + e || (v == width - 1 && e == equations - 1) ? 1 : 0)).ToArray())];
        int[] basis = [.. Enumerable.Range(variables, equations)];
        while (true)
        {
            // The sum of the artificial variables still in the basis is driven to zero.
            Fraction Cost(int v) => basis.Select((b, e) => b >= variables ? rows[e][v] : new Fraction(0)).Aggregate((a, b) => a + b);
            int enters = Enumerable.Range(0, variables).FirstOrDefault(v => !basis.Contains(v) && Cost(v).Sign > 0, -1);
            if (enters < 0)
                return Cost(width - 1).Sign == 0;
            int leaves = -1;
            for (int e = 0; e < equations; e++)
            {
                if (rows[e][enters].Sign <= 0)
                    continue;
                int order = leaves < 0 ? -1 : (rows[e][^1] * rows[leaves][enters] - rows[leaves][^1] * rows[e][enters]).Sign;
                if (order < 0 || (order == 0 && basis[e] < basis[leaves]))
                    leaves = e;
            }

            Fraction pivot = rows[leaves][enters];
            rows[leaves] = [.. rows[leaves].Select(v => v / pivot)];
            for (int e = 0; e < equations; e++)
            {
                Fraction factor = rows[e][enters];
                if (e != leaves && factor.Sign != 0)
                    rows[e] = [.. rows[e].Select((v, i) => v - factor * rows[leaves][i])];
            }

            basis[leaves] = enters;
        }
    }

    private readonly struct Fraction
    {
        private readonly BigInteger _top, _bottom;

        public Fraction(BigInteger top) : this(top, 1) { }

        private Fraction(BigInteger top, BigInteger bottom)
        {
            BigInteger common = BigInteger.GreatestCommonDivisor(top, bottom) * (bottom.Sign < 0 ? -1 : 1);
            (_top, _bottom) = (top / common, bottom / common);
        }

        public int Sign => _top.Sign;

        public static Fraction operator +(Fraction a, Fraction b) => new(a._top * b._bottom + b._top * a._bottom, a._bottom * b._bottom);

        public static Fraction operator -(Fraction a, Fraction b) => new(a._top * b._bottom - b._top * a._bottom, a._bottom * b._bottom);

        public static Fraction operator *(Fraction a, Fraction b) => new(a._top * b._top, a._bottom * b._bottom);

        public static Fraction operator /(Fraction a, Fraction b) => new(a._top * b._bottom, a._bottom * b._top);
    }
}
