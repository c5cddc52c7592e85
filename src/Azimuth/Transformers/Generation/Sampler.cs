using Azimuth.Numerics;

namespace Azimuth.Transformers;

/// <summary>Chooses the next token from logits. One per generation.</summary>
internal sealed class Sampler
{
    private readonly GenerationOptions _options;
    private readonly SeededRandom _random;

    /// <exception cref="ArgumentException">An option outside its range.</exception>
    public Sampler(GenerationOptions options)
    {
        if (options.Temperature < 0 || !double.IsFinite(options.Temperature))
            throw Outside("temperature", "a number from 0 on", options.Temperature);
        if (options.TopK is < 1)
            throw Outside("top-k", "a whole number from 1 on", options.TopK.Value);
        if (options.TopP is { } topP && !(topP > 0 && topP <= 1))
            throw Outside("top-p", "a number above 0 and at most 1", topP);
        if (options.MaxTokens < 1)
            throw Outside("max-tokens", "a whole number from 1 on", options.MaxTokens);
        (_options, _random) = (options, new SeededRandom(options.Seed));
    }

    /// <summary>The highest logit; the lowest id where equal.</summary>
    public static int Highest(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best])
                best = i;
        }

        return best;
    }

    /// <summary>The next token's id.</summary>
    public int Next(ReadOnlySpan<float> logits)
    {
        if (_options.Temperature == 0 || _options.TopK == 1)
            return Highest(logits);
        double u = _random.NextDouble();
        if (_options.TopK is null && _options.TopP is null or 1)
            return DrawFromAll(logits, u);
        Scored[] ranked = Ranked(logits);
        return Draw(ranked, u);
    }

    /// <summary>Draws in id order, without sorting.</summary>
    private int DrawFromAll(ReadOnlySpan<float> logits, double u)
    {
        double max = logits[Highest(logits)], total = 0;
        foreach (float logit in logits)
            total += Math.Exp((logit - max) / _options.Temperature);
        double left = u * total;
        for (int id = 0; id < logits.Length; id++)
        {
            left -= Math.Exp((logits[id] - max) / _options.Temperature);
            if (left < 0)
                return id;
        }

        return Highest(logits); // rounding used up the whole sum
    }

    /// <summary>The tokens to choose from, most probable first: top-k, then of those the fewest that reach top-p (Holtzman et al. 2020).</summary>
    private Scored[] Ranked(ReadOnlySpan<float> logits)
    {
        Scored[] ranked = TopK.Largest(logits, Math.Min(_options.TopK ?? logits.Length, logits.Length));
        if (_options.TopP is not { } share)
            return ranked;
        double total = ranked.Sum(scored => Weight(scored, ranked)), reached = 0;
        int count = 0;
        while (count < ranked.Length && reached < share * total)
            reached += Weight(ranked[count++], ranked);
        return ranked[..count];
    }

    private int Draw(Scored[] ranked, double u)
    {
        double left = u * ranked.Sum(scored => Weight(scored, ranked));
        foreach (Scored scored in ranked)
        {
            left -= Weight(scored, ranked);
            if (left < 0)
                return scored.Index;
        }

        return ranked[0].Index;
    }

    private double Weight(Scored scored, Scored[] ranked) => Math.Exp(((double)scored.Value - ranked[0].Value) / _options.Temperature);

    private static ArgumentException Outside(string option, string expected, double found) =>
        new(FormattableString.Invariant($"{option}: expected {expected}, found {found}."));
}
