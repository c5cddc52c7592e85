using System.Buffers;

namespace Azimuth.Tokenization.Models;

/// <summary>Token ids as they are found, in rented memory that grows. Not thread-safe.</summary>
internal sealed class IdList : IDisposable
{
    private int[] _ids = ArrayPool<int>.Shared.Rent(1024);

    /// <summary>Number of ids.</summary>
    public int Count { get; private set; }

    /// <summary>The ids so far; valid until the next change.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>Appends an id.</summary>
    public void Add(int id) => Room(1)[Count++] = id;

    /// <summary>Room for at least so many further ids, from the first free place on; <see cref="Advance"/> says how many there are.</summary>
    public Span<int> Free(int count) => Room(count).AsSpan(Count);

    /// <summary>Keeps so many of the ids written to <see cref="Free"/>.</summary>
    public void Advance(int count) => Count += count;

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_ids);
        _ids = [];
    }

    private int[] Room(int count)
    {
        if (_ids.Length - Count < count)
            Grow(count);
        return _ids;
    }

    private void Grow(int count)
    {
        int[] larger = ArrayPool<int>.Shared.Rent(Math.Max(checked(Count + count), (int)Math.Min(2L * Count, Array.MaxLength)));
        Ids.CopyTo(larger);
        ArrayPool<int>.Shared.Return(_ids);
        _ids = larger;
    }
}
