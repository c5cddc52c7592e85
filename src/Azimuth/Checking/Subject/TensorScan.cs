using System.Numerics.Tensors;
using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Checking;

/// <summary>The largest magnitude of a tensor.</summary>
/// <param name="Tensor">Its header entry.</param>
/// <param name="Largest">The largest |value|; NaN is passed over.</param>
internal sealed record TensorMagnitude(TensorInfo Tensor, double Largest);

/// <summary>What one pass over all weights gave.</summary>
/// <param name="NonFinite">Tensors with NaN or infinite values.</param>
/// <param name="Magnitudes">Every tensor's largest value; empty unless the config asks for half precision, where it matters.</param>
internal sealed record TensorScan(IReadOnlyList<NonFiniteTensor> NonFinite, IReadOnlyList<TensorMagnitude> Magnitudes)
{
    public static TensorScan Of(CheckSubject subject)
    {
        Checkpoint weights = subject.Weights.Value!;
        bool half = DeclaredType.Of(subject)?.Type == TensorType.F16;
        var nonFinite = new List<NonFiniteTensor>();
        var magnitudes = new List<TensorMagnitude>();
        long total = Math.Max(1, weights.Tensors.Sum(t => t.SizeBytes)), done = 0;
        foreach (TensorInfo tensor in weights.Tensors)
        {
            subject.Say("reading all weights", (double)done / total);
            done += tensor.SizeBytes;
            if (tensor.Type is not { } type || !type.IsReadableAsFloat())
                continue;
            StoredBytes bytes = weights.Bytes(tensor.Name);
            if (Checkpoints.NonFinite.Find(type, bytes, subject.Workers) is { } values)
                nonFinite.Add(new NonFiniteTensor(tensor, values.Count, values.FirstIndex));
            if (half)
                magnitudes.Add(new TensorMagnitude(tensor, Largest(type, bytes, subject.Workers)));
        }

        return new TensorScan(nonFinite, magnitudes);
    }

    private static double Largest(TensorType type, StoredBytes bytes, Workers workers)
    {
        const int ValuesAtOnce = 1 << 16;
        int partBytes = ValuesAtOnce / type.BlockLength() * type.BlockBytes();
        int parts = checked((int)((bytes.Length + partBytes - 1) / partBytes));
        var largest = new float[parts];
        workers.Run(parts, part =>
        {
            int length = (int)Math.Min(partBytes, bytes.Length - (long)part * partBytes);
            var values = new float[length / type.BlockBytes() * type.BlockLength()];
            RowDecoder.Decode(type, bytes.Span((long)part * partBytes, length), values);
            largest[part] = values.Length == 0 ? 0 : Math.Abs(TensorPrimitives.MaxMagnitudeNumber<float>(values));
        });
        GC.KeepAlive(bytes);
        return largest.Length == 0 ? 0 : largest.Max();
    }
}
