namespace Azimuth.Transformers.Positions;

/// <summary>The turning frequencies of rotary positions, in radians a position: pure formulas, computed in double.</summary>
public static class RotaryFrequencies
{
    /// <summary>[Dim/2] frequencies for a run of <paramref name="length"/> tokens (which matters to some scalings only).</summary>
    public static double[] Of(RotaryConfig config, int length)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config.Scaling is RotaryScaling.Still)
            return new double[config.Dim / 2];
        double theta = config.Scaling is RotaryScaling.Dynamic dynamic ? DynamicBase(config, dynamic, length) : config.Base;
        var frequencies = new double[config.Dim / 2];
        for (int i = 0; i < frequencies.Length; i++)
            frequencies[i] = Math.Pow(theta, -2.0 * i / config.Dim); // Su et al. 2021, eq. 15
        switch (config.Scaling)
        {
            case RotaryScaling.Linear linear:
                Divide(frequencies, _ => linear.Factor);
                break;
            case RotaryScaling.Llama3 llama:
                ScaleByWavelength(frequencies, llama);
                break;
            case RotaryScaling.Yarn yarn:
                ScaleByTurns(frequencies, yarn, config);
                break;
            case RotaryScaling.Long factors:
                var list = length > factors.OriginalContext ? factors.LongFactors : factors.ShortFactors;
                Divide(frequencies, i => list[i]);
                break;
            case RotaryScaling.Divisors divisors:
                Divide(frequencies, i => divisors.Factors[i]);
                break;
        }

        return frequencies;
    }

    /// <summary>What cosine and sine are multiplied by: turned vectors grow by it, scores by its square. 1 for most scalings.</summary>
    public static double AttentionFactor(RotaryScaling scaling) => scaling switch
    {
        RotaryScaling.Still still => still.AttentionFactor,
        RotaryScaling.Yarn yarn => yarn.AttentionFactor,
        RotaryScaling.Long factors => factors.AttentionFactor,
        _ => 1,
    };

    /// <summary>Two run lengths of the same class have the same frequencies; 0 for scalings that do not look at the length.</summary>
    internal static int LengthClass(RotaryScaling scaling, int length) => scaling switch
    {
        RotaryScaling.Dynamic dynamic => Math.Max(length, dynamic.OriginalContext),
        RotaryScaling.Long factors => length > factors.OriginalContext ? 1 : 0,
        _ => 0,
    };

    private static void Divide(double[] frequencies, Func<int, double> divisor)
    {
        for (int i = 0; i < frequencies.Length; i++)
            frequencies[i] /= divisor(i);
    }

    /// <summary>"Dynamic NTK": the base that keeps the highest frequency and stretches the lowest to the run's length.</summary>
    private static double DynamicBase(RotaryConfig config, RotaryScaling.Dynamic dynamic, int length)
    {
        double stretch = dynamic.Factor * Math.Max(length, dynamic.OriginalContext) / dynamic.OriginalContext - (dynamic.Factor - 1);
        return config.Base * Math.Pow(stretch, config.Dim / (config.Dim - 2.0));
    }

    /// <summary>Llama 3.1: wavelengths beyond original/low are divided, below original/high kept, linear in the frequency between.</summary>
    private static void ScaleByWavelength(double[] frequencies, RotaryScaling.Llama3 scaling)
    {
        for (int i = 0; i < frequencies.Length; i++)
        {
            double turns = scaling.OriginalContext * frequencies[i] / (2 * Math.PI); // over the original context
            double kept = (turns - scaling.LowFrequencyFactor) / (scaling.HighFrequencyFactor - scaling.LowFrequencyFactor);
            kept = Math.Clamp(kept, 0, 1);
            frequencies[i] = (1 - kept) * frequencies[i] / scaling.Factor + kept * frequencies[i];
        }
    }

    /// <summary>YaRN, "NTK by parts" (Peng et al. 2023, §3.2): a ramp over the dimensions between two numbers of turns.</summary>
    private static void ScaleByTurns(double[] frequencies, RotaryScaling.Yarn yarn, RotaryConfig config)
    {
        // The (fractional) pair whose frequency makes that many turns over the original context.
        double Pair(double turns) => config.Dim * Math.Log(yarn.OriginalContext / (turns * 2 * Math.PI)) / (2 * Math.Log(config.Base));
        double low = Pair(yarn.BetaFast), high = Pair(yarn.BetaSlow);
        if (yarn.RoundsBounds)
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, config.Dim - 1));
        if (low == high)
            high += 0.001; // the reference's guard against a ramp of no width
        for (int i = 0; i < frequencies.Length; i++)
        {
            double interpolated = Math.Clamp((i - low) / (high - low), 0, 1);
            frequencies[i] = interpolated * frequencies[i] / yarn.Factor + (1 - interpolated) * frequencies[i];
        }
    }
}
