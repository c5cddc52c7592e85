namespace Azimuth.Transformers.Architectures;

/// <summary>Where a family that varies BERT has other defaults: those of its own configuration class.</summary>
internal sealed record BertDefaults
{
    /// <summary>The family's name.</summary>
    public string Architecture { get; init; } = "bert";

    /// <summary>Where <c>vocab_size</c> is not stated.</summary>
    public int VocabSize { get; init; } = 30522;

    /// <summary>Where <c>hidden_size</c> is not stated.</summary>
    public int ModelDim { get; init; } = 768;

    /// <summary>Where <c>num_hidden_layers</c> is not stated.</summary>
    public int Layers { get; init; } = 12;

    /// <summary>Where <c>num_attention_heads</c> is not stated.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>Where <c>intermediate_size</c> is not stated.</summary>
    public int MlpDim { get; init; } = 3072;

    /// <summary>Where <c>hidden_act</c> is not stated.</summary>
    public string Activation { get; init; } = "gelu";

    /// <summary>Where <c>type_vocab_size</c> is not stated; null for families without token types.</summary>
    public int? TokenTypes { get; init; } = 2;

    /// <summary>Where <c>embedding_size</c> is not stated; null for families whose table is as wide as the model.</summary>
    public int? EmbeddingDim { get; init; }
}
