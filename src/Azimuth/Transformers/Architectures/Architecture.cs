using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>
/// One family, declared: how its config.json becomes a <see cref="TransformerConfig"/>, and what its tensors are called. A family is one file with one
/// static instance of this, and one line in <see cref="ArchitectureRegistry"/>.
/// </summary>
internal sealed record Architecture
{
    /// <summary>The <c>model_type</c> of its config.json.</summary>
    public required string ModelType { get; init; }

    /// <summary>Reads config.json.</summary>
    public required Func<ConfigReader, TransformerConfig> ReadConfig { get; init; }

    /// <summary>Tensor names in safetensors, for a config.</summary>
    public required Func<TransformerConfig, TensorNames> Tensors { get; init; }

    /// <summary>The family's form in GGUF files, or null where it has none here.</summary>
    public GgufForm? Gguf { get; init; }
}
