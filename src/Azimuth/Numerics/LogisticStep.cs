using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>
/// Stochastic gradient steps of logistic regressions that share their input: for a row h and target rows o with labels 0 or 1, g = (label − σ(h·o))·rate, e += g·o, o += g·h
/// (Mikolov et al. 2013). A target is 2·row + label. All products of a step are taken before a row changes, which is the same as one target after the other as long as no row
/// comes twice; steps with a row that does are done one target at a time. The sigmoid is exact to a unit in the last place.
/// </summary>
internal static unsafe class LogisticStep
{
    /// <summary>Targets that are taken together: their sigmoids fill one vector.</summary>
    private const int Together = 16;

    /// <summary>One input row against the targets; the row itself takes the error at the end, as in skip-gram.</summary>
    /// <param name="inputs">Has the row.</param>
    /// <param name="row">Which one.</param>
    /// <param name="outputs">Has the target rows; as wide as <paramref name="inputs"/>.</param>
    /// <param name="targets">2·row + label each.</param>
    /// <param name="distinct">No target row comes twice.</param>
    /// <param name="rate">Learning rate.</param>
    /// <param name="error">Room of a row, for steps of more than one part.</param>
    /// <param name="measured">Whether the loss is wanted: logarithms would take longer than the step.</param>
    /// <returns>−ln p of the labels before the step, summed; 0 when it is not wanted.</returns>
    public static double Row(PaddedRows inputs, int row, PaddedRows outputs, ReadOnlySpan<int> targets, bool distinct, float rate, PaddedRows error, bool measured)
    {
        double loss = 0;
        Check(inputs, outputs, error);
        float* h = inputs.Pointer + (long)Checked(row, inputs.Rows) * inputs.Stride;
        fixed (int* first = targets)
        {
            if (distinct && targets.Length <= Together)
            {
                loss = Part(h, h, outputs, first, targets.Length, rate, measured);
            }
            else
            {
                Clear(error);
                loss = Gather(h, error.Pointer, outputs, first, targets.Length, distinct, rate, measured);
                Add(h, error.Pointer, error.Stride);
            }
        }

        GC.KeepAlive(inputs);
        GC.KeepAlive(outputs);
        GC.KeepAlive(error);
        return loss;
    }

    /// <summary>The mean of several input rows against the targets; each of the rows takes the whole error, one that comes twice takes it twice (CBOW).</summary>
    /// <inheritdoc cref="Row"/>
    public static double Mean(
        PaddedRows inputs, ReadOnlySpan<int> rows, PaddedRows outputs, ReadOnlySpan<int> targets, bool distinct, float rate, PaddedRows error, PaddedRows mean, bool measured)
    {
        double loss;
        Check(inputs, outputs, error);
        Check(inputs, outputs, mean);
        Clear(error);
        Clear(mean);
        foreach (int row in rows)
            Add(mean.Pointer, inputs.Pointer + (long)Checked(row, inputs.Rows) * inputs.Stride, mean.Stride);
        var share = Vector512.Create(1f / rows.Length);
        for (int i = 0; i < mean.Stride; i += 16)
            (Vector512.Load(mean.Pointer + i) * share).Store(mean.Pointer + i);
        fixed (int* first = targets)
            loss = Gather(mean.Pointer, error.Pointer, outputs, first, targets.Length, distinct, rate, measured);
        foreach (int row in rows)
            Add(inputs.Pointer + (long)row * inputs.Stride, error.Pointer, error.Stride);
        GC.KeepAlive(inputs);
        GC.KeepAlive(outputs);
        GC.KeepAlive(error);
        GC.KeepAlive(mean);
        return loss;
    }

    /// <summary>Asks for a row that is needed soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(PaddedRows rows, int row)
    {
        float* from = rows.Pointer + (long)Checked(row, rows.Rows) * rows.Stride;
        for (int i = 0; i < rows.Stride; i += AlignedMemory.Alignment / sizeof(float))
            CacheHint.Fetch(ref from[i]);
    }

    private static double Gather(float* h, float* error, PaddedRows outputs, int* targets, int count, bool distinct, float rate, bool measured)
    {
        int step = distinct ? Together : 1;
        double loss = 0;
        for (int at = 0; at < count; at += step)
            loss += Part(h, error, outputs, targets + at, Math.Min(step, count - at), rate, measured);
        return loss;
    }

    /// <summary>Up to sixteen different targets; the error is added to <paramref name="error"/>, which may be h itself.</summary>
    private static double Part(float* h, float* error, PaddedRows outputs, int* targets, int count, float rate, bool measured)
    {
        int stride = outputs.Stride;
        float** rows = stackalloc float*[Together];
        float* g = stackalloc float[Together];
        Vector512<float>.Zero.Store(g);
        for (int t = 0; t < count; t++)
        {
            float* o = outputs.Pointer + (long)Checked(targets[t] >> 1, outputs.Rows) * stride;
            rows[t] = o;
            Vector512<float> sum = Vector512.Load(h) * Vector512.Load(o);
            for (int i = 16; i < stride; i += 16)
                sum = Vector512.FusedMultiplyAdd(Vector512.Load(h + i), Vector512.Load(o + i), sum);
            g[t] = Vector512.Sum(sum);
        }

        double loss = measured ? Loss(g, targets, count) : 0;
        Vector512<float> probability = VectorMath.Sigmoid(Vector512.Load(g));
        probability.Store(g);
        for (int t = 0; t < count; t++)
            g[t] = ((targets[t] & 1) - g[t]) * rate;

        int at = 0;
        // Two vectors at a time, so that row and factor are fetched once for both.
        for (; at <= stride - 32; at += 32)
        {
            Vector512<float> input0 = Vector512.Load(h + at), input1 = Vector512.Load(h + at + 16);
            Vector512<float> gathered0 = Vector512<float>.Zero, gathered1 = Vector512<float>.Zero;
            for (int t = 0; t < count; t++)
            {
                float* o = rows[t] + at;
                Vector512<float> factor = Vector512.Create(g[t]), output0 = Vector512.Load(o), output1 = Vector512.Load(o + 16);
                gathered0 = Vector512.FusedMultiplyAdd(factor, output0, gathered0);
                gathered1 = Vector512.FusedMultiplyAdd(factor, output1, gathered1);
                Vector512.FusedMultiplyAdd(factor, input0, output0).Store(o);
                Vector512.FusedMultiplyAdd(factor, input1, output1).Store(o + 16);
            }

            (Vector512.Load(error + at) + gathered0).Store(error + at);
            (Vector512.Load(error + at + 16) + gathered1).Store(error + at + 16);
        }

        if (at < stride)
        {
            Vector512<float> input = Vector512.Load(h + at), gathered = Vector512<float>.Zero;
            for (int t = 0; t < count; t++)
            {
                Vector512<float> output = Vector512.Load(rows[t] + at), factor = Vector512.Create(g[t]);
                gathered = Vector512.FusedMultiplyAdd(factor, output, gathered);
                Vector512.FusedMultiplyAdd(factor, input, output).Store(rows[t] + at);
            }

            (Vector512.Load(error + at) + gathered).Store(error + at);
        }

        return loss;
    }

    /// <summary>ln(1 + e⁻ˣ) for label 1, ln(1 + eˣ) for label 0, without overflow.</summary>
    private static double Loss(float* products, int* targets, int count)
    {
        double loss = 0;
        for (int t = 0; t < count; t++)
        {
            double x = (targets[t] & 1) == 1 ? -products[t] : products[t];
            loss += Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));
        }

        return loss;
    }

    private static void Clear(PaddedRows row) => new Span<float>(row.Pointer, row.Stride).Clear();

    private static void Add(float* to, float* from, int stride)
    {
        for (int i = 0; i < stride; i += 16)
            (Vector512.Load(to + i) + Vector512.Load(from + i)).Store(to + i);
    }

    private static void Check(PaddedRows inputs, PaddedRows outputs, PaddedRows room)
    {
        if (inputs.Stride != outputs.Stride || room.Stride != inputs.Stride || room.Rows < 1)
            throw new ArgumentException("expected rows of one width");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Checked(int row, int rows) => (uint)row < (uint)rows ? row : throw new ArgumentOutOfRangeException(nameof(row));
}
