using Azimuth.Transformers.Positions;

namespace Azimuth.Transformers.Architectures;

/// <summary>What a family's GGUF files leave unsaid.</summary>
internal sealed record GgufDefaults
{
    /// <summary>The kind of all norms; it decides which of two keys their ε has.</summary>
    public NormKind Norm { get; init; } = NormKind.RmsNorm;

    /// <summary>The MLP's non-linearity.</summary>
    public Activation Activation { get; init; } = Activation.Silu;

    /// <summary>True for the gated MLP.</summary>
    public bool IsGated { get; init; } = true;

    /// <summary>False where positions enter otherwise.</summary>
    public bool IsRotary { get; init; } = true;

    /// <summary>Where the norms stand.</summary>
    public BlockShape Shape { get; init; } = BlockShape.PreNorm;

    /// <summary>See <see cref="GgufReader.Windows"/>; 0 for windows on all layers, where there is one.</summary>
    public int WindowPeriod { get; init; }
}

/// <summary>The config that GGUF's common keys and the tensors that are there describe (llama.cpp's llama-arch.cpp has the keys); families vary it.</summary>
internal static class GgufDecoder
{
    public static TransformerConfig Read(GgufReader metadata, string family, GgufDefaults defaults)
    {
        if (metadata.OptionalCount("expert_count") is not null)
            throw metadata.Error("expert_count", "expected a dense model, found a mixture of experts, which is not read from GGUF. Use its safetensors form");
        int model = metadata.Count("embedding_length"), layers = metadata.LayerCount;
        bool isRms = defaults.Norm == NormKind.RmsNorm;
        var norm = new NormConfig
        {
            Kind = defaults.Norm,
            Epsilon = (float)metadata.Epsilon(isRms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon"),
            HasBias = metadata.HasTensor("output_norm.bias"),
        };
        var layer = new LayerConfig
        {
            Shape = defaults.Shape,
            Norm = norm,
            Attention = Attention(metadata, model, defaults.IsRotary),
            Mlp = new MlpConfig
            {
                HiddenDim = metadata.Count("feed_forward_length"),
                Activation = defaults.Activation,
                IsGated = defaults.IsGated,
                HasBias = metadata.HasTensor("blk.0.ffn_up.bias"),
            },
        };
        int?[] windows = metadata.Windows(layers, defaults.WindowPeriod);
        return new TransformerConfig
        {
            Architecture = family,
            VocabSize = metadata.VocabSize,
            ContextLength = metadata.Count("context_length"),
            ModelDim = model,
            Embedding = new EmbeddingConfig { Dim = model, Norm = metadata.HasTensor("token_embd_norm.weight") ? norm : null },
            Layers = [.. windows.Select(window => layer with { Attention = layer.Attention with { Window = window } })],
            FinalNorm = norm,
            Output = new OutputConfig
            {
                Tied = metadata.IsTied,
                HasBias = metadata.HasTensor("output.bias"),
                LogitSoftCap = metadata.OptionalPositive("final_logit_softcapping"),
            },
        };
    }

    private static AttentionConfig Attention(GgufReader metadata, int model, bool isRotary)
    {
        int heads = metadata.HeadCount, keyValueHeads = metadata.Count("attention.head_count_kv", heads);
        if (heads % keyValueHeads != 0)
            throw metadata.Error("attention.head_count_kv", $"expected a divisor of attention.head_count ({heads}), found {keyValueHeads}");
        int headDim = metadata.Has("attention.key_length") ? metadata.Count("attention.key_length") : metadata.HeadDim(model, heads);
        if (metadata.Count("attention.value_length", headDim) != headDim)
            throw metadata.Error("attention.value_length", $"expected as many as attention.key_length ({headDim}), the only form that is computed");
        return new AttentionConfig
        {
            HeadCount = heads,
            KeyValueHeadCount = keyValueHeads,
            HeadDim = headDim,
            Scale = metadata.OptionalPositive("attention.scale") ?? (float)(1 / Math.Sqrt(headDim)),
            SoftCap = metadata.OptionalPositive("attn_logit_softcapping"),
            Clip = metadata.OptionalPositive("attention.clamp_kqv"),
            HasInputBias = metadata.HasTensor("blk.0.attn_q.bias") || metadata.HasTensor("blk.0.attn_qkv.bias"),
            HasOutputBias = metadata.HasTensor("blk.0.attn_output.bias"),
            Rotary = isRotary ? GgufRotary.Read(metadata, headDim, metadata.Count("context_length")) : null,
        };
    }
}
