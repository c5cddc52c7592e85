using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Numerics;
using Azimuth.Transformers.Positions;

namespace Azimuth.Transformers.Architectures;

/// <summary>Rotary settings of a GGUF file.</summary>
internal static class GgufRotary
{
    private const string Divisors = "rope_freqs.weight", ShortFactors = "rope_factors_short.weight", LongFactors = "rope_factors_long.weight";
    private const string BetaFast = "rope.scaling.yarn_beta_fast", BetaSlow = "rope.scaling.yarn_beta_slow";

    /// <summary>
    /// <c>rope.freq_base</c>, <c>rope.dimension_count</c>, <c>rope.scaling.*</c> (linear and yarn; <c>rope.scale_linear</c> in older files), the divisors in
    /// <c>rope_freqs.weight</c> into which llama3 scaling is worked when a file is converted, and LongRoPE's two lists.
    /// </summary>
    public static RotaryConfig Read(GgufReader metadata, int headDim, int contextLength)
    {
        int dim = metadata.Count("rope.dimension_count", headDim);
        if (dim > headDim || dim % 2 != 0)
            throw metadata.Error("rope.dimension_count", $"expected an even number up to the head's width ({headDim}), found {dim}");
        double theta = metadata.Number("rope.freq_base", 10000);
        if (theta <= 0)
            throw metadata.Error("rope.freq_base", "expected a number above zero");
        return new RotaryConfig { Base = theta, Dim = dim, Scaling = ReadScaling(metadata, dim, contextLength) };
    }

    private static RotaryScaling ReadScaling(GgufReader metadata, int dim, int contextLength)
    {
        double[] List(string name) => [.. metadata.Vector(name, dim / 2).Select(divisor => (double)divisor)];
        if (metadata.HasTensor(Divisors))
            return new RotaryScaling.Divisors(List(Divisors));
        int original = metadata.Count("rope.scaling.original_context_length", contextLength);
        double attention = metadata.Number("rope.scaling.attn_factor", 1);
        if (metadata.HasTensor(LongFactors))
            return new RotaryScaling.Long(List(ShortFactors), List(LongFactors), original, attention);
        string? type = metadata.Text("rope.scaling.type");
        double factor = metadata.Number(metadata.Has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear", 1);
        if (factor < 1)
            throw metadata.Error("rope.scaling.factor", "expected a number from 1 on");
        return type switch
        {
            null or "none" or "linear" => factor == 1 || type == "none" ? RotaryScaling.None : new RotaryScaling.Linear(factor),
            "yarn" => ReadYarn(metadata, factor, original, attention),
            _ => throw metadata.Error("rope.scaling.type", $"expected none, linear or yarn, found \"{type}\""),
        };
    }

    /// <summary>llama.cpp's names for YaRN's settings; the multiplier of the logarithm is what DeepSeek's config calls mscale_all_dim, its mscale being 1.</summary>
    private static RotaryScaling.Yarn ReadYarn(GgufReader metadata, double factor, int original, double attention)
    {
        if (metadata.Number("rope.scaling.yarn_ext_factor", -1) is not (-1 or 1) and var share)
            throw metadata.Error("rope.scaling.yarn_ext_factor", FormattableString.Invariant($"expected 1, or -1 for the usual, the only share of extrapolation that is computed, found {share}"));
        if (metadata.Number("rope.scaling.yarn_attn_factor", 1) is not 1 and var other)
            throw metadata.Error("rope.scaling.yarn_attn_factor", FormattableString.Invariant($"expected 1, beside which rope.scaling.attn_factor counts, found {other}"));
        double? multiplier = metadata.OptionalPositive("rope.scaling.yarn_log_multiplier");
        double fast = metadata.Number(BetaFast, 32), slow = metadata.Number(BetaSlow, 1);
        if (fast <= 0 || slow <= 0)
            throw metadata.Error(fast <= 0 ? BetaFast : BetaSlow, "expected a number above zero");
        return new RotaryScaling.Yarn(factor, original, fast, slow, RotaryScaling.Yarn.DefaultAttentionFactor(factor, mscaleAllDim: multiplier) * attention, RoundsBounds: true);
    }

    /// <summary>Keys of a scaling, and the tensors that stand for what has no key.</summary>
    public static List<GgufTensor> WriteScaling(GgufKeys keys, string name, RotaryConfig rotary, int contextLength)
    {
        switch (rotary.Scaling)
        {
            case RotaryScaling.Linear linear:
                keys.Set($"{name}.rope.scaling.type", "linear");
                keys.Set($"{name}.rope.scaling.factor", (float)linear.Factor);
                return [];
            case RotaryScaling.Yarn yarn:
                keys.Set($"{name}.rope.scaling.type", "yarn");
                keys.Set($"{name}.rope.scaling.factor", (float)yarn.Factor);
                keys.Set($"{name}.rope.scaling.original_context_length", (uint)yarn.OriginalContext);
                if (yarn.BetaFast != 32)
                    keys.Set($"{name}.{BetaFast}", (float)yarn.BetaFast);
                if (yarn.BetaSlow != 1)
                    keys.Set($"{name}.{BetaSlow}", (float)yarn.BetaSlow);
                double usual = RotaryScaling.Yarn.DefaultAttentionFactor(yarn.Factor);
                if (yarn.AttentionFactor != usual)
                    keys.Set($"{name}.rope.scaling.attn_factor", (float)(yarn.AttentionFactor / usual));
                return [];
            case RotaryScaling.Long factors:
                keys.Set($"{name}.rope.scaling.original_context_length", (uint)factors.OriginalContext);
                keys.Set($"{name}.rope.scaling.attn_factor", (float)factors.AttentionFactor);
                return [Vector(LongFactors, factors.LongFactors), Vector(ShortFactors, factors.ShortFactors)];
            case RotaryScaling.Llama3 or RotaryScaling.Divisors:
                // Worked into one divisor a pair, as llama.cpp's converter does.
                double[] plain = RotaryFrequencies.Of(rotary with { Scaling = RotaryScaling.None }, contextLength), scaled = RotaryFrequencies.Of(rotary, contextLength);
                return [Vector(Divisors, [.. plain.Zip(scaled, (p, s) => p / s)])];
            default:
                return [];
        }
    }

    private static GgufTensor Vector(string name, IReadOnlyList<double> values) =>
        new(name, TensorType.F32, [values.Count], StoredBytes.FromFloats([.. values.Select(value => (float)value)]));
}
