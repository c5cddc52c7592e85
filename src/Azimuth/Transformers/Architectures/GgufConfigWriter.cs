using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Numerics;
using Azimuth.Transformers.Positions;

namespace Azimuth.Transformers.Architectures;

/// <summary>Writes a config as the metadata that GGUF's readers look for (llama.cpp's llama-arch.cpp). What they have no key for is refused.</summary>
internal static class GgufConfigWriter
{
    /// <summary>Llama's keys.</summary>
    /// <returns>Tensors that stand for what has no key: the divisors of llama3 rotary scaling.</returns>
    /// <exception cref="ArgumentException">A setting that GGUF's llama does not have.</exception>
    public static IReadOnlyList<GgufTensor> Llama(GgufKeys keys, TransformerConfig config)
    {
        AttentionConfig attention = config.Layers[0].Attention;
        Common(keys, "llama", config);
        Require(config.Layers[0].Mlp is { Activation: Activation.Silu, IsGated: true }, "the activation", config.Layers[0].Mlp.Activation.ToString(), "Silu");
        RotaryConfig rotary = attention.Rotary!;
        Require(rotary.Dim == attention.HeadDim, "rotary positions on part of a head", $"{rotary.Dim} of {attention.HeadDim}", "all of it");
        keys.Set("llama.attention.head_count_kv", (uint)attention.KeyValueHeadCount);
        keys.Set("llama.attention.layer_norm_rms_epsilon", config.Layers[0].Norm.Epsilon);
        keys.Set("llama.attention.key_length", (uint)attention.HeadDim);
        keys.Set("llama.attention.value_length", (uint)attention.HeadDim);
        keys.Set("llama.rope.dimension_count", (uint)rotary.Dim);
        keys.Set("llama.rope.freq_base", (float)rotary.Base);
        return Scaling(keys, rotary, config.ContextLength);
    }

    /// <summary>GPT-2's keys.</summary>
    /// <inheritdoc cref="Llama" path="/exception"/>
    public static IReadOnlyList<GgufTensor> Gpt2(GgufKeys keys, TransformerConfig config)
    {
        AttentionConfig attention = config.Layers[0].Attention;
        Common(keys, "gpt2", config);
        Require(config.Layers[0].Mlp.Activation == Activation.GeluTanh, "the activation", config.Layers[0].Mlp.Activation.ToString(), "GeluTanh");
        float scale = (float)(1 / Math.Sqrt(attention.HeadDim));
        Require(config.Layers.All(layer => layer.Attention.Scale == scale), "the factor on attention scores", "another one", "1/√(head width) in every layer");
        keys.Set("gpt2.attention.layer_norm_epsilon", config.Layers[0].Norm.Epsilon);
        return [];
    }

    private static void Common(GgufKeys keys, string name, TransformerConfig config)
    {
        keys.Set($"{name}.block_count", (uint)config.LayerCount);
        keys.Set($"{name}.context_length", (uint)config.ContextLength);
        keys.Set($"{name}.embedding_length", (uint)config.ModelDim);
        keys.Set($"{name}.feed_forward_length", (uint)config.MlpDim);
        keys.Set($"{name}.attention.head_count", (uint)config.HeadCount);
        keys.Set($"{name}.vocab_size", (uint)config.VocabSize);
    }

    private static IReadOnlyList<GgufTensor> Scaling(GgufKeys keys, RotaryConfig rotary, int contextLength)
    {
        switch (rotary.Scaling)
        {
            case RotaryScaling.Unscaled:
                return [];
            case RotaryScaling.Linear linear:
                keys.Set("llama.rope.scaling.type", "linear");
                keys.Set("llama.rope.scaling.factor", (float)linear.Factor);
                return [];
            case RotaryScaling.Yarn { BetaFast: 32, BetaSlow: 1, RoundsBounds: true } yarn:
                keys.Set("llama.rope.scaling.type", "yarn");
                keys.Set("llama.rope.scaling.factor", (float)yarn.Factor);
                keys.Set("llama.rope.scaling.original_context_length", (uint)yarn.OriginalContext);
                double usual = yarn.Factor <= 1 ? 1 : 0.1 * Math.Log(yarn.Factor) + 1;
                if (yarn.AttentionFactor != usual)
                    keys.Set("llama.rope.scaling.attn_factor", (float)(yarn.AttentionFactor / usual));
                return [];
            case RotaryScaling.Llama3 or RotaryScaling.Divisors:
                // Worked into one divisor a pair, as llama.cpp's converter does.
                double[] plain = RotaryFrequencies.Of(rotary with { Scaling = RotaryScaling.None }, contextLength), scaled = RotaryFrequencies.Of(rotary, contextLength);
                float[] divisors = [.. plain.Zip(scaled, (p, s) => (float)(p / s))];
                return [new GgufTensor("rope_freqs.weight", TensorType.F32, [divisors.Length], StoredBytes.FromFloats(divisors))];
            default:
                Require(false, "the rotary scaling", rotary.Scaling.GetType().Name, "none, linear, llama3, or yarn with its usual bounds");
                return [];
        }
    }

    private static void Require(bool holds, string what, string found, string expected)
    {
        if (!holds)
            throw new ArgumentException($"{what}: GGUF's form of this family has {expected}, found {found}. Write safetensors instead (bf16 or f16).");
    }
}
