using Azimuth.Transformers.Positions;

namespace Azimuth.Transformers;

/// <summary>One block: attention, MLP, and where their norms stand.</summary>
public sealed record LayerConfig
{
    /// <summary>Where the norms stand.</summary>
    public required BlockShape Shape { get; init; }

    /// <summary>The kind of all norms of the block.</summary>
    public required NormConfig Norm { get; init; }

    /// <summary>The attention.</summary>
    public required AttentionConfig Attention { get; init; }

    /// <summary>The MLP.</summary>
    public required MlpConfig Mlp { get; init; }

    /// <summary>Factor on what attention and MLP add to the residual stream (Granite).</summary>
    public float ResidualScale { get; init; } = 1;

    /// <summary>False where the attention reads the residual stream as it is, with no norm before it (the first layer of ModernBERT).</summary>
    public bool HasAttentionNorm { get; init; } = true;

    /// <summary>The number under which the layer's tensors are stored, where several layers share them (ALBERT); null for the layer's own.</summary>
    public int? WeightsOf { get; init; }
}

/// <summary>Where a block's norms stand. x is the residual stream, f the sub-block.</summary>
public enum BlockShape
{
    /// <summary>x + f(norm(x)), twice (GPT-2, Llama).</summary>
    PreNorm,

    /// <summary>norm(x + f(x)), twice (OPT-350m, BERT).</summary>
    PostNorm,

    /// <summary>x + norm(f(norm(x))), twice (Gemma 2 and 3).</summary>
    Sandwich,

    /// <summary>x + norm(f(x)), twice (OLMo 2).</summary>
    NormAfter,

    /// <summary>x + attention(norm(x)) + mlp(norm(x)), one norm (GPT-J, Cohere, Phi-2).</summary>
    Parallel,

    /// <summary>x + attention(norm₁(x)) + mlp(norm₂(x)) (GPT-NeoX, Falcon-40B).</summary>
    ParallelTwoNorms,
}

/// <summary>A norm over the last dimension.</summary>
public sealed record NormConfig
{
    /// <summary>Which formula.</summary>
    public required NormKind Kind { get; init; }

    /// <summary>Added to the variance or mean square.</summary>
    public required float Epsilon { get; init; }

    /// <summary>True when the result is multiplied by a trained gain.</summary>
    public bool HasGain { get; init; } = true;

    /// <summary>True when a trained bias is added.</summary>
    public bool HasBias { get; init; }

    /// <summary>True when the gain is stored as its difference from one (Gemma).</summary>
    public bool GainIsOffset { get; init; }
}

/// <summary>The formula of a norm.</summary>
public enum NormKind
{
    /// <summary>(x − mean) / √(variance + ε) (Ba, Kiros, Hinton 2016).</summary>
    LayerNorm,

    /// <summary>x / √(mean square + ε) (Zhang, Sennrich 2019).</summary>
    RmsNorm,
}

/// <summary>Attention of one layer. Query head h reads key-value head h / (HeadCount / KeyValueHeadCount).</summary>
public sealed record AttentionConfig
{
    /// <summary>Query heads.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Key-value heads: equal to the query heads, a divisor of them (grouped), or 1 (multi-query).</summary>
    public required int KeyValueHeadCount { get; init; }

    /// <summary>Width of one head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Factor on q·k (1/√HeadDim in most).</summary>
    public required float Scale { get; init; }

    /// <summary>True when queries, keys and values have biases.</summary>
    public bool HasInputBias { get; init; }

    /// <summary>True when the output matrix has a bias.</summary>
    public bool HasOutputBias { get; init; }

    /// <summary>True when a query sees only itself and what comes before it; false in encoders, where it sees the whole text.</summary>
    public bool IsCausal { get; init; } = true;

    /// <summary>A query sees positions less than this away, itself included; null for all that <see cref="IsCausal"/> leaves.</summary>
    public int? Window { get; init; }

    /// <summary>c in c·tanh(score/c) (Gemma 2); null for none.</summary>
    public float? SoftCap { get; init; }

    /// <summary>Queries, keys and values are clipped to ± this (OLMo); null for none.</summary>
    public float? Clip { get; init; }

    /// <summary>Norm of queries and keys before their rotation; null for none.</summary>
    public QueryKeyNormConfig? QueryKeyNorm { get; init; }

    /// <summary>Rotary positions; null for none.</summary>
    public RotaryConfig? Rotary { get; init; }

    /// <summary>For each head, how much its scores fall a position of distance (ALiBi, Press et al. 2022); null for none.</summary>
    public IReadOnlyList<float>? AlibiSlopes { get; init; }

    /// <summary>Factor on the ALiBi term (Falcon scales it as it scales q·k).</summary>
    public float AlibiScale { get; init; } = 1;

    /// <summary>True when slope · position of the key is rounded to bfloat16, before the scale (Falcon): keys far into a text then share their bias.</summary>
    public bool AlibiIsRounded { get; init; }

    /// <summary>A trained value added to the scores by head and distance (Raffel et al. 2020, §2.1; MPNet); null for none.</summary>
    public RelativeBiasConfig? RelativeBias { get; init; }

    /// <summary>True when scores fall with distance (ALiBi).</summary>
    public bool HasAlibi => AlibiSlopes is not null;

    /// <summary>What ALiBi adds to the scaled score of two positions: 0 at the query's own.</summary>
    /// <exception cref="InvalidOperationException">There is no ALiBi.</exception>
    public float AlibiBias(int head, int query, int key)
    {
        float slope = (AlibiSlopes ?? throw new InvalidOperationException("the attention has no ALiBi"))[head];
        return AlibiScale * (AlibiIsRounded ? Alibi.RoundedBias(slope, query, key) : Alibi.Bias(slope, query, key));
    }

    /// <summary>Width of all query heads together.</summary>
    public int QueryWidth => HeadCount * HeadDim;

    /// <summary>Width of all key heads together; the values' too.</summary>
    public int KeyWidth => KeyValueHeadCount * HeadDim;
}

/// <summary>Trained biases by distance, one table [bucket, head] for all layers. Half of the buckets are for keys after the query.</summary>
/// <param name="Buckets">Rows of the table, a multiple of 4.</param>
/// <param name="Farthest">Distance from which on all share the last bucket of their side.</param>
public sealed record RelativeBiasConfig(int Buckets, int Farthest);

/// <summary>Norm of queries and keys.</summary>
/// <param name="Norm">The norm.</param>
/// <param name="PerHead">True: each head by itself, one gain of HeadDim shared (Qwen3, Gemma 3). False: over all heads' width (OLMo 2).</param>
public sealed record QueryKeyNormConfig(NormConfig Norm, bool PerHead);

/// <summary>The MLP of one layer: down(activation(up(x))), or gated: down(activation(gate(x)) · up(x)).</summary>
public sealed record MlpConfig
{
    /// <summary>Inner width; of one expert where there are several.</summary>
    public required int HiddenDim { get; init; }

    /// <summary>The non-linearity.</summary>
    public required Activation Activation { get; init; }

    /// <summary>True for the gated form.</summary>
    public required bool IsGated { get; init; }

    /// <summary>True when its matrices have biases.</summary>
    public bool HasBias { get; init; }

    /// <summary>Mixture of experts; null for one dense MLP.</summary>
    public ExpertsConfig? Experts { get; init; }
}

/// <summary>A mixture of experts: softmax over the router's logits, the highest ones are run and added with their weights.</summary>
/// <param name="Count">Experts in the layer.</param>
/// <param name="Used">How many run for a token.</param>
/// <param name="Renormalised">True when the weights of those that run are scaled to add up to 1.</param>
public sealed record ExpertsConfig(int Count, int Used, bool Renormalised);

/// <summary>A non-linearity, element by element.</summary>
public enum Activation
{
    /// <summary>x · Φ(x), exact (Hendrycks, Gimpel 2016).</summary>
    Gelu,

    /// <summary>Its tanh form: x/2 · (1 + tanh(√(2/π)(x + 0.044715 x³))).</summary>
    GeluTanh,

    /// <summary>x · σ(1.702 x).</summary>
    GeluQuick,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x · σ(x).</summary>
    Silu,
}
