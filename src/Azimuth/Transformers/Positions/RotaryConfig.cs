namespace Azimuth.Transformers.Positions;

/// <summary>Rotary position embedding (Su et al. 2021): pair i of a head is turned by position · base^(−2i/Dim), frequencies then scaled.</summary>
public sealed record RotaryConfig
{
    /// <summary>θ: 10,000 in the paper.</summary>
    public required double Base { get; init; }

    /// <summary>How many of a head's values are turned, from the first on; even, at most the head's width.</summary>
    public required int Dim { get; init; }

    /// <summary>Which values form a pair.</summary>
    public RotaryPairing Pairing { get; init; } = RotaryPairing.Halves;

    /// <summary>How frequencies are changed for contexts longer than trained on.</summary>
    public RotaryScaling Scaling { get; init; } = RotaryScaling.None;

    /// <summary>
    /// The order that leads from one pairing to the other: <see cref="RotaryPairing.Halves"/> applied to x[order] is <see cref="RotaryPairing.Neighbours"/>
    /// applied to x, in that order: 0, 2, 4, …, 1, 3, 5, …
    /// </summary>
    /// <param name="dim">Turned values, even.</param>
    /// <exception cref="ArgumentException">A negative or odd number.</exception>
    public static int[] NeighboursToHalves(int dim)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dim);
        if (dim % 2 != 0)
            throw new ArgumentException($"turned values come in pairs, found {dim}", nameof(dim));
        return [.. Enumerable.Range(0, dim).Select(i => 2 * i % dim + (2 * i >= dim ? 1 : 0))];
    }
}

/// <summary>Which two values of a head are turned together.</summary>
public enum RotaryPairing
{
    /// <summary>i and i + Dim/2 (Llama as Hugging Face stores it, GPT-NeoX).</summary>
    Halves,

    /// <summary>2i and 2i + 1 (GPT-J, the paper).</summary>
    Neighbours,
}

/// <summary>A change of the rotary frequencies; one of the records nested in it.</summary>
public abstract record RotaryScaling
{
    private RotaryScaling() { }

    /// <summary>Frequencies as trained.</summary>
    public static RotaryScaling None { get; } = new Unscaled();

    /// <summary>True when the frequencies depend on the length of the run.</summary>
    public virtual bool DependsOnLength => false;

    /// <summary>Frequencies as trained.</summary>
    public sealed record Unscaled : RotaryScaling;

    /// <summary>Positions divided by <paramref name="Factor"/> (Chen et al. 2023).</summary>
    /// <param name="Factor">At least 1.</param>
    public sealed record Linear(double Factor) : RotaryScaling;

    /// <summary>The base grows with the run's length once it exceeds the original context ("dynamic NTK").</summary>
    /// <param name="Factor">At least 1.</param>
    /// <param name="OriginalContext">Positions trained on.</param>
    public sealed record Dynamic(double Factor, int OriginalContext) : RotaryScaling
    {
        /// <inheritdoc/>
        public override bool DependsOnLength => true;
    }

    /// <summary>Llama 3.1: low frequencies divided, high ones kept, a smooth passage between.</summary>
    /// <param name="Factor">Divisor of low frequencies.</param>
    /// <param name="LowFrequencyFactor">Original context over this: the longest wavelength of the passage.</param>
    /// <param name="HighFrequencyFactor">Original context over this: the shortest.</param>
    /// <param name="OriginalContext">Positions trained on.</param>
    public sealed record Llama3(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalContext) : RotaryScaling;

    /// <summary>YaRN (Peng et al. 2023): interpolation by frequency, and a factor on cosine and sine.</summary>
    /// <param name="Factor">How many times the original context.</param>
    /// <param name="OriginalContext">Positions trained on.</param>
    /// <param name="BetaFast">Turns over the original context above which a frequency is kept.</param>
    /// <param name="BetaSlow">Turns below which it is interpolated fully.</param>
    /// <param name="AttentionFactor">Factor on cosine and sine.</param>
    /// <param name="RoundsBounds">True when the two bounds are rounded outwards to whole dimensions.</param>
    public sealed record Yarn(
        double Factor, int OriginalContext, double BetaFast, double BetaSlow, double AttentionFactor, bool RoundsBounds) : RotaryScaling
    {
        /// <summary>0.1 · mscale · ln(factor) + 1, or 1 up to a factor of 1 (Peng et al. 2023, §3.4, eq. 22); where two shares are given, the quotient of both.</summary>
        /// <param name="factor">How many times the original context.</param>
        /// <param name="mscale">Share of the sharpening.</param>
        /// <param name="mscaleAllDim">What DeepSeek divides by; null where the file gives none.</param>
        public static double DefaultAttentionFactor(double factor, double mscale = 1, double? mscaleAllDim = null)
        {
            double Sharpness(double share) => factor <= 1 ? 1 : 0.1 * share * Math.Log(factor) + 1;
            return mscaleAllDim is { } all ? Sharpness(mscale) / Sharpness(all) : Sharpness(mscale);
        }
    }

    /// <summary>LongRoPE (Ding et al. 2024): one divisor a pair, another list for runs longer than the original context.</summary>
    /// <param name="ShortFactors">[Dim/2], up to the original context.</param>
    /// <param name="LongFactors">[Dim/2], beyond it.</param>
    /// <param name="OriginalContext">Positions trained on.</param>
    /// <param name="AttentionFactor">Factor on cosine and sine.</param>
    public sealed record Long(
        IReadOnlyList<double> ShortFactors, IReadOnlyList<double> LongFactors, int OriginalContext, double AttentionFactor) : RotaryScaling
    {
        /// <inheritdoc/>
        public override bool DependsOnLength => true;

        /// <summary>√(1 + ln(factor)/ln(original context)), or 1 up to a factor of 1 (Ding et al. 2024).</summary>
        public static double DefaultAttentionFactor(double factor, int originalContext) =>
            factor <= 1 ? 1 : Math.Sqrt(1 + Math.Log(factor) / Math.Log(originalContext));
    }

    /// <summary>All frequencies zero: nothing turns, and only the factor on the values that would have been turned is left.</summary>
    /// <param name="AttentionFactor">Factor on cosine and sine.</param>
    public sealed record Still(double AttentionFactor) : RotaryScaling;

    /// <summary>One divisor a pair, whatever the length (GGUF's <c>rope_freqs.weight</c>).</summary>
    /// <param name="Factors">[Dim/2].</param>
    public sealed record Divisors(IReadOnlyList<double> Factors) : RotaryScaling;
}
