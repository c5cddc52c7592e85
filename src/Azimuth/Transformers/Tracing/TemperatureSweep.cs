namespace Azimuth.Transformers.Tracing;

/// <summary>
/// The next-token distribution softmax(logits / T) at several temperatures, in double and stable for every T from 0 to +∞: T = 0 is the argmax
/// (the lowest id where equal), T = +∞ the uniform distribution. A logit of −∞ keeps probability 0 at every temperature.
/// </summary>
public static class TemperatureSweep
{
    /// <summary>The temperatures shown unless others are asked for.</summary>
    public static IReadOnlyList<double> Usual { get; } = [0, 0.1, 0.5, 0.7, 1, 1.5, 2, 10, 1e6, double.PositiveInfinity];

    /// <summary>One point a temperature.</summary>
    /// <param name="logits">[vocab], at least one of them finite, none NaN or +∞.</param>
    /// <param name="target">The token whose probability is followed.</param>
    /// <param name="temperatures">Each 0 to +∞.</param>
    /// <exception cref="ArgumentException">Logits that have no softmax.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A negative or NaN temperature, or no such token.</exception>
    public static IReadOnlyList<TemperaturePoint> Of(ReadOnlySpan<float> logits, int target, IReadOnlyList<double> temperatures)
    {
        ArgumentNullException.ThrowIfNull(temperatures);
        var scaled = new ScaledSoftmax(logits, target);
        var points = new TemperaturePoint[temperatures.Count];
        for (int i = 0; i < points.Length; i++)
        {
            double temperature = temperatures[i];
            if (!(temperature >= 0))
                throw new ArgumentOutOfRangeException(nameof(temperatures), temperature, "a temperature from 0 to infinity expected");
            points[i] = scaled.At(1 / temperature) with { Temperature = temperature };
        }

        return points;
    }

    /// <summary>
    /// What the distribution tends to as T falls to 0: tokens that share the largest logit share the probability, where T = 0 itself takes the lowest id.
    /// </summary>
    /// <param name="logits">[vocab], at least one of them finite, none NaN or +∞.</param>
    /// <param name="target">The token whose probability is followed.</param>
    /// <exception cref="ArgumentException">Logits that have no softmax.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No such token.</exception>
    public static TemperaturePoint LimitAtZero(ReadOnlySpan<float> logits, int target) => new ScaledSoftmax(logits, target).Limit();
}

/// <summary>
/// The next-token distribution when the final vector is made s times as long: softmax(s · logits), the same as temperature 1/s. s = 0 is
/// uniform, s = +∞ the argmax.
/// </summary>
public static class LengthSweep
{
    /// <summary>The factors shown unless others are asked for.</summary>
    public static IReadOnlyList<double> Usual { get; } = [0, 0.25, 0.5, 1, 2, 4];

    /// <summary>One point a factor.</summary>
    /// <param name="logits">[vocab], at least one of them finite, none NaN or +∞.</param>
    /// <param name="target">The token whose probability is followed.</param>
    /// <param name="scales">Each 0 to +∞.</param>
    /// <exception cref="ArgumentException">Logits that have no softmax.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A negative or NaN factor, or no such token.</exception>
    public static IReadOnlyList<LengthPoint> Of(ReadOnlySpan<float> logits, int target, IReadOnlyList<double> scales)
    {
        ArgumentNullException.ThrowIfNull(scales);
        var scaled = new ScaledSoftmax(logits, target);
        var points = new LengthPoint[scales.Count];
        for (int i = 0; i < points.Length; i++)
        {
            if (!(scales[i] >= 0))
                throw new ArgumentOutOfRangeException(nameof(scales), scales[i], "a factor from 0 to infinity expected");
            TemperaturePoint point = scaled.At(scales[i]);
            points[i] = new LengthPoint(scales[i], point.ProbabilityTarget, point.EntropyNats);
        }

        return points;
    }
}

/// <summary>softmax(s · logits) for any s from 0 to +∞: what both sweeps are.</summary>
internal sealed class ScaledSoftmax
{
    private const double Share = 0.9;

    private readonly double[] _below; // finite logits less the largest, highest first: 0, then ≤ 0
    private readonly double _target; // the target's, −∞ where it is masked
    private readonly bool _targetWins;

    internal ScaledSoftmax(ReadOnlySpan<float> logits, int target)
    {
        if ((uint)target >= (uint)logits.Length)
            throw new ArgumentOutOfRangeException(nameof(target), target, $"there are {logits.Length} logits");
        int best = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            if (float.IsNaN(logits[i]) || float.IsPositiveInfinity(logits[i]))
                throw new ArgumentException($"logit {i} is {logits[i]}: no softmax exists", nameof(logits));
            if (logits[i] > logits[best])
                best = i;
        }

        double max = logits[best];
        if (double.IsNegativeInfinity(max))
            throw new ArgumentException("every logit is -Infinity: no softmax exists", nameof(logits));
        var below = new List<double>(logits.Length);
        foreach (float logit in logits)
        {
            if (float.IsFinite(logit))
                below.Add(logit - max);
        }

        below.Sort(static (a, b) => b.CompareTo(a));
        (_below, _target, _targetWins) = ([.. below], logits[target] - max, target == best);
    }

    /// <summary>The distribution at one scale; the temperature of the result is 1/s.</summary>
    internal TemperaturePoint At(double scale)
    {
        if (double.IsPositiveInfinity(scale))
            return new TemperaturePoint(0, _targetWins ? 1 : 0, 1, 0, 1);
        double total = 0, weighted = 0;
        foreach (double x in _below)
        {
            double weight = Math.Exp(scale * x);
            total += weight;
            weighted += weight * scale * x;
        }

        double target = double.IsFinite(_target) ? Math.Exp(scale * _target) / total : 0;
        return new TemperaturePoint(1 / scale, target, 1 / total, Math.Max(0, Math.Log(total) - weighted / total), CountFor(Share * total, scale));
    }

    /// <summary>All mass on the largest logits, equally.</summary>
    internal TemperaturePoint Limit()
    {
        int tied = _below.TakeWhile(x => x == 0).Count();
        return new TemperaturePoint(0, _target == 0 ? 1.0 / tied : 0, 1.0 / tied, Math.Log(tied), (int)Math.Ceiling(Share * tied));
    }

    /// <summary>How many of the largest weights add up to <paramref name="enough"/>.</summary>
    private int CountFor(double enough, double scale)
    {
        if (scale == 0)
            return (int)Math.Ceiling(Share * _below.Length); // all weights are 1: no rounding to add up
        double sum = 0;
        int count = 0;
        while (count < _below.Length && sum < enough)
            sum += Math.Exp(scale * _below[count++]);
        return count;
    }
}
