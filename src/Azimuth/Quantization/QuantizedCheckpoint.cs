using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Quantization;

/// <summary>The weights of a plan in memory: what a model computes with once it is stored so. Values of int8 and 4-bit groups are kept in single precision.</summary>
internal sealed class QuantizedCheckpoint : Checkpoint
{
    private readonly Checkpoint _source;
    private readonly Dictionary<string, (TensorInfo Tensor, StoredBytes? Bytes)> _byName = new(StringComparer.Ordinal);

    private QuantizedCheckpoint(Checkpoint source) => _source = source;

    /// <summary>Stores every tensor of the plan that changes.</summary>
    /// <exception cref="CheckpointFormatException">A value that the type cannot hold.</exception>
    public static QuantizedCheckpoint Create(Checkpoint source, QuantizationPlan plan, Workers workers, IProgress<double>? progress, CancellationToken cancellation)
    {
        var result = new QuantizedCheckpoint(source);
        long total = Math.Max(1, plan.Tensors.Sum(t => t.Source.SizeBytes)), done = 0;
        foreach (PlannedTensor tensor in plan.Tensors)
        {
            result.Add(tensor, workers, cancellation);
            done += tensor.Source.SizeBytes;
            progress?.Report((double)done / total);
        }

        return result;
    }

    /// <summary>Errors of all matrices of the blocks that changed, token tables apart.</summary>
    public ErrorSums MatrixErrors { get; private set; }

    public override string Path => _source.Path;

    public override string Format => _source.Format;

    public override IReadOnlyList<TensorInfo> Tensors => [.. _byName.Values.Select(entry => entry.Tensor)];

    public override long FileBytes => _source.FileBytes;

    public override TensorInfo? Find(string name) => _byName.TryGetValue(name, out var entry) ? entry.Tensor : null;

    private protected override StoredBytes Data(TensorInfo tensor) => _byName[tensor.Name].Bytes ?? _source.Bytes(tensor.Name);

    private void Add(PlannedTensor tensor, Workers workers, CancellationToken cancellation)
    {
        if (!tensor.Changes)
        {
            _byName.Add(tensor.Source.Name, (tensor.Source, null));
            return;
        }

        ErrorSums sums = default;
        var encoder = new MatrixEncoder(_source, tensor, rowOrder: null, workers);
        StoredBytes bytes = TensorContent.Made(encoder.Content.Length, (stream, cancel) => sums = encoder.Write(stream, cancel)).ToMemory(cancellation);
        if (tensor.Slot?.Role == Transformers.Weights.WeightRole.Matrix)
            MatrixErrors += sums;
        _byName.Add(tensor.Source.Name, (tensor.Source with { Type = tensor.Type, TypeName = tensor.Type.ToString(), Shape = tensor.Shape, SizeBytes = bytes.Length }, bytes));
    }
}
