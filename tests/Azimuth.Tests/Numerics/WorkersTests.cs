using System.Diagnostics;
using Azimuth.Numerics;

namespace Azimuth.Tests.Numerics;

public class WorkersTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_part_runs_once(int threads)
    {
        using var workers = new Workers(threads);
        for (int parts = 0; parts < 40; parts++)
        {
            var calls = new int[parts];
            workers.Run(parts, p => Interlocked.Increment(ref calls[p]));
            Assert.All(calls, c => Assert.Equal(1, c));
        }
    }

    [Fact]
    public void Thousands_of_short_calls_follow_each_other_without_losing_one()
    {
        using var workers = new Workers(3);
        var sums = new long[4];
        for (int i = 0; i < 20_000; i++)
            workers.Run(4, p => sums[p]++);
        Assert.All(sums, s => Assert.Equal(20_000, s));
    }

    [Fact]
    public void Calls_after_a_pause_wake_the_sleeping_threads()
    {
        using var workers = new Workers(2);
        for (int i = 0; i < 5; i++)
        {
            var threads = new System.Collections.Concurrent.ConcurrentDictionary<int, bool>();
            using var both = new Barrier(2);
            // Each part waits for the other one: only two threads at once can finish this.
            workers.Run(2, _ =>
            {
                threads[Environment.CurrentManagedThreadId] = true;
                Assert.True(both.SignalAndWait(TimeSpan.FromSeconds(30)));
            });
            Assert.Equal(2, threads.Count);
            Thread.Sleep(3);
        }
    }

    [Fact]
    public void The_exception_of_the_lowest_part_is_rethrown_and_the_threads_go_on()
    {
        using var workers = new Workers(3);
        for (int i = 0; i < 200; i++)
        {
            var error = Assert.Throws<InvalidOperationException>(() => workers.Run(50, p =>
            {
                if (p is 7 or 8 or 30)
                    throw new InvalidOperationException($"part {p}");
            }));
            Assert.Equal("part 7", error.Message);
        }

        int done = 0;
        workers.Run(10, _ => Interlocked.Increment(ref done));
        Assert.Equal(10, done);
    }

    [Fact]
    public void A_call_inside_a_part_does_its_parts_itself()
    {
        using var workers = new Workers(2);
        int done = 0;
        workers.Run(4, _ => workers.Run(5, _ => Interlocked.Increment(ref done)));
        Assert.Equal(20, done);
    }

    [Fact]
    public void Calls_from_several_threads_at_once_all_finish()
    {
        using var workers = new Workers(2);
        int done = 0;
        var callers = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 500; i++)
                workers.Run(3, _ => Interlocked.Increment(ref done));
        })).ToList();
        callers.ForEach(t => t.Start());
        callers.ForEach(t => t.Join());
        Assert.Equal(4 * 500 * 3, done);
    }

    [Fact]
    public void Disposing_ends_the_threads_and_later_calls_are_refused()
    {
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<Thread, bool>();
        var workers = new Workers(3);
        for (int i = 0; i < 100; i++)
            workers.Run(30, _ => seen[Thread.CurrentThread] = true);
        workers.Dispose();
        Assert.All(seen.Keys.Where(t => t != Thread.CurrentThread), t => Assert.False(t.IsAlive));
        Assert.Throws<ObjectDisposedException>(() => workers.Run(2, _ => { }));
        workers.Dispose();
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 4)]
    [InlineData(4, 4)]
    [InlineData(5, 4)]
    [InlineData(97, 16)]
    [InlineData(int.MaxValue, 1 << 20)]
    public void Ranges_cover_everything_once_in_whole_grains(int count, int grain)
    {
        using var workers = new Workers(3);
        var ranges = new System.Collections.Concurrent.ConcurrentBag<(int From, int To)>();
        workers.RunRanges(count, grain, (from, to) => ranges.Add((from, to)));
        int at = 0;
        foreach (var (from, to) in ranges.OrderBy(r => r.From))
        {
            Assert.Equal(at, from);
            Assert.True(to > from && (to == count || to % grain == 0));
            at = to;
        }

        Assert.Equal(count, at);
        Assert.True(ranges.Count <= 3);
    }

    [Fact]
    public void More_threads_than_processors_still_make_progress()
    {
        using var workers = new Workers(4 * Environment.ProcessorCount);
        var watch = Stopwatch.StartNew();
        int done = 0;
        for (int i = 0; i < 300; i++)
            workers.Run(16, _ => Interlocked.Increment(ref done));
        Assert.Equal(300 * 16, done);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"300 calls took {watch.Elapsed}");
    }
}
