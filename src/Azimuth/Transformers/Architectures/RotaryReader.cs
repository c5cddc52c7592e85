using Azimuth.Checkpoints;
using Azimuth.Transformers.Positions;

namespace Azimuth.Transformers.Architectures;

/// <summary>
/// Rotary settings in both spellings: the newer <c>rope_parameters</c> (one object, or one a layer type), and the older <c>rope_theta</c>,
/// <c>rope_scaling</c> (with <c>type</c> or <c>rope_type</c>) and <c>partial_rotary_factor</c>.
/// </summary>
internal static class RotaryReader
{
    private static readonly string[] KnownTypes = ["default", "dynamic", "linear", "llama3", "longrope", "yarn"];

    /// <summary>The rotation of layers of one type.</summary>
    /// <param name="config">The whole config.</param>
    /// <param name="headDim">Width of a head.</param>
    /// <param name="contextLength">Used where no original context is stated.</param>
    /// <param name="defaultBase">θ where none is stated.</param>
    /// <param name="layerType">Key in a <c>rope_parameters</c> that has one object a layer type.</param>
    /// <param name="defaultPart">Share of the head that is turned, where none is stated.</param>
    /// <param name="olderBaseKey">The family's own older key of θ, where it had one.</param>
    /// <param name="olderPartKey">The family's own older key of the share, where it had one.</param>
    public static RotaryConfig Read(
        ConfigReader config, int headDim, int contextLength, double defaultBase = 10000, string layerType = "full_attention", double defaultPart = 1,
        string? olderBaseKey = null, string? olderPartKey = null)
    {
        ConfigReader? newer = config.OptionalObject("rope_parameters");
        newer = newer?.OptionalObject(layerType) ?? newer;
        ConfigReader? scaling = newer ?? config.OptionalObject("rope_scaling");
        double theta = Value(config, newer, "rope_theta", olderBaseKey, defaultBase, out _);
        double part = Value(config, newer, "partial_rotary_factor", olderPartKey, defaultPart, out string partKey);
        if (part > 1)
            throw config.Error(partKey, FormattableString.Invariant($"expected a share up to 1, found {part}"));
        int dim = (int)(headDim * part);
        if (dim < 2 || dim % 2 != 0)
            throw config.Error(partKey, $"expected an even number of turned values in a head of {headDim}, found {dim}");
        return new RotaryConfig { Base = theta, Dim = dim, Scaling = scaling is null ? RotaryScaling.None : ReadScaling(config, scaling, dim, contextLength) };
    }

    private static RotaryScaling ReadScaling(ConfigReader config, ConfigReader scaling, int dim, int contextLength)
    {
        string typeKey = scaling.Has("rope_type") ? "rope_type" : "type";
        string type = scaling.Text(typeKey, "default");
        switch (type)
        {
            case "default":
                return RotaryScaling.None;
            case "linear":
                return new RotaryScaling.Linear(Factor(scaling));
            case "dynamic":
                return new RotaryScaling.Dynamic(Factor(scaling), OriginalContext(config, scaling, contextLength));
            case "llama3":
                return ReadLlama3(scaling);
            case "yarn":
                return ReadYarn(config, scaling, contextLength);
            case "longrope" or "su":
                return ReadLong(config, scaling, dim, contextLength);
            default:
                throw scaling.Error(typeKey, $"expected one of {string.Join(", ", KnownTypes)}, found \"{type}\"{NearestNames.Hint(type, KnownTypes)}");
        }
    }

    private static RotaryScaling.Llama3 ReadLlama3(ConfigReader scaling)
    {
        double low = scaling.Positive("low_freq_factor"), high = scaling.Positive("high_freq_factor");
        if (high <= low) // the frequencies between them are interpolated over high − low
            throw scaling.Error("high_freq_factor", FormattableString.Invariant($"expected more than low_freq_factor ({low}), found {high}"));
        return new RotaryScaling.Llama3(Factor(scaling), low, high, scaling.Count("original_max_position_embeddings"));
    }

    /// <summary>Peng et al. 2023, §3.4: attention is sharpened by 0.1·ln(factor) + 1, on queries and keys alike.</summary>
    private static RotaryScaling.Yarn ReadYarn(ConfigReader config, ConfigReader scaling, int contextLength)
    {
        int original = OriginalContext(config, scaling, contextLength);
        double factor = scaling.Has("factor") ? Factor(scaling) : (double)contextLength / original;
        // A zero counts as nothing, as in the reference.
        double attention = scaling.Number("mscale", 0) != 0 && scaling.Number("mscale_all_dim", 0) != 0
            ? RotaryScaling.Yarn.DefaultAttentionFactor(factor, scaling.Number("mscale"), scaling.Number("mscale_all_dim"))
            : RotaryScaling.Yarn.DefaultAttentionFactor(factor);
        return new RotaryScaling.Yarn(
            factor, original, scaling.Positive("beta_fast", 32), scaling.Positive("beta_slow", 1), scaling.Positive("attention_factor", attention),
            scaling.Flag("truncate", true));
    }

    /// <summary>Ding et al. 2024: attention is sharpened by √(1 + ln(factor)/ln(original context)).</summary>
    private static RotaryScaling.Long ReadLong(ConfigReader config, ConfigReader scaling, int dim, int contextLength)
    {
        int original = OriginalContext(config, scaling, contextLength);
        double factor = scaling.Has("factor") ? Factor(scaling) : (double)contextLength / original;
        double attention = RotaryScaling.Long.DefaultAttentionFactor(factor, original);
        return new RotaryScaling.Long(
            scaling.Numbers("short_factor", dim / 2), scaling.Numbers("long_factor", dim / 2), original, scaling.Positive("attention_factor", attention));
    }

    private static double Factor(ConfigReader scaling) =>
        scaling.Positive("factor") is >= 1 and var factor ? factor : throw scaling.Error("factor", "expected a number from 1 on");

    private static int OriginalContext(ConfigReader config, ConfigReader scaling, int contextLength) =>
        scaling.OptionalCount("original_max_position_embeddings") ?? config.Count("original_max_position_embeddings", contextLength);

    /// <summary>A number in any of its spellings, the newest first; a file that gives several must give the same in all.</summary>
    private static double Value(ConfigReader config, ConfigReader? newer, string key, string? olderKey, double fallback, out string found)
    {
        double? value = newer is not null && newer.Has(key) ? newer.Positive(key) : null;
        string first = "in rope_parameters";
        found = key;
        foreach (string spelling in olderKey is null ? [key] : new[] { key, olderKey })
        {
            if (!config.Has(spelling))
                continue;
            double older = config.Positive(spelling);
            if (value is { } known && known != older)
                throw config.Error(spelling, FormattableString.Invariant($"expected the same as {first} ({known}), found {older}"));
            if (value is null)
                (value, first, found) = (older, spelling, spelling);
        }

        return value ?? fallback;
    }
}
