using Azimuth.Transformers.Positions;

namespace Azimuth.Transformers.Architectures;

/// <summary>Rotary settings of a GGUF file.</summary>
internal static class GgufRotary
{
    /// <summary>
    /// <c>rope.freq_base</c>, <c>rope.dimension_count</c>, <c>rope.scaling.*</c> (linear and yarn; <c>rope.scale_linear</c> in older files), and the divisors
    /// in <c>rope_freqs.weight</c> into which llama3 scaling is worked when a file is converted.
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
        if (metadata.HasTensor("rope_freqs.weight"))
            return new RotaryScaling.Divisors([.. metadata.Vector("rope_freqs.weight", dim / 2).Select(divisor => (double)divisor)]);
        string? type = metadata.Text("rope.scaling.type");
        double factor = metadata.Number(metadata.Has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear", 1);
        if (factor < 1)
            throw metadata.Error("rope.scaling.factor", "expected a number from 1 on");
        switch (type)
        {
            case null or "none" or "linear":
                return factor == 1 || type == "none" ? RotaryScaling.None : new RotaryScaling.Linear(factor);
            case "yarn":
                int original = metadata.Count("rope.scaling.original_context_length", contextLength);
                double sharpness = RotaryScaling.Yarn.DefaultAttentionFactor(factor) * metadata.Number("rope.scaling.attn_factor", 1);
                return new RotaryScaling.Yarn(factor, original, BetaFast: 32, BetaSlow: 1, sharpness, RoundsBounds: true);
            default:
                throw metadata.Error("rope.scaling.type", $"expected none, linear or yarn, found \"{type}\"");
        }
    }
}
