using System.Numerics;
using System.Runtime.InteropServices;

namespace Azimuth.Transformers.Positions;

/// <summary>
/// Cosines and sines for every position of a run, computed once in double and rounded to float. Grows on demand; safe for many threads.
/// </summary>
public sealed class RotaryTable
{
    private readonly RotaryConfig _config;
    private readonly double[] _frequencies;
    private readonly double _amplitude;
    private readonly Lock _growing = new();
    private volatile Angles _angles;

    private RotaryTable(RotaryConfig config, int length)
    {
        _config = config;
        _frequencies = RotaryFrequencies.Of(config, length);
        _amplitude = RotaryFrequencies.AttentionFactor(config.Scaling);
        _angles = Compute(64); // grows to what is reached
    }

    /// <summary>The table for runs of <paramref name="length"/> tokens; for most scalings it serves every length.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative length.</exception>
    public static RotaryTable Create(RotaryConfig config, int length)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return new RotaryTable(config, length);
    }

    /// <summary>Makes sure that positions below <paramref name="length"/> are there.</summary>
    internal void Reach(int length)
    {
        if (_angles.Positions >= length)
            return;
        lock (_growing)
        {
            if (_angles.Positions < length)
                _angles = Compute(Math.Max(length, 2 * _angles.Positions));
        }
    }

    /// <summary>Turns every head of one row [heads · headDim] in place, by the angles of <paramref name="position"/>; of each head the first <c>Dim</c> values.</summary>
    /// <exception cref="ArgumentException">A row that is not a whole number of heads, heads narrower than what is turned, or a negative position.</exception>
    public void Rotate(Span<float> heads, int headDim, int position) => Rotate(heads, headDim, position, isBack: false);

    /// <summary>The transpose of <see cref="Rotate(Span{float}, int, int)"/>: what turns gradients of turned heads into gradients of the heads.</summary>
    internal void RotateBack(Span<float> heads, int headDim, int position) => Rotate(heads, headDim, position, isBack: true);

    private void Rotate(Span<float> heads, int headDim, int position, bool isBack)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        if (headDim < 2 * _frequencies.Length || heads.Length % headDim != 0)
            throw new ArgumentException($"heads of at least {2 * _frequencies.Length} values expected, found a row of {heads.Length} in heads of {headDim}", nameof(heads));
        Reach(position + 1);
        Angles angles = _angles;
        int pairs = _frequencies.Length;
        ReadOnlySpan<float> cos = angles.Cos.AsSpan(position * pairs, pairs), sin = angles.Sin.AsSpan(position * pairs, pairs);
        for (int at = 0; at < heads.Length; at += headDim)
        {
            Span<float> turned = heads.Slice(at, 2 * pairs);
            // Turning back is turning with the two halves exchanged.
            if (_config.Pairing == RotaryPairing.Halves)
                RotateHalves(isBack ? turned[pairs..] : turned[..pairs], isBack ? turned[..pairs] : turned[pairs..], cos, sin);
            else
                RotateNeighbours(turned, cos, sin, isBack ? 1 : 0);
        }
    }

    private static void RotateHalves(Span<float> first, Span<float> second, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin)
    {
        if (first.Length % Vector<float>.Count == 0)
        {
            var x = MemoryMarshal.Cast<float, Vector<float>>(first);
            var y = MemoryMarshal.Cast<float, Vector<float>>(second);
            var c = MemoryMarshal.Cast<float, Vector<float>>(cos);
            var s = MemoryMarshal.Cast<float, Vector<float>>(sin);
            for (int v = 0; v < x.Length; v++)
                (x[v], y[v]) = (x[v] * c[v] - y[v] * s[v], y[v] * c[v] + x[v] * s[v]);
            return;
        }

        for (int i = 0; i < first.Length; i++)
            (first[i], second[i]) = (first[i] * cos[i] - second[i] * sin[i], second[i] * cos[i] + first[i] * sin[i]);
    }

    /// <param name="values">Pairs.</param>
    /// <param name="cos">One a pair.</param>
    /// <param name="sin">One a pair.</param>
    /// <param name="first">Which of a pair is its first: 0 to turn, 1 to turn back.</param>
    private static void RotateNeighbours(Span<float> values, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin, int first)
    {
        for (int i = 0; i < cos.Length; i++)
        {
            ref float x = ref values[2 * i + first], y = ref values[2 * i + 1 - first];
            (x, y) = (x * cos[i] - y * sin[i], y * cos[i] + x * sin[i]);
        }
    }

    private Angles Compute(int positions)
    {
        int pairs = _frequencies.Length;
        var cos = new float[checked(positions * pairs)]; // [position, pair]
        var sin = new float[cos.Length];
        for (int p = 0; p < positions; p++)
        {
            for (int i = 0; i < pairs; i++)
            {
                (double s, double c) = Math.SinCos(p * _frequencies[i]);
                cos[p * pairs + i] = (float)(c * _amplitude);
                sin[p * pairs + i] = (float)(s * _amplitude);
            }
        }

        return new Angles(positions, cos, sin);
    }

    private sealed record Angles(int Positions, float[] Cos, float[] Sin);
}
