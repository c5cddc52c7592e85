using System.Globalization;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints;

/// <summary>A tensor with values that are NaN or infinite.</summary>
/// <param name="Tensor">Its header entry.</param>
/// <param name="Count">How many of its values are not finite.</param>
/// <param name="FirstIndex">Row-major index of the first.</param>
public sealed record NonFiniteTensor(TensorInfo Tensor, long Count, long FirstIndex)
{
    /// <summary>The first one's place, slowest dimension first: "[12, 5]".</summary>
    public string FirstPlace
    {
        get
        {
            var place = new long[Tensor.Shape.Count];
            long rest = FirstIndex;
            for (int d = place.Length - 1; d >= 0; d--)
                (rest, place[d]) = Math.DivRem(rest, Tensor.Shape[d]);
            return "[" + string.Join(", ", place.Select(p => p.ToString(CultureInfo.InvariantCulture))) + "]";
        }
    }
}

/// <summary>Reads a checkpoint's weights once, looking for values that would spread as NaN through every result.</summary>
public static class CheckpointScan
{
    /// <summary>All tensors with values that are not finite, in file order; empty when there are none. Types that are not read as numbers are passed over.</summary>
    /// <param name="checkpoint">Its tensors are read one after the other, each by all threads.</param>
    /// <param name="workers">The threads.</param>
    /// <param name="cancellation">Ends the scan between two tensors.</param>
    public static IReadOnlyList<NonFiniteTensor> FindNonFinite(Checkpoint checkpoint, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var found = new List<NonFiniteTensor>();
        foreach (var tensor in checkpoint.Tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            if (tensor.Type is { } type && type.IsReadableAsFloat() && NonFinite.Find(type, checkpoint.Bytes(tensor.Name), workers) is { } values)
                found.Add(new NonFiniteTensor(tensor, values.Count, values.FirstIndex));
        }

        return found;
    }

    /// <summary>Refuses a checkpoint whose weights are not all finite, naming the first tensor, the number of values and the first one's place.</summary>
    /// <exception cref="CheckpointFormatException">A value is NaN or infinite.</exception>
    public static void RequireFinite(Checkpoint checkpoint, Workers workers, CancellationToken cancellation = default)
    {
        var found = FindNonFinite(checkpoint, workers, cancellation);
        if (found.Count == 0)
            return;
        var first = found[0];
        string others = found.Count == 1 ? "" : $"; {found.Count - 1} more tensors have such values";
        throw new CheckpointFormatException(
            first.Tensor.File,
            $"expected finite numbers, found {first.Count} of {first.Tensor.ElementCount} NaN or infinite, the first at {first.FirstPlace}{others}. The file is damaged or the training diverged: use another checkpoint",
            first.Tensor.Name,
            kind: "NonFiniteWeights");
    }
}
