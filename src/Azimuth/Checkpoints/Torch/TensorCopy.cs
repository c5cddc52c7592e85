using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Torch;

/// <summary>Copies a view into memory of its own: row-major, without gaps, little-endian.</summary>
internal static class TensorCopy
{
    /// <summary>The view's elements, one after the other.</summary>
    /// <param name="tensor">A view.</param>
    /// <param name="storage">The bytes of its storage.</param>
    /// <param name="isBigEndian">True when each number's bytes are to be reversed.</param>
    public static unsafe StoredBytes Of(TorchTensor tensor, StoredBytes storage, bool isBigEndian)
    {
        int width = tensor.Type.Bytes;
        var memory = AlignedMemory.Of<byte>(tensor.SizeBytes);
        var copy = new StoredBytes(memory.Pointer, tensor.SizeBytes, memory);
        byte* from = storage.Pointer + (tensor.Offset * width);
        switch (width)
        {
            case 1: Gather(tensor, from, memory.Pointer); break;
            case 2: Gather(tensor, (ushort*)from, (ushort*)memory.Pointer); break;
            case 4: Gather(tensor, (uint*)from, (uint*)memory.Pointer); break;
            default: Gather(tensor, (ulong*)from, (ulong*)memory.Pointer); break;
        }

        for (long at = 0; isBigEndian && width > 1 && at < tensor.SizeBytes; at += width)
            new Span<byte>(memory.Pointer + at, width).Reverse();
        GC.KeepAlive(storage);
        return copy;
    }

    /// <summary>The last dimension in a loop, the others as an odometer. Every element lies in the storage: the view has been validated.</summary>
    private static unsafe void Gather<T>(TorchTensor tensor, T* from, T* to) where T : unmanaged
    {
        if (tensor.ElementCount == 0)
            return;
        int last = tensor.Sizes.Length - 1;
        (long length, long step) = last < 0 ? (1, 0) : (tensor.Sizes[last], tensor.Strides[last]);
        long[] index = new long[Math.Max(0, last)];
        while (true)
        {
            for (long i = 0; i < length; i++)
                to[i] = from[i * step];
            to += length;
            int d = last - 1;
            for (; d >= 0; d--)
            {
                from += tensor.Strides[d];
                if (++index[d] < tensor.Sizes[d])
                    break;
                from -= tensor.Strides[d] * index[d];
                index[d] = 0;
            }

            if (d < 0)
                return;
        }
    }
}
