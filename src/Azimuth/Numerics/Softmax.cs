namespace Azimuth.Numerics;

/// <summary>Softmax and log-sum-exp, computed stably (the maximum is subtracted), accumulated in double.</summary>
public static class Softmax
{
    /// <summary>Natural log of Σ exp(x). −∞ for an empty or all −∞ input; NaN if any value is NaN.</summary>
    public static double LogSumExp(ReadOnlySpan<float> values)
    {
        double max = double.NegativeInfinity;
        foreach (float v in values)
            max = double.IsNaN(max) || float.IsNaN(v) ? double.NaN : Math.Max(max, v);
        if (double.IsNaN(max) || double.IsInfinity(max))
            return max;
        double sum = 0;
        foreach (float v in values)
            sum += Math.Exp(v - max);
        return max + Math.Log(sum);
    }

    /// <summary>probabilities = exp(logits − LogSumExp); same length. May be the same span.</summary>
    public static void Apply(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        double total = LogSumExp(logits);
        for (int i = 0; i < logits.Length; i++)
            probabilities[i] = (float)Math.Exp(logits[i] - total);
    }
}
