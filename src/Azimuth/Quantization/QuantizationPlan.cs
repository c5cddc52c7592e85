using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Weights;

namespace Azimuth.Quantization;

/// <summary>Which part of a model's weights is stored anew.</summary>
public enum QuantizedPart
{
    /// <summary>The token tables and every matrix of the blocks. Norms, biases, position tables and routers of experts stay.</summary>
    All,

    /// <summary>The token tables only.</summary>
    Tables,
}

/// <summary>What one tensor of a checkpoint is to become.</summary>
/// <param name="Source">Its header entry.</param>
/// <param name="Slot">Its place in the model; null for tensors the model does not use.</param>
/// <param name="Type">How it will be stored.</param>
/// <param name="Via">The quantisation whose values are stored in <paramref name="Type"/>, where the type itself is not it.</param>
/// <param name="IsTransposed">True when it is stored as [inputs, outputs] and becomes [outputs, inputs].</param>
internal sealed record PlannedTensor(TensorInfo Source, WeightSlot? Slot, TensorType Type, QuantizationType? Via, bool IsTransposed)
{
    /// <summary>False when its bytes stay as they are.</summary>
    public bool Changes => Source.Type is { } stored && (Type != stored || Via is not null || IsTransposed);

    /// <summary>Its dimensions afterwards.</summary>
    public IReadOnlyList<long> Shape => IsTransposed ? [Source.Shape[1], Source.Shape[0]] : Source.Shape;

    /// <summary>Its bytes afterwards; those of a quantisation in two tensors are counted as that quantisation stores them.</summary>
    public long SizeBytes => Via is { } via ? via.RowBytes((int)Shape[1]) * Shape[0] : TensorInfo.Product(Shape) / Type.BlockLength() * Type.BlockBytes();
}

/// <summary>What becomes of every tensor of a model when it is stored in another type.</summary>
internal sealed class QuantizationPlan
{
    private QuantizationPlan(QuantizationType type, QuantizedPart part, IReadOnlyList<PlannedTensor> tensors, TensorNames names) =>
        (Type, Part, Tensors, Names) = (type, part, tensors, names);

    public QuantizationType Type { get; }

    public QuantizedPart Part { get; }

    /// <summary>Every tensor of the source, in its order.</summary>
    public IReadOnlyList<PlannedTensor> Tensors { get; }

    /// <summary>The names under which the planned weights are loaded: matrices that were transposed lie the other way round.</summary>
    public TensorNames Names { get; }

    /// <summary>Matrices that are stored in half precision because their rows are no whole number of blocks.</summary>
    public IEnumerable<PlannedTensor> Odd => Tensors.Where(t => t.Changes && Type.BlockLength() > 1 && t.Type == TensorType.F16 && t.Slot?.Role == WeightRole.Matrix);

    /// <param name="model">The model.</param>
    /// <param name="type">The type asked for.</param>
    /// <param name="part">What is stored in it.</param>
    /// <param name="asGguf">True for GGUF's layout: every matrix [outputs, inputs], vectors and positions in single precision.</param>
    /// <exception cref="ArgumentException">A token table whose rows are no whole number of blocks.</exception>
    public static QuantizationPlan Create(LanguageModel model, QuantizationType type, QuantizedPart part, bool asGguf)
    {
        if (TableQuantization.WhyNot(model.TokenEmbedding.ModelDim, type) is { } reason)
            throw new ArgumentException($"the token table: {reason}");
        Checkpoint checkpoint = model.Folder.Checkpoint;
        var slots = WeightSlots.Of(model.Config, model.Names, checkpoint).ToDictionary(slot => slot.Name, StringComparer.Ordinal);
        bool isNarrow = type is QuantizationType.BF16 or QuantizationType.F16;
        bool transposes = model.Names.Layout == WeightLayout.InputsByOutputs && (asGguf || (part == QuantizedPart.All && !isNarrow));
        var planned = checkpoint.Tensors.Select(tensor => Plan(tensor, SlotOf(tensor.Name, slots))).ToList();
        return new QuantizationPlan(type, part, planned, transposes ? model.Names with { Layout = WeightLayout.OutputsByInputs } : model.Names);

        PlannedTensor Plan(TensorInfo tensor, WeightSlot? slot)
        {
            if (tensor.Type is not { } stored || !stored.IsReadableAsFloat() || slot is null)
                return new PlannedTensor(tensor, slot, tensor.Type ?? TensorType.U8, null, false);
            bool isMatrix = tensor.Shape.Count == 2 && slot.Role == WeightRole.Matrix;
            bool isTable = tensor.Shape.Count == 2 && slot.Role is WeightRole.TokenTable or WeightRole.OutputTable;
            bool isTransposed = isMatrix && transposes;
            if (isTable || (isMatrix && part == QuantizedPart.All))
            {
                long columns = tensor.Shape[isTransposed ? 0 : 1];
                if (columns % type.BlockLength() != 0)
                    return new PlannedTensor(tensor, slot, TensorType.F16, null, isTransposed); // as ggml's own tool does
                return type.AsTensorType() is { } storable
                    ? new PlannedTensor(tensor, slot, storable, null, isTransposed)
                    : new PlannedTensor(tensor, slot, TensorType.F32, type, isTransposed);
            }

            // GGUF's readers expect norms, biases and positions in single precision; in safetensors one type for all is the custom, and what the config says.
            TensorType kept = model.Folder.Gguf is not null ? stored : asGguf ? (isMatrix && stored != TensorType.F64 ? stored : TensorType.F32)
                : isNarrow && part == QuantizedPart.All ? type.AsTensorType()!.Value : stored;
            return new PlannedTensor(tensor, slot, kept, null, isTransposed);
        }
    }

    private static WeightSlot? SlotOf(string name, Dictionary<string, WeightSlot> slots)
    {
        foreach (string ending in new[] { ".weight", ".bias" })
        {
            if (name.EndsWith(ending, StringComparison.Ordinal) && slots.TryGetValue(name[..^ending.Length], out WeightSlot? slot))
                return slot;
        }

        return null;
    }
}
