namespace Azimuth.Checkpoints.Torch;

/// <summary>A view of a storage: the element at index i lies at offset + Σ i·stride. Validated: every element lies inside the storage.</summary>
internal sealed class TorchTensor
{
    /// <summary>Far beyond real tensors.</summary>
    private const int MostDimensions = 64;

    private TorchTensor(TorchStorage storage, TorchType type, long offset, long[] sizes, long[] strides, long count) =>
        (Storage, Type, Offset, Sizes, Strides, ElementCount) = (storage, type, offset, sizes, strides, count);

    public TorchStorage Storage { get; }

    public TorchType Type { get; }

    /// <summary>Of the first element, in elements; 0 where there is none.</summary>
    public long Offset { get; }

    /// <summary>Slowest dimension first.</summary>
    public long[] Sizes { get; }

    /// <summary>In elements; 0 for dimensions of length 1 or less, where they do not matter.</summary>
    public long[] Strides { get; }

    public long ElementCount { get; }

    /// <summary>Of all elements one after the other.</summary>
    public long SizeBytes => ElementCount * Type.Bytes;

    /// <summary>True when the elements already lie in row-major order without gaps.</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (int d = Sizes.Length - 1; d >= 0; d--)
            {
                if (Sizes[d] > 1 && Strides[d] != expected)
                    return ElementCount == 0;
                expected *= Math.Max(1, Sizes[d]);
            }

            return true;
        }
    }

    /// <summary>A view, or what is wrong with it.</summary>
    public static (TorchTensor? Tensor, string? Problem) Create(TorchStorage storage, TorchType type, long offset, long[] sizes, long[] strides)
    {
        if (sizes.Length != strides.Length)
            return (null, $"expected as many strides as sizes, found {strides.Length} and {sizes.Length}");
        if (sizes.Length > MostDimensions)
            return (null, $"expected at most {MostDimensions} dimensions, found {sizes.Length}");
        if (offset < 0 || Array.Exists(sizes, size => size < 0))
            return (null, FormattableString.Invariant($"expected an offset and sizes of at least 0, found offset {offset} and size [{string.Join(", ", sizes)}]"));
        long[] steps = [.. strides.Select((stride, d) => sizes[d] > 1 ? stride : 0)];
        if (Array.Exists(steps, stride => stride < 0))
            return (null, $"expected strides of at least 0, found [{string.Join(", ", strides)}]");
        try
        {
            long count = TensorInfo.Product(sizes);
            _ = checked(count * type.Bytes);
            if (count == 0)
                return (new TorchTensor(storage, type, 0, sizes, new long[sizes.Length], 0), null);
            long last = offset;
            for (int d = 0; d < sizes.Length; d++)
                last = checked(last + ((sizes[d] - 1) * steps[d]));
            return last < storage.SizeBytes / type.Bytes
                ? (new TorchTensor(storage, type, offset, sizes, steps, count), null)
                : (null, FormattableString.Invariant($"expected a view inside its storage {storage.Key} of {storage.SizeBytes / type.Bytes} numbers, found size [{string.Join(", ", sizes)}], stride [{string.Join(", ", strides)}] and offset {offset}, which reach {last}"));
        }
        catch (OverflowException)
        {
            return (null, FormattableString.Invariant($"its size [{string.Join(", ", sizes)}], stride [{string.Join(", ", strides)}] and offset {offset} exceed 63 bits"));
        }
    }

    public override string ToString() => "a tensor";
}
