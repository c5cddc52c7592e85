using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>
/// Stochastic gradient steps of logistic regressions between several input rows h and several output rows o, taken at once (Ji et al. 2016, "Parallelizing word2vec in shared and
/// distributed memory"): with all rows as they were before, g = (label − σ(h·o))·rate for each pair, h += Σ g·o, o += Σ g·h. A row that comes twice takes both its sums. One input
/// row and different targets give what <see cref="LogisticStep.Row"/> gives.
/// </summary>
internal static unsafe class LogisticTile
{
    /// <summary>Input rows at most: many steps from one state would go too far.</summary>
    public const int MostInputs = 16;

    /// <summary>Targets that are taken together; the input rows stay as they were for all of them.</summary>
    private const int Together = 16;

    /// <summary>One step.</summary>
    /// <param name="inputs">Has the input rows.</param>
    /// <param name="rows">Which: <see cref="MostInputs"/> at most.</param>
    /// <param name="outputs">Has the target rows; as wide as <paramref name="inputs"/>.</param>
    /// <param name="targets">2·row + label each.</param>
    /// <param name="rate">Learning rate.</param>
    /// <param name="before">Room of <see cref="MostInputs"/> rows.</param>
    /// <param name="measured">Whether the loss is wanted: logarithms would take longer than the step.</param>
    /// <returns>−ln p of the labels before the step, summed; 0 when it is not wanted.</returns>
    [SkipLocalsInit]
    public static double Learn(PaddedRows inputs, ReadOnlySpan<int> rows, PaddedRows outputs, ReadOnlySpan<int> targets, float rate, PaddedRows before, bool measured)
    {
        int stride = inputs.Stride, count = rows.Length;
        if (outputs.Stride != stride || before.Stride != stride || before.Rows < MostInputs || count > MostInputs)
            throw new ArgumentException("expected rows of one width and room for the inputs");
        float** h = stackalloc float*[MostInputs];
        float** old = stackalloc float*[MostInputs];
        float** o = stackalloc float*[Together];
        float* g = stackalloc float[MostInputs * Together];
        for (int i = 0; i < count; i++)
        {
            h[i] = inputs.Pointer + (long)Checked(rows[i], inputs.Rows) * stride;
            old[i] = before.Pointer + (long)i * stride;
            for (int at = 0; at < stride; at += 16)
                Vector512.Load(h[i] + at).Store(old[i] + at);
        }

        double loss = 0;
        while (targets.Length > 0)
        {
            ReadOnlySpan<int> part = targets.Length > Together ? targets[..Together] : targets;
            targets = targets[part.Length..];
            for (int t = 0; t < part.Length; t++)
                o[t] = outputs.Pointer + (long)Checked(part[t] >> 1, outputs.Rows) * stride;
            // Rows of [input, target], each of an even number.
            int width = (part.Length + 1) & ~1;
            Products(old, count, o, part.Length, g, width, stride);
            if (measured)
                loss += Loss(g, count, part, width);
            Vector512<float> negative = Vector512.Create(-rate);
            for (int at = 0; at < count * width; at += 16)
                (VectorMath.Sigmoid(Vector512.Load(g + at)) * negative).Store(g + at);
            for (int t = 0; t < part.Length; t++)
            {
                if ((part[t] & 1) == 0)
                    continue;
                for (int i = 0; i < count; i++)
                    g[i * width + t] += rate;
            }

            Add(h, count, o, part.Length, g, width, 1, stride);
            Add(o, part.Length, old, count, g, 1, width, stride);
        }

        GC.KeepAlive(inputs);
        GC.KeepAlive(outputs);
        GC.KeepAlive(before);
        return loss;
    }

    /// <summary>products[i, t] = a_i·b_t, two by two: four products for four fetches.</summary>
    private static void Products(float** a, int aCount, float** b, int bCount, float* products, int width, int stride)
    {
        for (int i = 0; i < aCount; i += 2)
        {
            float* a0 = a[i], a1 = a[Math.Min(i + 1, aCount - 1)];
            for (int t = 0; t < bCount; t += 2)
            {
                float* b0 = b[t], b1 = b[Math.Min(t + 1, bCount - 1)];
                Vector512<float> s00 = Vector512<float>.Zero, s01 = s00, s10 = s00, s11 = s00;
                for (int at = 0; at < stride; at += 16)
                {
                    Vector512<float> x0 = Vector512.Load(a0 + at), x1 = Vector512.Load(a1 + at), y0 = Vector512.Load(b0 + at), y1 = Vector512.Load(b1 + at);
                    s00 = Vector512.FusedMultiplyAdd(x0, y0, s00);
                    s01 = Vector512.FusedMultiplyAdd(x0, y1, s01);
                    s10 = Vector512.FusedMultiplyAdd(x1, y0, s10);
                    s11 = Vector512.FusedMultiplyAdd(x1, y1, s11);
                }

                Vector128<float> sums = Sums(s00, s01, s10, s11);
                float* place = products + i * width + t;
                *(double*)place = sums.AsDouble().ToScalar();
                // Behind the last row there may be no room.
                if (i + 1 < aCount)
                    *(double*)(place + width) = sums.AsDouble().GetElement(1);
            }
        }
    }

    /// <summary>The sum of each, side by side: a third of the work of four sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Sums(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        Vector512<float> all = Vector512.Create(Vector256.Create(Quarter(a), Quarter(b)), Vector256.Create(Quarter(c), Quarter(d)));
        all += Vector512.Shuffle(all, Vector512.Create(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
        all += Vector512.Shuffle(all, Vector512.Create(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
        return Vector512.Shuffle(all, Vector512.Create(0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12)).GetLower().GetLower();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Quarter(Vector512<float> x)
    {
        Vector256<float> half = x.GetLower() + x.GetUpper();
        return half.GetLower() + half.GetUpper();
    }

    /// <summary>to_i += Σ g[i, k]·from_k.</summary>
    private static void Add(float** to, int toCount, float** from, int fromCount, float* g, int toStep, int fromStep, int stride)
    {
        int i = 0;
        while (i < toCount)
        {
            // A row that comes twice takes one sum after the other.
            if (i + 1 < toCount && to[i] != to[i + 1])
            {
                AddTwo(to[i], to[i + 1], from, fromCount, g + i * toStep, toStep, fromStep, stride);
                i += 2;
            }
            else
            {
                AddOne(to[i], from, fromCount, g + i * toStep, fromStep, stride);
                i++;
            }
        }
    }

    private static void AddTwo(float* to0, float* to1, float** from, int count, float* g, int toStep, int fromStep, int stride)
    {
        int at = 0;
        for (; at <= stride - 32; at += 32)
        {
            Vector512<float> a = Vector512.Load(to0 + at), b = Vector512.Load(to0 + at + 16), c = Vector512.Load(to1 + at), d = Vector512.Load(to1 + at + 16);
            float* factor = g;
            for (int k = 0; k < count; k++, factor += fromStep)
            {
                float* source = from[k] + at;
                Vector512<float> x = Vector512.Load(source), y = Vector512.Load(source + 16), f0 = Vector512.Create(factor[0]), f1 = Vector512.Create(factor[toStep]);
                a = Vector512.FusedMultiplyAdd(f0, x, a);
                b = Vector512.FusedMultiplyAdd(f0, y, b);
                c = Vector512.FusedMultiplyAdd(f1, x, c);
                d = Vector512.FusedMultiplyAdd(f1, y, d);
            }

            a.Store(to0 + at);
            b.Store(to0 + at + 16);
            c.Store(to1 + at);
            d.Store(to1 + at + 16);
        }

        if (at < stride)
        {
            Vector512<float> a = Vector512.Load(to0 + at), c = Vector512.Load(to1 + at);
            float* factor = g;
            for (int k = 0; k < count; k++, factor += fromStep)
            {
                Vector512<float> x = Vector512.Load(from[k] + at);
                a = Vector512.FusedMultiplyAdd(Vector512.Create(factor[0]), x, a);
                c = Vector512.FusedMultiplyAdd(Vector512.Create(factor[toStep]), x, c);
            }

            a.Store(to0 + at);
            c.Store(to1 + at);
        }
    }

    private static void AddOne(float* to, float** from, int count, float* g, int fromStep, int stride)
    {
        int at = 0;
        for (; at <= stride - 32; at += 32)
        {
            Vector512<float> a = Vector512.Load(to + at), b = Vector512.Load(to + at + 16);
            float* factor = g;
            for (int k = 0; k < count; k++, factor += fromStep)
            {
                Vector512<float> f = Vector512.Create(*factor);
                a = Vector512.FusedMultiplyAdd(f, Vector512.Load(from[k] + at), a);
                b = Vector512.FusedMultiplyAdd(f, Vector512.Load(from[k] + at + 16), b);
            }

            a.Store(to + at);
            b.Store(to + at + 16);
        }

        if (at < stride)
        {
            Vector512<float> a = Vector512.Load(to + at);
            float* factor = g;
            for (int k = 0; k < count; k++, factor += fromStep)
                a = Vector512.FusedMultiplyAdd(Vector512.Create(*factor), Vector512.Load(from[k] + at), a);
            a.Store(to + at);
        }
    }

    private static double Loss(float* products, int count, ReadOnlySpan<int> targets, int width)
    {
        double loss = 0;
        for (int i = 0; i < count; i++)
        {
            for (int t = 0; t < targets.Length; t++)
            {
                double x = (targets[t] & 1) == 1 ? -products[i * width + t] : products[i * width + t];
                loss += Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));
            }
        }

        return loss;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Checked(int row, int rows) => (uint)row < (uint)rows ? row : throw new ArgumentOutOfRangeException(nameof(row));
}
