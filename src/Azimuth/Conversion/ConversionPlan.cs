using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Quantization;
using Azimuth.Transformers;
using PlannedTensor = Azimuth.Quantization.PlannedTensor;

namespace Azimuth.Conversion;

/// <summary>The type each tensor gets in a converted file.</summary>
/// <param name="type">The type asked for; null to keep each tensor's own where the format has it.</param>
/// <param name="isGguf">True for GGUF, false for safetensors.</param>
internal sealed class ConversionPlan(TensorType? type, bool isGguf)
{
    private readonly List<string> _odd = [];

    /// <summary>Matrices stored in half precision because their rows are no whole number of blocks.</summary>
    public IReadOnlyList<string> Odd => _odd;

    /// <param name="source">The tensor.</param>
    /// <param name="part">What it is a part of; null for tensors that the config does not use.</param>
    /// <param name="isTransposed">Whether its rows and columns change places.</param>
    /// <exception cref="CheckpointFormatException">A tensor of a type that cannot be written.</exception>
    public PlannedTensor Of(TensorInfo source, ModelPart? part, bool isTransposed)
    {
        if (source.Type is not { } stored)
            throw new CheckpointFormatException(source.File, $"expected a type that can be written again, found {source.TypeName}. Leave the tensor out, or store it as F32", source.Name, kind: "TypeNotReadable");
        return new PlannedTensor(source, null, stored.IsReadableAsFloat() ? Choose(source, stored, part, isTransposed) : stored, null, isTransposed);
    }

    private TensorType Choose(TensorInfo source, TensorType stored, ModelPart? part, bool isTransposed)
    {
        bool isMatrix = source.Shape.Count == 2 && part is not (ModelPart.Positions or ModelPart.Norms or ModelPart.TokenTypes);
        // GGUF's readers expect norms, biases and positions in single precision; in safetensors one type for all is the custom.
        if (isGguf && !isMatrix)
            return TensorType.F32;
        TensorType chosen = type ?? stored;
        // Blocks run along a row: what changes places with them is widened.
        if (type is null && stored.BlockLength() > 1 && (isTransposed || !isGguf))
            return TensorType.F32;
        if (isMatrix && source.Shape[isTransposed ? 0 : 1] % chosen.BlockLength() != 0)
        {
            _odd.Add(source.Name);
            return TensorType.F16; // as ggml's own tool does
        }

        return chosen;
    }
}
