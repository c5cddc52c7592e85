using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Gguf;

/// <summary>Copies a big-endian tensor into memory of its own with every number's bytes reversed.</summary>
internal static class SwappedTensor
{
    public static unsafe StoredBytes Copy(StoredBytes bigEndian, TensorType type)
    {
        IReadOnlyList<SwappedNumbers> numbers = GgmlTypes.NumbersOfBlock(type);
        int block = type.BlockBytes();
        var memory = AlignedMemory.Of<byte>(bigEndian.Length);
        var copy = new StoredBytes(memory.Pointer, bigEndian.Length, memory);
        // A whole number of blocks a part, so that no number is cut.
        int part = (1 << 20) / block * block;
        for (long at = 0; at < bigEndian.Length; at += part)
        {
            int length = (int)Math.Min(part, bigEndian.Length - at);
            var target = new Span<byte>(memory.Pointer + at, length);
            bigEndian.Span(at, length).CopyTo(target);
            for (int b = 0; b < length; b += block)
            {
                foreach (var (offset, count, width) in numbers)
                {
                    for (int n = 0; n < count; n++)
                        target.Slice(b + offset + n * width, width).Reverse();
                }
            }
        }

        GC.KeepAlive(bigEndian);
        return copy;
    }
}
