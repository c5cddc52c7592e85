using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Azimuth.Numerics;

/// <summary>Asks for memory that is needed soon, so that many waits pass at once. Changes no result; does nothing where there is no such instruction.</summary>
internal static unsafe class CacheHint
{
    /// <summary>The cache line that <paramref name="place"/> is in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fetch<T>(ref readonly T place)
    {
        // An address that a collection makes stale meanwhile fetches another line, and no more.
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in place)));
    }
}
