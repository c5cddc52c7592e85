using Azimuth.Transformers.Positions;

namespace Azimuth.Transformers;

/// <summary>
/// What a transformer computes, decoder or encoder, complete: every default has been resolved when it was read, so nothing here means "as the family does it".
/// Choices that may differ from layer to layer stand in <see cref="Layers"/>. Immutable.
/// </summary>
public sealed record TransformerConfig
{
    /// <summary>The family's name as the file spells it ("gpt2", "llama"); for people, never tested by the computation.</summary>
    public required string Architecture { get; init; }

    /// <summary>Rows of the input table.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Longest run of tokens the model was made for.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Longest run it computes, a longer one is refused: the context, or without bound where the angles are stretched to any length.</summary>
    public int LongestRun => Layers.Any(layer => layer.Attention.Rotary?.Scaling is RotaryScaling.Dynamic) ? int.MaxValue : ContextLength;

    /// <summary>Width of the residual stream.</summary>
    public required int ModelDim { get; init; }

    /// <summary>From token id to the first layer's input.</summary>
    public required EmbeddingConfig Embedding { get; init; }

    /// <summary>One entry a layer, first layer first.</summary>
    public required IReadOnlyList<LayerConfig> Layers { get; init; }

    /// <summary>The norm before the unembedding; null when there is none.</summary>
    public required NormConfig? FinalNorm { get; init; }

    /// <summary>From the final norm to logits.</summary>
    public required OutputConfig Output { get; init; }

    /// <summary>True when there is a pooler: tanh(W·x + b) of the first position's last hidden state (BERT).</summary>
    public bool HasPooler { get; init; }

    /// <summary>True for a decoder, which predicts each token from those before it; false for an encoder, whose positions see the whole text.</summary>
    public bool IsCausal => Layers.All(layer => layer.Attention.IsCausal);

    /// <summary>What who reads its numbers should know of how the config was read, one sentence each; the computation does not look at it.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Number of layers.</summary>
    public int LayerCount => Layers.Count;

    /// <summary>Attention heads of the first layer.</summary>
    public int HeadCount => Layers[0].Attention.HeadCount;

    /// <summary>Key-value heads of the first layer.</summary>
    public int KeyValueHeadCount => Layers[0].Attention.KeyValueHeadCount;

    /// <summary>Width of one head of the first layer.</summary>
    public int HeadDim => Layers[0].Attention.HeadDim;

    /// <summary>Inner width of the first layer's MLP (of one expert, where there are several).</summary>
    public int MlpDim => Layers[0].Mlp.HiddenDim;

    /// <summary>
    /// The same computation with nothing in it that knows a position: no position rows, no turning of queries and keys, no ALiBi, no bias by distance. What stays is the mask: a query
    /// still sees only itself and what comes before it, and in some layers only the nearest of that.
    /// </summary>
    public TransformerConfig WithoutPositions() => WithLayers((layer, _) => layer with
    {
        Attention = layer.Attention with { AlibiSlopes = null, RelativeBias = null, Rotary = Unturned(layer.Attention.Rotary) },
    }) with
    { Embedding = Embedding with { Positions = null } };

    /// <summary>A factor on cosine and sine (YaRN, LongRoPE) makes scores larger at every position: it is not part of the order, and stays.</summary>
    private static RotaryConfig? Unturned(RotaryConfig? rotary) =>
        rotary is not null && RotaryFrequencies.AttentionFactor(rotary.Scaling) is not 1 and var factor
            ? rotary with { Scaling = new RotaryScaling.Still(factor) }
            : null;

    /// <summary>The same with each layer changed; families that are variations of another are read so.</summary>
    internal TransformerConfig WithLayers(Func<LayerConfig, int, LayerConfig> change) => this with { Layers = [.. Layers.Select(change)] };

    /// <summary>
    /// True when the rotary angles depend on how long the whole run is (dynamic and long rotary scaling), so that tokens added to a run change
    /// what earlier ones computed: cached runs then start over whenever the angles change.
    /// </summary>
    public bool AnglesDependOnLength => Layers.Any(layer => layer.Attention.Rotary?.Scaling.DependsOnLength ?? false);

    /// <summary>Stops what needs an output of a model that ends in hidden states.</summary>
    internal void RequireLogits()
    {
        if (!Output.HasLogits)
            throw new NotSupportedException($"expected a model with an output, found {Architecture} without a head for masked tokens: it ends in hidden states. Use the checkpoint that was saved with its head.");
    }
}

/// <summary>From token id to the residual stream: row · scale, projection, position and type rows, norm; or the projection last.</summary>
public sealed record EmbeddingConfig
{
    /// <summary>Width of the token table's rows.</summary>
    public required int Dim { get; init; }

    /// <summary>Where rows of another width than the model's are led into it.</summary>
    public EmbeddingProjection Projection { get; init; }

    /// <summary>Factor on the token's row (√model in Gemma and XGLM).</summary>
    public float Scale { get; init; } = 1;

    /// <summary>Norm right after the embedding (BLOOM, BERT); null for none.</summary>
    public NormConfig? Norm { get; init; }

    /// <summary>Rows added by position; null where positions enter in the attention or not at all.</summary>
    public PositionTableConfig? Positions { get; init; }

    /// <summary>Rows of the table of token types, of which row 0 is added to a text of one part (BERT's segments); 0 for none.</summary>
    public int TokenTypes { get; init; }

    /// <summary>Width of position and type rows and of the norm.</summary>
    /// <param name="modelDim">Width of the residual stream.</param>
    public int SumDim(int modelDim) => Projection == EmbeddingProjection.Last ? Dim : modelDim;
}

/// <summary>Where a token's row is led from its own width to the model's.</summary>
public enum EmbeddingProjection
{
    /// <summary>Nowhere: the widths are equal.</summary>
    None,

    /// <summary>Before positions are added, without bias; logits are led back the same way (OPT-350m).</summary>
    First,

    /// <summary>After positions, types and norm, with bias (ALBERT, ELECTRA).</summary>
    Last,
}

/// <summary>A vector added to the embedding at each position.</summary>
/// <param name="Kind">Where the rows come from.</param>
/// <param name="Offset">Row of position 0 (2 in OPT).</param>
/// <param name="Rows">Rows of the table, offset included.</param>
/// <param name="PaddingId">Tokens of this id have the row before the offset and are not counted (RoBERTa); null where every token counts.</param>
public sealed record PositionTableConfig(PositionTableKind Kind, int Offset, int Rows, int? PaddingId = null);

/// <summary>Where the rows of a position table come from.</summary>
public enum PositionTableKind
{
    /// <summary>A trained matrix in the checkpoint.</summary>
    Learned,

    /// <summary>Sines in the first half, cosines in the second (Vaswani et al. 2017, §3.5, in fairseq's order).</summary>
    Sinusoidal,
}

/// <summary>From the final norm to logits.</summary>
public sealed record OutputConfig
{
    /// <summary>True when the output table is the input table, or there is no output.</summary>
    public required bool Tied { get; init; }

    /// <summary>False where the model ends in hidden states (an encoder without its head).</summary>
    public bool HasLogits { get; init; } = true;

    /// <summary>What stands before the output table in the head of a masked language model; null for nothing.</summary>
    public HeadConfig? Head { get; init; }

    /// <summary>True when a bias is added to the logits (GPT-J).</summary>
    public bool HasBias { get; init; }

    /// <summary>Factor on the logits (Cohere, Granite).</summary>
    public float LogitScale { get; init; } = 1;

    /// <summary>c in c·tanh(logit/c) (Gemma 2); null for none.</summary>
    public float? LogitSoftCap { get; init; }
}

/// <summary>The head of a masked language model (Devlin et al. 2019): norm(activation(W·x + b)), from the model's width to the table's.</summary>
/// <param name="Activation">The non-linearity.</param>
/// <param name="HasBias">True when its matrix has a bias.</param>
/// <param name="Norm">The norm.</param>
public sealed record HeadConfig(Activation Activation, bool HasBias, NormConfig Norm);
