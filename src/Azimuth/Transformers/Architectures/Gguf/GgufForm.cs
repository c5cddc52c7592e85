using Azimuth.Checkpoints.Gguf;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>A family as GGUF files hold it.</summary>
internal sealed record GgufForm
{
    /// <summary>The <c>general.architecture</c> of its files; its keys begin with it.</summary>
    public required string Name { get; init; }

    /// <summary>Reads the metadata; which tensors there are tells what the metadata leave out (biases, a table of its own for the output).</summary>
    public required Func<GgufReader, TransformerConfig> ReadConfig { get; init; }

    /// <summary>Tensor names, for a config.</summary>
    public required Func<TransformerConfig, TensorNames> Tensors { get; init; }

    /// <summary>Keys beyond those that <see cref="GgufConfigWriter"/> writes for every family.</summary>
    public Action<GgufKeys, TransformerConfig>? WriteMore { get; init; }

    /// <summary>What of a config the form holds, where it leaves out parts that nothing of the rest depends on (an encoder's heads).</summary>
    public Func<TransformerConfig, TransformerConfig> Kept { get; init; } = config => config;

    /// <summary>The period of windows where the file does not say; see <see cref="GgufReader.Windows"/>.</summary>
    public int WindowPeriod { get; init; }
}
