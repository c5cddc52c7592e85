using System.Runtime.CompilerServices;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Compression;

/// <summary>
/// Bytes of a number that is not known beforehand, in whole units such as rows. They are kept in pieces until the end, so that nothing is
/// copied while it grows, and joined piece by piece, each one released once copied: more than one piece beyond the result is never held.
/// Disposed by its creator. Belongs to one thread.
/// </summary>
internal sealed unsafe class GrowingMemory : IDisposable
{
    private const long FirstPiece = 1 << 16;
    private const long LargestPiece = 1 << 26;
    private const long ManagedUpTo = 1 << 20; // small pieces come from the collector: finalisers for each small file would cost more

    private readonly List<Piece> _pieces = [];
    private readonly long _unitBytes;
    private readonly Action<long> _allocating;

    /// <summary>Memory in units of <paramref name="unitBytes"/>.</summary>
    /// <param name="unitBytes">What a piece holds whole numbers of.</param>
    /// <param name="expectedBytes">The number if it is known and believed: all of it in one piece.</param>
    /// <param name="allocating">Told the bytes held so far and about to be held, before they are; throws where that is out of proportion.</param>
    public GrowingMemory(long unitBytes, long? expectedBytes, Action<long> allocating)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(unitBytes, 1);
        (_unitBytes, _allocating) = (unitBytes, allocating);
        if (expectedBytes is > 0)
            AddPiece(expectedBytes.Value);
    }

    /// <summary>Bytes committed.</summary>
    public long Length { get; private set; }

    /// <summary>Free room behind what was committed, at least one unit and at most 2³¹ − 1 bytes.</summary>
    public Span<byte> Free()
    {
        if (_pieces.Count == 0 || _pieces[^1].Capacity - _pieces[^1].Used < _unitBytes)
        {
            long size = Math.Clamp(Length, FirstPiece, LargestPiece);
            AddPiece(Math.Max(_unitBytes, size / _unitBytes * _unitBytes));
        }

        Piece last = _pieces[^1];
        return new Span<byte>(last.Pointer + last.Used, (int)Math.Min(last.Capacity - last.Used, int.MaxValue));
    }

    /// <summary>Keeps the first <paramref name="count"/> bytes of <see cref="Free"/>.</summary>
    public void Commit(int count)
    {
        Piece last = _pieces[^1];
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, last.Capacity - last.Used);
        last.Used += count;
        Length += count;
    }

    /// <summary>All the bytes that were expected, to be filled in any order; this object is empty afterwards.</summary>
    public StoredBytes Whole()
    {
        if (_pieces.Count > 0)
            Length = _pieces[0].Used = _pieces[0].Capacity;
        return Join();
    }

    /// <summary>Everything committed, as one; this object is empty afterwards.</summary>
    public StoredBytes Join()
    {
        if (_pieces.Count == 0)
            return StoredBytes.FromBytes([]);
        if (_pieces.Count == 1)
        {
            Piece only = _pieces[0];
            _pieces.Clear();
            return new StoredBytes(only.Pointer, only.Used, only.Owner);
        }

        Piece whole = Piece.Of(Length);
        byte* to = whole.Pointer;
        foreach (Piece piece in _pieces)
        {
            Buffer.MemoryCopy(piece.Pointer, to, piece.Used, piece.Used);
            to += piece.Used;
            piece.Release();
        }

        _pieces.Clear();
        return new StoredBytes(whole.Pointer, Length, whole.Owner);
    }

    public void Dispose()
    {
        foreach (Piece piece in _pieces)
            piece.Release();
        _pieces.Clear();
    }

    private void AddPiece(long capacity)
    {
        _allocating(Length + capacity);
        _pieces.Add(Piece.Of(capacity));
    }

    private sealed class Piece
    {
        private Piece(byte* pointer, long capacity, object owner)
        {
            Pointer = pointer;
            (Capacity, Owner) = (capacity, owner);
        }

        public byte* Pointer { get; }

        public long Capacity { get; }

        public object Owner { get; }

        public long Used { get; set; }

        public static Piece Of(long capacity)
        {
            if (capacity > ManagedUpTo)
            {
                var memory = AlignedMemory.Of<byte>(capacity);
                return new Piece(memory.Pointer, capacity, memory);
            }

            byte[] pinned = GC.AllocateUninitializedArray<byte>((int)capacity, pinned: true);
            return new Piece((byte*)Unsafe.AsPointer(ref pinned[0]), capacity, pinned);
        }

        public void Release() => (Owner as AlignedMemory)?.Dispose();
    }
}
