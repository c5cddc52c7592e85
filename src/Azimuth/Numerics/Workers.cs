using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Azimuth.Numerics;

/// <summary>
/// A fixed number of threads that share out independent parts of a computation. Results never depend on the number of threads: every part writes
/// its own output, and reductions are added in part order by the caller. Threads start with the first parallel call, wait for the next call
/// spinning for a moment and then asleep, and end when this object is disposed. Safe to call from many threads and from inside a part: a call
/// that finds the threads busy does its parts itself.
/// </summary>
public sealed class Workers : IDisposable
{
    // Long enough for the steps between two products of one token, short enough not to be felt by other programs.
    // Not yielding either: a yielded time slice comes back milliseconds later on a busy machine, a sleeping thread is woken at once.
    private static readonly long SpinTicks = Stopwatch.Frequency / 10_000; // 100 µs

    private readonly object _gate = new();
    private readonly bool _spins;
    private Thread[] _threads = [];
    private volatile Job? _job;
    private int _generation;
    private int _parked;
    private int _busy;
    private volatile bool _disposed;

    /// <summary>As many threads as asked for, or as the machine has processors when <paramref name="threadCount"/> is 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 0.</exception>
    public Workers(int threadCount = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threadCount);
        ThreadCount = threadCount == 0 ? Environment.ProcessorCount : threadCount;
        // With more threads than processors a spinning thread would hold up the one it waits for.
        _spins = ThreadCount <= Environment.ProcessorCount;
    }

    /// <summary>Number of threads, the caller's included.</summary>
    public int ThreadCount { get; }

    /// <summary>Calls <paramref name="part"/> with 0 … parts − 1, each once, on any of the threads; returns when all are done.</summary>
    /// <remarks>When parts throw, parts not yet begun are left out and the exception of the lowest part is rethrown.</remarks>
    /// <exception cref="ObjectDisposedException">The threads have been ended.</exception>
    public void Run(int parts, Action<int> part)
    {
        ArgumentNullException.ThrowIfNull(part);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (ThreadCount == 1 || parts <= 1 || Interlocked.Exchange(ref _busy, 1) != 0)
        {
            for (int i = 0; i < parts; i++)
                part(i);
            return;
        }

        try
        {
            if (_threads.Length == 0)
                Start();
            var job = new Job(parts, part);
            _job = job;
            Interlocked.Increment(ref _generation);
            if (Volatile.Read(ref _parked) > 0)
            {
                lock (_gate)
                    Monitor.PulseAll(_gate);
            }

            job.Work();
            job.WaitForOthers(_spins);
            job.Rethrow();
        }
        finally
        {
            _job = null;
            Volatile.Write(ref _busy, 0);
        }
    }

    /// <summary>
    /// Calls <paramref name="range"/> with (from, to) pairs that cover 0 … count in order: one range a thread, sizes in multiples of
    /// <paramref name="grain"/> (but the last), and no more ranges than give each at least one grain.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative count, or a grain below 1.</exception>
    public void RunRanges(int count, int grain, Action<int, int> range)
    {
        ArgumentNullException.ThrowIfNull(range);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(grain, 1);
        int grains = (int)(((long)count + grain - 1) / grain), parts = Math.Min(ThreadCount, grains);
        if (parts <= 1)
        {
            if (count > 0)
                range(0, count);
            return;
        }

        Run(parts, part => range(Start(part), Start(part + 1)));

        int Start(int part) => (int)Math.Min(count, (long)grains * part / parts * grain);
    }

    /// <summary>Ends the threads and waits for them. No call may be running.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Interlocked.Increment(ref _generation);
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in _threads)
            thread.Join();
        _threads = [];
    }

    private void Start()
    {
        _threads = new Thread[ThreadCount - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int seen = _generation;
            _threads[i] = new Thread(() => Loop(seen)) { IsBackground = true, Name = $"Azimuth worker {i + 1}" };
            _threads[i].Start();
        }
    }

    private void Loop(int seen)
    {
        while (true)
        {
            if (!_spins || !SpinUntil(() => Volatile.Read(ref _generation) != seen))
                Park(seen);
            seen = Volatile.Read(ref _generation);
            if (_disposed)
                return;
            _job?.Work();
        }
    }

    private void Park(int seen)
    {
        lock (_gate)
        {
            // Counted before looking at the generation, as a caller raises the generation before looking at the count: one of the two sees the other.
            Interlocked.Increment(ref _parked);
            while (Volatile.Read(ref _generation) == seen)
                Monitor.Wait(_gate);
            Interlocked.Decrement(ref _parked);
        }
    }

    private static bool SpinUntil(Func<bool> condition)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetTimestamp() - start > SpinTicks)
                return false;
            Thread.SpinWait(8);
        }

        return true;
    }

    /// <summary>One call's parts. A thread that comes late finds nothing left to claim.</summary>
    private sealed class Job(int parts, Action<int> part)
    {
        private int _claimed;
        private int _done;
        private bool _callerSleeps;
        private int _failedPart = int.MaxValue;
        private ExceptionDispatchInfo? _failure;

        public void Work()
        {
            for (int i = Interlocked.Increment(ref _claimed) - 1; i < parts; i = Interlocked.Increment(ref _claimed) - 1)
            {
                try
                {
                    if (Volatile.Read(ref _failure) is null)
                        part(i);
                }
#pragma warning disable CA1031 // Rethrown on the calling thread.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    lock (this)
                    {
                        if (i < _failedPart)
                            (_failedPart, _failure) = (i, ExceptionDispatchInfo.Capture(exception));
                    }
                }

                if (Interlocked.Increment(ref _done) == parts && Volatile.Read(ref _callerSleeps))
                {
                    lock (this)
                        Monitor.PulseAll(this);
                }
            }
        }

        public void WaitForOthers(bool spins)
        {
            if (Volatile.Read(ref _done) == parts || (spins && SpinUntil(() => Volatile.Read(ref _done) == parts)))
                return;
            lock (this)
            {
                _callerSleeps = true;
                Interlocked.MemoryBarrier();
                while (Volatile.Read(ref _done) != parts)
                    Monitor.Wait(this);
            }
        }

        public void Rethrow() => _failure?.Throw();
    }
}
