using Azimuth.Numerics;

namespace Azimuth.Checkpoints;

/// <summary>The bytes of a tensor to be written: kept somewhere, or made a piece at a time while they are written. May be written more than once.</summary>
public sealed class TensorContent
{
    private const int ChunkBytes = 1 << 20;

    private readonly Action<Stream, CancellationToken> _write;

    private TensorContent(long length, Action<Stream, CancellationToken> write) => (Length, _write) = (length, write);

    /// <summary>Number of bytes.</summary>
    public long Length { get; }

    /// <summary>Bytes as they are.</summary>
    public static implicit operator TensorContent(StoredBytes bytes) => FromBytes(bytes);

    /// <summary>Bytes as they are.</summary>
    public static TensorContent FromBytes(StoredBytes bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return new TensorContent(bytes.Length, (stream, cancellation) =>
        {
            for (long at = 0; at < bytes.Length; at += ChunkBytes)
            {
                cancellation.ThrowIfCancellationRequested();
                stream.Write(bytes.Span(at, (int)Math.Min(ChunkBytes, bytes.Length - at)));
            }

            GC.KeepAlive(bytes);
        });
    }

    /// <summary>One after the other.</summary>
    public static TensorContent Join(params IReadOnlyList<TensorContent> parts) => new(parts.Sum(part => part.Length), (stream, cancellation) =>
    {
        foreach (TensorContent part in parts)
            part._write(stream, cancellation);
    });

    /// <summary>Bytes that are made while they are written.</summary>
    /// <param name="length">How many there will be; <see cref="WriteTo"/> refuses another number.</param>
    /// <param name="write">Writes them, the same each time.</param>
    public static TensorContent Made(long length, Action<Stream, CancellationToken> write)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentNullException.ThrowIfNull(write);
        return new TensorContent(length, write);
    }

    /// <summary>All bytes in memory of their own, outside the collected heap; they may exceed 2³¹.</summary>
    public unsafe StoredBytes ToMemory(CancellationToken cancellation = default)
    {
        AlignedMemory memory = AlignedMemory.Of<byte>(Math.Max(1, Length));
        using (var stream = new UnmanagedMemoryStream(memory.Pointer, 0, Length, FileAccess.Write))
            WriteTo(stream, cancellation);
        return new StoredBytes(memory.Pointer, Length, memory);
    }

    /// <summary>Writes all bytes at the stream's place.</summary>
    /// <exception cref="InvalidOperationException">Another number of bytes came out than <see cref="Length"/> says.</exception>
    public void WriteTo(Stream stream, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        long start = stream.Position;
        _write(stream, cancellation);
        if (stream.Position - start != Length)
            throw new InvalidOperationException($"{Length} bytes were announced, {stream.Position - start} were written");
    }
}
