using System.Runtime.InteropServices;
using Azimuth.Checkpoints;
using Microsoft.Win32.SafeHandles;

namespace Azimuth.Training.Glove;

/// <summary>
/// Pairs on piles, a file each, which all threads put down together. What is read back stands by thread, then in the order it came: whose work was faster does not show. Deletes its
/// files in the end.
/// </summary>
internal sealed class PairPiles : IDisposable
{
    private const int LeastBuffered = 1 << 8, MostBuffered = 1 << 10;
    private readonly Pile[] _piles;
    private readonly Buffer[][] _buffers; // [thread][pile]

    /// <param name="folder">Where the files go.</param>
    /// <param name="count">How many are open at the same time.</param>
    /// <param name="threads">How many put pairs down.</param>
    /// <param name="memoryBytes">For what waits to be written, where that is more than a few pages a pile and thread.</param>
    /// <exception cref="IOException">The folder takes no files: one sentence.</exception>
    public PairPiles(string folder, int count, int threads, long memoryBytes)
    {
        int buffered = (int)Math.Clamp(memoryBytes / TrainedPair.Bytes / count / threads, LeastBuffered, MostBuffered);
        _piles = new Pile[count];
        _buffers = [.. Enumerable.Range(0, threads).Select(_ => Enumerable.Range(0, count).Select(_ => new Buffer(new TrainedPair[buffered])).ToArray())];
        try
        {
            for (int pile = 0; pile < count; pile++)
                _piles[pile] = Open(Path.Combine(folder, FormattableString.Invariant($"pairs.{pile}")));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>How many.</summary>
    public int Count => _piles.Length;

    /// <summary>Pairs of a pile.</summary>
    public long SizeOf(int pile) => _piles[pile].Size;

    /// <summary>Puts a pair down; each thread with a number of its own.</summary>
    /// <returns>Whether something was written.</returns>
    /// <exception cref="IOException">The disk refuses: one sentence.</exception>
    public bool Add(int thread, int pile, TrainedPair pair)
    {
        ref Buffer buffer = ref _buffers[thread][pile];
        buffer.Pairs[buffer.Filled++] = pair;
        if (buffer.Filled < buffer.Pairs.Length)
            return false;
        Write(thread, pile);
        return true;
    }

    /// <summary>Writes what a thread still holds, and gives its memory back.</summary>
    public void Finish(int thread)
    {
        for (int pile = 0; pile < Count; pile++)
            Write(thread, pile);
        _buffers[thread] = [];
    }

    /// <summary>The pairs of a pile; <paramref name="pairs"/> is as long as it.</summary>
    public void Read(int pile, Span<TrainedPair> pairs)
    {
        Pile from = _piles[pile];
        var next = new int[_buffers.Length];
        foreach (var (thread, count) in from.Parts)
        {
            if (thread + 1 < next.Length)
                next[thread + 1] += count;
        }

        for (int thread = 1; thread < next.Length; thread++)
            next[thread] += next[thread - 1];
        long position = 0;
        foreach (var (thread, count) in from.Parts)
        {
            Span<byte> part = MemoryMarshal.AsBytes(pairs.Slice(next[thread], count));
            for (int got = 0; got < part.Length;)
            {
                int read = RandomAccess.Read(from.File, part[got..], position + got);
                got += read > 0 ? read : throw new IOException($"{from.Path}: the file became shorter while it was read. Begin the run again");
            }

            next[thread] += count;
            position += part.Length;
        }
    }

    public void Dispose()
    {
        foreach (Pile? pile in _piles)
        {
            if (pile is null)
                continue;
            pile.File.Dispose();
            File.Delete(pile.Path);
        }
    }

    private static Pile Open(string path)
    {
        try
        {
            return new Pile(path, File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WriteProblem.Of(path, e);
        }
    }

    private void Write(int thread, int pile)
    {
        ref Buffer buffer = ref _buffers[thread][pile];
        if (buffer.Filled == 0)
            return;
        Pile to = _piles[pile];
        lock (to)
        {
            try
            {
                RandomAccess.Write(to.File, MemoryMarshal.AsBytes(buffer.Pairs.AsSpan(0, buffer.Filled)), to.Size * TrainedPair.Bytes);
            }
            catch (IOException e)
            {
                throw WriteProblem.Of(to.Path, e);
            }

            to.Parts.Add((thread, buffer.Filled));
            to.Size += buffer.Filled;
        }

        buffer.Filled = 0;
    }

    /// <summary>A file, and which thread wrote how many pairs one after the other.</summary>
    private sealed class Pile(string path, SafeFileHandle file)
    {
        public string Path => path;

        public SafeFileHandle File => file;

        public long Size { get; set; }

        public List<(int Thread, int Count)> Parts { get; } = [];
    }

    private struct Buffer(TrainedPair[] pairs)
    {
        public readonly TrainedPair[] Pairs = pairs;
        public int Filled;
    }
}
