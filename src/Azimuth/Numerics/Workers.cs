namespace Azimuth.Numerics;

/// <summary>
/// A fixed number of threads that share out independent parts of a computation. Results never depend on the number of threads:
/// every part writes its own output, and reductions are added in part order by the caller.
/// </summary>
public sealed class Workers : IDisposable
{
    /// <summary>As many threads as asked for, or as the machine has processors when <paramref name="threadCount"/> is 0.</summary>
    public Workers(int threadCount = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threadCount);
        ThreadCount = threadCount == 0 ? Environment.ProcessorCount : threadCount;
    }

    /// <summary>Number of threads, the caller's included.</summary>
    public int ThreadCount { get; }

    /// <summary>Calls <paramref name="part"/> with 0 … parts − 1, each once, on any of the threads; returns when all are done. The first exception is rethrown.</summary>
    public void Run(int parts, Action<int> part)
    {
        ArgumentNullException.ThrowIfNull(part);
        if (ThreadCount == 1 || parts <= 1)
        {
            for (int i = 0; i < parts; i++)
                part(i);
            return;
        }

        Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = ThreadCount }, part);
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose() { }
}
