namespace Azimuth.Training.LanguageModels;

/// <summary>How the learning rate falls.</summary>
public enum RateShape
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>Half a cosine, from the peak to the lowest.</summary>
    Cosine,

    /// <summary>A straight line, from the peak to the lowest.</summary>
    Linear,
}

/// <summary>
/// The learning rate of each step s, counted from 0: while s &lt; w = <see cref="WarmUpSteps"/> it is peak · (s + 1) / (w + 1); then the peak up to <see cref="DecayFrom"/> of all steps;
/// then it falls, with p the share of the falling part that is done, as lowest + ½ (1 + cos πp)(peak − lowest) or lowest + (1 − p)(peak − lowest).
/// </summary>
public sealed record LearningRate
{
    /// <summary>How it falls.</summary>
    public RateShape Shape { get; init; } = RateShape.Cosine;

    /// <summary>The highest rate.</summary>
    public required double Peak { get; init; }

    /// <summary>The rate that is fallen to.</summary>
    public double Lowest { get; init; }

    /// <summary>Steps in which it rises.</summary>
    public long WarmUpSteps { get; init; }

    /// <summary>Steps of the whole run.</summary>
    public required long Steps { get; init; }

    /// <summary>Share of all steps, 0 to 1, from which on it falls; not before the warm-up is over.</summary>
    public double DecayFrom { get; init; }

    /// <summary>The rate of step <paramref name="step"/>, from 0.</summary>
    public double At(long step)
    {
        if (step < WarmUpSteps)
            return Peak * (step + 1) / (WarmUpSteps + 1);
        long from = Math.Max(WarmUpSteps, (long)Math.Round(DecayFrom * Steps));
        if (Shape == RateShape.Constant || step < from)
            return Peak;
        double part = Math.Min(1, (double)(step - from) / Math.Max(1, Steps - from));
        return Lowest + (Shape == RateShape.Cosine ? 0.5 * (1 + Math.Cos(Math.PI * part)) : 1 - part) * (Peak - Lowest);
    }
}
