using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Torch;

/// <summary>A storage's bytes in the file. Safe for many threads.</summary>
internal sealed class StorageRecord
{
    private readonly Lazy<StoredBytes> _bytes;

    /// <summary>Bytes that are mapped.</summary>
    public StorageRecord(StoredBytes mapped, long fileOffset) =>
        (FileOffset, SizeBytes, IsMapped, _bytes) = (fileOffset, mapped.Length, true, new Lazy<StoredBytes>(mapped));

    /// <summary>Bytes that are decompressed when they are first asked for, and kept.</summary>
    public StorageRecord(long sizeBytes, long fileOffset, Func<StoredBytes> inflate) =>
        (FileOffset, SizeBytes, _bytes) = (fileOffset, sizeBytes, new Lazy<StoredBytes>(inflate));

    /// <summary>Where they begin in the file, compressed or not.</summary>
    public long FileOffset { get; }

    /// <summary>Their number once decompressed.</summary>
    public long SizeBytes { get; }

    /// <summary>True for a part of the file as it is.</summary>
    public bool IsMapped { get; }

    public StoredBytes Bytes => _bytes.Value;
}
