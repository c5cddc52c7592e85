using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>Softmax and log-sum-exp, computed stably (the maximum is subtracted), summed in double in an order that depends only on the length.</summary>
public static class Softmax
{
    /// <summary>Natural log of Σ exp(x), exponentials in double. −∞ for an empty or all −∞ input, +∞ when +∞ is in it; NaN if any value is NaN.</summary>
    public static double LogSumExp(ReadOnlySpan<float> values)
    {
        double max = Maximum(values);
        if (double.IsNaN(max) || double.IsInfinity(max))
            return max;
        ref float first = ref MemoryMarshal.GetReference(values);
        Vector512<double> shift = Vector512.Create(max), sum = default;
        int i = 0;
        for (; i + 8 <= values.Length; i += 8)
            sum += Vector512.Exp(Widening.Doubles(Vector256.LoadUnsafe(ref first, (nuint)i)) - shift);
        double total = Vector512.Sum(sum);
        for (; i < values.Length; i++)
            total += Math.Exp(values[i] - max);
        return max + Math.Log(total);
    }

    /// <summary>ln Σ exp(x) of parts' own ln Σ exp: of all their values.</summary>
    internal static double LogSumExpOfParts(ReadOnlySpan<double> parts)
    {
        double max = parts.IsEmpty ? double.NegativeInfinity : System.Numerics.Tensors.TensorPrimitives.Max(parts), total = 0;
        if (double.IsNaN(max) || double.IsInfinity(max))
            return max;
        foreach (double part in parts)
            total += Math.Exp(part - max);
        return max + Math.Log(total);
    }

    /// <summary>
    /// probabilities[i] = exp(logits[i]) / Σ exp(logits), to single precision: relative errors below 4e-7 where the result is a normal float. Same length, may be the same span.
    /// NaN everywhere when a logit is NaN or +∞, or all are −∞.
    /// </summary>
    /// <exception cref="ArgumentException">Spans of different length.</exception>
    public static void Apply(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        if (logits.Length != probabilities.Length)
            throw new ArgumentException($"{logits.Length} logits need as many places, found {probabilities.Length}", nameof(probabilities));
        float max = Maximum(logits);
        if (!float.IsFinite(max))
        {
            probabilities.Fill(float.NaN);
            return;
        }

        var shift = Vector512.Create(max);
        Vector512<double> low = default, high = default;
        int whole = logits.Length & ~15;
        ref float from = ref MemoryMarshal.GetReference(logits), to = ref MemoryMarshal.GetReference(probabilities);
        for (int i = 0; i < whole; i += 16)
        {
            var power = VectorMath.Exp(Vector512.LoadUnsafe(ref from, (nuint)i) - shift);
            power.StoreUnsafe(ref to, (nuint)i);
            low += Widening.Doubles(power.GetLower());
            high += Widening.Doubles(power.GetUpper());
        }

        if (whole < logits.Length)
        {
            // Filled up with −∞, whose exponential is zero.
            Span<float> rest = stackalloc float[16];
            rest.Fill(float.NegativeInfinity);
            logits[whole..].CopyTo(rest);
            var power = VectorMath.Exp(Vector512.Create<float>(rest) - shift);
            power.CopyTo(rest);
            rest[..(logits.Length - whole)].CopyTo(probabilities[whole..]);
            low += Widening.Doubles(power.GetLower());
            high += Widening.Doubles(power.GetUpper());
        }

        System.Numerics.Tensors.TensorPrimitives.Multiply(probabilities, (float)(1 / Vector512.Sum(low + high)), probabilities);
    }

    /// <summary>NaN if any value is NaN; −∞ for none.</summary>
    private static float Maximum(ReadOnlySpan<float> values) =>
        values.IsEmpty ? float.NegativeInfinity : System.Numerics.Tensors.TensorPrimitives.Max(values);
}
