namespace Azimuth.Transformers.Architectures;

/// <summary>
/// What a family that varies Llama takes where its file does not say, and how it spells two keys. A family states all that its own code has otherwise: a
/// value left at Llama's would be computed without a word.
/// </summary>
internal sealed record LlamaDefaults
{
    /// <summary>True where the output table is the input table.</summary>
    public bool Tied { get; init; }

    /// <summary>Longest run of tokens.</summary>
    public int ContextLength { get; init; } = 2048;

    /// <summary>The norms' ε.</summary>
    public double Epsilon { get; init; } = 1e-6;

    /// <summary>Key-value heads; null for as many as query heads. A file that states null means these too.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>Width of a head; null for the model's width divided by the heads.</summary>
    public int? HeadDim { get; init; }

    /// <summary>θ of the rotary positions.</summary>
    public double RotaryBase { get; init; } = 10000;

    /// <summary>The activation, as config.json spells it.</summary>
    public string Activation { get; init; } = "silu";

    /// <summary>Share of each head that is turned.</summary>
    public double RotaryPart { get; init; } = 1;

    /// <summary>The key of the activation.</summary>
    public string ActivationKey { get; init; } = "hidden_act";

    /// <summary>The key of the norms' ε.</summary>
    public string NormKey { get; init; } = "rms_norm_eps";
}
