using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Azimuth.Numerics;

/// <summary>
/// Native memory that starts on a cache line, for kernels. Disposed by its creator, or released when it is collected.
/// Not initialised unless asked for.
/// </summary>
internal sealed unsafe class AlignedMemory : IDisposable
{
    /// <summary>A cache line, and the width of the widest vector.</summary>
    public const int Alignment = 64;

    private const long PressureFrom = 1 << 20; // smaller pieces are not worth the collector's attention

    private void* _pointer;

    private AlignedMemory(long bytes, bool largePages)
    {
        Bytes = bytes;
        // Whole vectors past the end may be read by kernels, never used.
        _pointer = NativeMemory.AlignedAlloc(checked((nuint)bytes + Alignment), (nuint)(largePages && bytes >= PageHint.LargePage ? PageHint.LargePage : Alignment));
        if (bytes >= PressureFrom)
            GC.AddMemoryPressure(bytes);
    }

    ~AlignedMemory() => Release();

    public long Bytes { get; }

    public byte* Pointer => (byte*)_pointer;

    /// <summary>Room for <paramref name="count"/> values.</summary>
    /// <param name="count">How many.</param>
    /// <param name="zeroed">Or with whatever is there.</param>
    /// <param name="largePages">For memory that is read in no order, or that is wanted often and not for long (<see cref="PageHint"/>).</param>
    public static AlignedMemory Of<T>(long count, bool zeroed = false, bool largePages = false) where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var memory = new AlignedMemory(checked(count * Unsafe.SizeOf<T>()), largePages);
        if (largePages)
            PageHint.Large(memory._pointer, memory.Bytes);
        if (zeroed)
            NativeMemory.Clear(memory._pointer, (nuint)memory.Bytes);
        return memory;
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (_pointer is null)
            return;
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
        if (Bytes >= PressureFrom)
            GC.RemoveMemoryPressure(Bytes);
    }
}
