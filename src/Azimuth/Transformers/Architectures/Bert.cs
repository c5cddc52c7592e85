using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>
/// BERT (Devlin et al. 2019): every position sees the whole text, norms after the sub-blocks, learned positions, two token types. Its head and its pooler are
/// there where the checkpoint has them. Used as a decoder, or with positions in the attention, it is refused.
/// </summary>
internal static class Bert
{
    public static Architecture Family { get; } = new() { ModelType = "bert", ReadConfig = config => ReadConfig(config, new BertDefaults(), Names), Tensors = _ => Names, Gguf = GgufForms.Bert };

    /// <summary>The names most encoders took over.</summary>
    public static TensorNames Names => new()
    {
        Prefixes = ["bert.", ""], // the model with a head, and the bare encoder
        TokenEmbedding = "embeddings.word_embeddings",
        PositionEmbedding = "embeddings.position_embeddings",
        TokenTypes = "embeddings.token_type_embeddings",
        EmbeddingNorm = "embeddings.LayerNorm",
        QueryKeyValue = new FusedNames(
            "encoder.layer.{layer}.attention.self.query", "encoder.layer.{layer}.attention.self.key", "encoder.layer.{layer}.attention.self.value"),
        AttentionOutput = "encoder.layer.{layer}.attention.output.dense",
        AttentionNorm = "encoder.layer.{layer}.attention.output.LayerNorm",
        MlpUp = new FusedNames("encoder.layer.{layer}.intermediate.dense"),
        MlpDown = "encoder.layer.{layer}.output.dense",
        MlpNorm = "encoder.layer.{layer}.output.LayerNorm",
        Pooler = "pooler.dense",
        HeadMatrix = "cls.predictions.transform.dense",
        HeadNorm = "cls.predictions.transform.LayerNorm",
        Unembedding = "cls.predictions.decoder",
        UnembeddingBias = "cls.predictions",
        Ignored = ["cls.predictions.decoder.bias"], // the same as cls.predictions.bias
    };

    /// <summary>The config most encoders vary.</summary>
    /// <param name="config">config.json.</param>
    /// <param name="defaults">Where the family departs from BERT.</param>
    /// <param name="names">The family's names, to see which heads the checkpoint has.</param>
    public static TransformerConfig ReadConfig(ConfigReader config, BertDefaults defaults, TensorNames names)
    {
        config.Require("is_decoder", false, fallback: false);
        if (config.Text("position_embedding_type", "absolute") is not "absolute" and var positions)
            throw config.Error("position_embedding_type", $"expected absolute, the only form that is computed, found \"{positions}\"");
        int model = config.Count("hidden_size", defaults.ModelDim), heads = config.Count("num_attention_heads", defaults.Heads);
        int embedding = defaults.EmbeddingDim is { } width ? config.Count("embedding_size", width) : model;
        string activation = defaults.Activation;
        TransformerConfig read = Create(
            new EncoderShape(
                config.Count("vocab_size", defaults.VocabSize), config.Count("max_position_embeddings", 512), model, config.LayerCount("num_hidden_layers", defaults.Layers), heads,
                config.HeadDim(model, heads, "hidden_size", "num_attention_heads"), config.Count("intermediate_size", defaults.MlpDim)),
            config.Activation("hidden_act", activation), config.Positive("layer_norm_eps", 1e-12));
        return WithHeads(read with
        {
            Architecture = defaults.Architecture,
            Embedding = read.Embedding with
            {
                Dim = embedding,
                Projection = embedding == model ? EmbeddingProjection.None : EmbeddingProjection.Last,
                TokenTypes = defaults.TokenTypes is { } types ? config.Count("type_vocab_size", types) : 0,
            },
        }, config, names);
    }

    /// <summary>A post-norm encoder with biases everywhere and learned positions, without heads.</summary>
    public static TransformerConfig Create(EncoderShape shape, Activation activation, double epsilon)
    {
        var norm = new NormConfig { Kind = NormKind.LayerNorm, Epsilon = (float)epsilon, HasBias = true };
        var layer = new LayerConfig
        {
            Shape = BlockShape.PostNorm,
            Norm = norm,
            Attention = new AttentionConfig
            {
                HeadCount = shape.Heads,
                KeyValueHeadCount = shape.Heads,
                HeadDim = shape.HeadDim,
                Scale = (float)(1 / Math.Sqrt(shape.HeadDim)),
                IsCausal = false,
                HasInputBias = true,
                HasOutputBias = true,
            },
            Mlp = new MlpConfig { HiddenDim = shape.MlpDim, Activation = activation, IsGated = false, HasBias = true },
        };
        return new TransformerConfig
        {
            Architecture = "bert",
            VocabSize = shape.VocabSize,
            ContextLength = shape.Positions,
            ModelDim = shape.ModelDim,
            Embedding = new EmbeddingConfig { Dim = shape.ModelDim, Norm = norm, Positions = new PositionTableConfig(PositionTableKind.Learned, Offset: 0, Rows: shape.Positions) },
            Layers = [.. Enumerable.Repeat(layer, shape.Layers)],
            FinalNorm = null,
            Output = new OutputConfig { Tied = true, HasLogits = false },
        };
    }

    /// <summary>Adds the head and the pooler.</summary>
    public static TransformerConfig WithHeads(TransformerConfig encoder, ConfigReader config, TensorNames names)
    {
        bool pools = names.Pooler is not null
            && (config.Weights is { } weights ? config.HasTensors(names.PrefixIn(weights) + names.Pooler + ".") : config.IsMadeFor("Model") || config.IsMadeFor("ForPreTraining"));
        LayerConfig layer = encoder.Layers[0];
        return encoder with
        {
            HasPooler = pools,
            Output = !HasHead(config, names) ? encoder.Output : new OutputConfig
            {
                Tied = config.Flag("tie_word_embeddings", true),
                HasBias = true,
                Head = new HeadConfig(layer.Mlp.Activation, HasBias: true, layer.Norm),
            },
        };
    }

    /// <summary>
    /// True when the checkpoint has any tensor of the head, whatever class it was saved from: <c>architectures</c> says less than the file, since sentence
    /// encoders are saved with either head or with none. Without a checkpoint, what that class has.
    /// </summary>
    public static bool HasHead(ConfigReader config, TensorNames names) => config.Weights is not null
        ? config.HasTensors(names.HeadMatrix + ".") || config.HasTensors(names.HeadNorm + ".")
        : config.IsMadeFor("ForMaskedLM") || config.IsMadeFor("ForPreTraining");
}

/// <summary>Sizes of an encoder.</summary>
internal sealed record EncoderShape(int VocabSize, int Positions, int ModelDim, int Layers, int Heads, int HeadDim, int MlpDim);
