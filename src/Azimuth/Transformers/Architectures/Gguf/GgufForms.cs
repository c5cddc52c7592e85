using Azimuth.Checkpoints.Gguf;
using Azimuth.Transformers.Positions;

namespace Azimuth.Transformers.Architectures;

/// <summary>
/// The families as GGUF files hold them. Keys and tensors are llama.cpp's; what is computed is the family's own: llama.cpp's "GELU" is the tanh form throughout, in these
/// families too where the trained model has the exact one.
/// </summary>
internal static class GgufForms
{
    public static GgufForm Llama { get; } = new() { Name = "llama", ReadConfig = m => GgufDecoder.Read(m, "llama", new GgufDefaults()), Tensors = GgufNames.Permuted };

    public static GgufForm Qwen2 { get; } = new() { Name = "qwen2", ReadConfig = m => GgufDecoder.Read(m, "qwen2", new GgufDefaults()), Tensors = GgufNames.Separate };

    public static GgufForm Qwen3 { get; } = new()
    {
        Name = "qwen3",
        ReadConfig = m => WithQueryKeyNorm(GgufDecoder.Read(m, "qwen3", new GgufDefaults())),
        Tensors = GgufNames.Separate,
    };

    public static GgufForm Gemma { get; } = new() { Name = "gemma", ReadConfig = m => ReadGemma(m, "gemma", BlockShape.PreNorm, windowPeriod: 0), Tensors = GgufNames.Separate };

    public static GgufForm Gemma2 { get; } = new()
    {
        Name = "gemma2",
        ReadConfig = ReadGemma2,
        Tensors = GgufNames.Separate,
        WindowPeriod = 2,
    };

    public static GgufForm Gemma3 { get; } = new() { Name = "gemma3", ReadConfig = ReadGemma3, Tensors = GgufNames.Separate, WindowPeriod = 6 };

    public static GgufForm Phi2 { get; } = new()
    {
        Name = "phi2",
        ReadConfig = m => GgufDecoder.Read(m, "phi", Plain(Activation.GeluTanh) with { Shape = BlockShape.Parallel }),
        Tensors = GgufNames.Separate,
    };

    public static GgufForm Phi3 { get; } = new() { Name = "phi3", ReadConfig = m => GgufDecoder.Read(m, "phi3", new GgufDefaults()), Tensors = GgufNames.Fused };

    public static GgufForm GptNeoX { get; } = new()
    {
        Name = "gptneox",
        ReadConfig = m => GgufDecoder.Read(m, "gpt_neox", Plain(Activation.Gelu) with
        {
            Shape = m.Flag("use_parallel_residual", true) ? BlockShape.ParallelTwoNorms : BlockShape.PreNorm,
        }),
        Tensors = GgufNames.Fused,
        WriteMore = (keys, config) => keys.Set("gptneox.use_parallel_residual", config.Layers[0].Shape == BlockShape.ParallelTwoNorms),
    };

    public static GgufForm Falcon { get; } = new()
    {
        Name = "falcon",
        ReadConfig = m => GgufDecoder.Read(m, "falcon", Plain(Activation.Gelu) with
        {
            Shape = m.HasTensor("blk.0.attn_norm_2.weight") ? BlockShape.ParallelTwoNorms : BlockShape.Parallel,
        }),
        Tensors = GgufNames.Falcon,
        WriteMore = (keys, _) => keys.Set("falcon.tensor_data_layout", "jploski"), // queries, keys, values one after the other
    };

    public static GgufForm Bloom { get; } = new() { Name = "bloom", ReadConfig = m => WithAlibi(GgufDecoder.Read(m, "bloom", Plain(Activation.GeluTanh) with { IsRotary = false })), Tensors = GgufNames.Fused };

    public static GgufForm Mpt { get; } = new()
    {
        Name = "mpt",
        ReadConfig = m => m.OptionalPositive("attention.max_alibi_bias") is 8
            ? WithAlibi(GgufDecoder.Read(m, "mpt", Plain(Activation.Gelu) with { IsRotary = false }))
            : throw m.Error("attention.max_alibi_bias", "expected 8, the only slopes that are computed"),
        Tensors = GgufNames.Fused,
        WriteMore = (keys, _) => keys.Set("mpt.attention.max_alibi_bias", 8f),
    };

    public static GgufForm StarCoder2 { get; } = new() { Name = "starcoder2", ReadConfig = m => GgufDecoder.Read(m, "starcoder2", Plain(Activation.GeluTanh)), Tensors = GgufNames.Separate };

    public static GgufForm Gpt2 { get; } = new() { Name = "gpt2", ReadConfig = ReadGpt2, Tensors = GgufNames.Fused };

    /// <summary>BERT and DistilBERT. The file ends in hidden states: llama.cpp takes encoders for embeddings only, and its converter leaves heads and pooler out.</summary>
    public static GgufForm Bert { get; } = new()
    {
        Name = "bert",
        ReadConfig = m => ReadEncoder(m, "bert", Plain(Activation.Gelu) with { IsRotary = false, Shape = BlockShape.PostNorm }),
        Tensors = GgufNames.Encoder,
        Kept = WithoutHeads,
        WriteMore = WriteEncoder,
    };

    /// <summary>Nomic's BERT (Nussbaum et al. 2024): rotary positions and a SiLU gate. There is no folder of this family here.</summary>
    public static GgufForm NomicBert { get; } = new()
    {
        Name = "nomic-bert",
        ReadConfig = m => ReadEncoder(m, "nomic-bert", new GgufDefaults { Norm = NormKind.LayerNorm, Shape = BlockShape.PostNorm }),
        Tensors = GgufNames.Encoder,
        Kept = WithoutHeads,
        WriteMore = WriteEncoder,
    };

    /// <summary>Forms that no family of folders has.</summary>
    public static IReadOnlyList<GgufForm> WithoutFolder { get; } = [NomicBert];

    private static TransformerConfig WithoutHeads(TransformerConfig config) => config with { HasPooler = false, Output = new OutputConfig { Tied = true, HasLogits = false } };

    private static void WriteEncoder(GgufKeys keys, TransformerConfig config)
    {
        keys.Set($"{(config.Layers[0].Attention.Rotary is null ? Bert : NomicBert).Name}.attention.causal", false);
        keys.Set("tokenizer.ggml.token_type_count", (uint)Math.Max(1, config.Embedding.TokenTypes));
    }

    private static TransformerConfig ReadEncoder(GgufReader metadata, string family, GgufDefaults defaults)
    {
        if (metadata.Flag("attention.causal", false))
            throw metadata.Error("attention.causal", "expected false: every position of this family sees the whole text");
        TransformerConfig config = GgufDecoder.Read(metadata, family, defaults);
        NormConfig norm = config.Layers[0].Norm with { HasBias = metadata.HasTensor("token_embd_norm.bias") };
        return (WithoutHeads(config) with
        {
            Embedding = config.Embedding with
            {
                Norm = norm,
                Positions = defaults.IsRotary ? null : new PositionTableConfig(PositionTableKind.Learned, Offset: 0, Rows: config.ContextLength),
                TokenTypes = metadata.TokenTypes,
            },
            FinalNorm = null,
        }).WithLayers((layer, _) => layer with { Norm = norm, Attention = layer.Attention with { IsCausal = false } });
    }

    /// <summary>LayerNorms and an MLP without gate.</summary>
    private static GgufDefaults Plain(Activation activation) => new() { Norm = NormKind.LayerNorm, Activation = activation, IsGated = false };

    private static TransformerConfig ReadGpt2(GgufReader metadata)
    {
        TransformerConfig config = GgufDecoder.Read(metadata, "gpt2", Plain(Activation.GeluTanh) with { IsRotary = false });
        return config with { Embedding = config.Embedding with { Positions = new PositionTableConfig(PositionTableKind.Learned, Offset: 0, Rows: config.ContextLength) } };
    }

    /// <summary>Gains come with the one added that Gemma's own files leave out.</summary>
    private static TransformerConfig ReadGemma(GgufReader metadata, string family, BlockShape shape, int windowPeriod)
    {
        TransformerConfig config = GgufDecoder.Read(metadata, family, new GgufDefaults { Activation = Activation.GeluTanh, Shape = shape, WindowPeriod = windowPeriod });
        // llama.cpp knows the 27B models, which alone do not scale by the head's width, by their numbers of layers.
        bool isLargest = (family, config.LayerCount) is ("gemma2", 46) or ("gemma3_text", 62);
        float scale = isLargest && !metadata.Has("attention.scale") ? (float)(1 / Math.Sqrt(config.ModelDim / config.HeadCount)) : config.Layers[0].Attention.Scale;
        return (config with { Embedding = config.Embedding with { Scale = (float)Math.Sqrt(config.ModelDim) } })
            .WithLayers((layer, _) => layer with { Attention = layer.Attention with { Scale = scale } });
    }

    /// <summary>The first files of this family say nothing of the caps and the window: llama.cpp has them all the same (llama-hparams.h, llama-model.cpp).</summary>
    private static TransformerConfig ReadGemma2(GgufReader metadata)
    {
        const int Window = 4096;
        const float ScoreCap = 50, LogitCap = 30;
        TransformerConfig config = ReadGemma(metadata, "gemma2", BlockShape.Sandwich, windowPeriod: 2);
        bool hasWindow = metadata.Has("attention.sliding_window"), hasScoreCap = metadata.Has("attn_logit_softcapping"), hasLogitCap = metadata.Has("final_logit_softcapping");
        return (config with { Output = hasLogitCap ? config.Output : config.Output with { LogitSoftCap = LogitCap } }).WithLayers((layer, i) => layer with
        {
            Attention = layer.Attention with
            {
                SoftCap = hasScoreCap ? layer.Attention.SoftCap : ScoreCap,
                Window = hasWindow ? layer.Attention.Window : i % 2 == 0 ? Window : null,
            },
        });
    }

    private static TransformerConfig ReadGemma3(GgufReader metadata)
    {
        double local = metadata.Number("rope.freq_base_swa", 10000);
        if (local <= 0)
            throw metadata.Error("rope.freq_base_swa", "expected a number above zero");
        TransformerConfig config = WithQueryKeyNorm(ReadGemma(metadata, "gemma3_text", BlockShape.Sandwich, windowPeriod: 6));
        return config.WithLayers((layer, _) => layer.Attention.Window is null ? layer : layer with
        {
            Attention = layer.Attention with { Rotary = layer.Attention.Rotary! with { Base = local, Scaling = RotaryScaling.None } },
        });
    }

    private static TransformerConfig WithQueryKeyNorm(TransformerConfig config) => config.WithLayers((layer, _) => layer with
    {
        Attention = layer.Attention with { QueryKeyNorm = new QueryKeyNormConfig(layer.Norm, PerHead: true) },
    });

    private static TransformerConfig WithAlibi(TransformerConfig config)
    {
        float[] slopes = Alibi.Slopes(config.HeadCount);
        return config.WithLayers((layer, _) => layer with { Attention = layer.Attention with { AlibiSlopes = slopes } });
    }
}
