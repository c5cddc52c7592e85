using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace Azimuth.Numerics;

/// <summary>
/// Read-only bytes that stay at one address for as long as this object is reachable: a part of a memory-mapped file, or a pinned array.
/// Nobody disposes it: the owner is released when the last part of it is collected. Safe to read from many threads.
/// </summary>
public sealed unsafe class StoredBytes
{
    private readonly byte* _pointer;

    /// <summary>Keeps the memory alive: a mapped file or a pinned array.</summary>
    private readonly object _owner;

    internal StoredBytes(byte* pointer, long length, object owner)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _pointer = pointer;
        Length = length;
        _owner = owner;
    }

    /// <summary>Number of bytes; may exceed 2³¹.</summary>
    public long Length { get; }

    /// <summary>Copies <paramref name="values"/> into pinned memory of its own.</summary>
    public static StoredBytes FromFloats(ReadOnlySpan<float> values)
    {
        // At least one element: a pinned empty array has no address.
        var pinned = GC.AllocateUninitializedArray<float>(Math.Max(1, values.Length), pinned: true);
        values.CopyTo(pinned);
        return new StoredBytes((byte*)Unsafe.AsPointer(ref pinned[0]), values.Length * (long)sizeof(float), pinned);
    }

    /// <summary>Copies <paramref name="values"/> into pinned memory of its own.</summary>
    public static StoredBytes FromBytes(ReadOnlySpan<byte> values)
    {
        var pinned = GC.AllocateUninitializedArray<byte>(Math.Max(1, values.Length), pinned: true);
        values.CopyTo(pinned);
        return new StoredBytes((byte*)Unsafe.AsPointer(ref pinned[0]), values.Length, pinned);
    }

    /// <summary>A part of these bytes, without copying.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside.</exception>
    public StoredBytes Slice(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        return new StoredBytes(_pointer + offset, length, _owner);
    }

    /// <summary>Up to 2³¹ − 1 of the bytes as a span. Keep this object reachable while using it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range reaches outside.</exception>
    public ReadOnlySpan<byte> Span(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        return new ReadOnlySpan<byte>(_pointer + offset, length);
    }

    /// <summary>Says that a range will not be read again soon: where it is a mapped file's, it no longer counts to the process's memory.</summary>
    internal void Release(long offset, long length)
    {
        if (offset < 0 || length < 0 || length > Length - offset)
            throw new ArgumentOutOfRangeException(nameof(length), length, $"{length} bytes from {offset} on reach outside the {Length}");
        if (_owner is SafeMemoryMappedViewHandle)
            PageHint.Unneeded(_pointer + offset, length);
        GC.KeepAlive(this);
    }

    /// <summary>The address of the first byte, for kernels in this assembly; they call <see cref="GC.KeepAlive"/> on this object.</summary>
    internal byte* Pointer => _pointer;
}
