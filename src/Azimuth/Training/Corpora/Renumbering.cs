using System.Runtime.InteropServices;
using Azimuth.Numerics;

namespace Azimuth.Training.Corpora;

/// <summary>Writes a text in other numbers. Pieces of it are translated by all threads while the pieces before them are written in their order.</summary>
/// <param name="ids">The text.</param>
/// <param name="parts">In whose numbers it is: where each part ends, and what becomes of its numbers. Words with −1 and lines without words are left out.</param>
/// <param name="workers">The threads.</param>
internal sealed class Renumbering(IdFile ids, IReadOnlyList<(long End, int[] Numbers)> parts, Workers workers)
{
    private const int Step = 1 << 16, PiecesAThread = 4;

    /// <summary>Writes all of it.</summary>
    public void Write(Stream stream, CancellationToken cancellation)
    {
        long pieces = (ids.Length + Step - 1) / Step, begun = 0;
        Piece[] now = Pieces(), next = Pieces();
        int count = 0;
        bool inLine = false;
        while (begun < pieces || count > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            int following = (int)Math.Min(next.Length, pieces - begun);
            workers.Run(following + 1, part =>
            {
                if (part > 0)
                    Translate((begun + part - 1) * Step, next[part - 1]);
                else
                    inLine = Write(now.AsSpan(0, count), inLine, stream);
            });
            begun += following;
            (now, next, count) = (next, now, following);
        }
    }

    private Piece[] Pieces() => [.. Enumerable.Range(0, PiecesAThread * workers.ThreadCount).Select(_ => new Piece())];

    /// <summary>Whether the line that a piece ends in has words so far.</summary>
    private static bool Write(ReadOnlySpan<Piece> pieces, bool inLine, Stream stream)
    {
        foreach (Piece piece in pieces)
        {
            ReadOnlySpan<int> kept = piece.Kept.AsSpan(0, piece.Count);
            if (piece.EndsLine && inLine)
                stream.Write(MemoryMarshal.AsBytes<int>([IdFile.LineEnd]));
            stream.Write(MemoryMarshal.AsBytes(kept));
            inLine = kept.Length > 0 ? kept[^1] != IdFile.LineEnd : inLine && !piece.EndsLine;
        }

        return inLine;
    }

    private void Translate(long at, Piece piece)
    {
        int[] kept = piece.Kept;
        int last = IdFile.LineEnd, count = 0;
        piece.EndsLine = false;
        long to = Math.Min(ids.Length, at + Step);
        for (int part = PartAt(at); at < to; part++)
        {
            var (end, numbers) = parts[part];
            int length = (int)(Math.Min(end, to) - at);
            foreach (int id in ids.Slice(at, length))
            {
                int number = id < 0 ? IdFile.LineEnd : numbers[id];
                // Without a branch, which would be guessed wrong: a word that is left, or a line end behind one.
                bool stays = number >= 0 | (id < 0 & last >= 0);
                kept[count] = number;
                piece.EndsLine |= id < 0 & count == 0;
                count += stays ? 1 : 0;
                last = stays ? number : last;
            }

            at += length;
        }

        piece.Count = count;
    }

    private int PartAt(long at)
    {
        int low = 0;
        for (int high = parts.Count; low < high;)
        {
            int middle = (low + high) / 2;
            if (parts[middle].End <= at)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    /// <summary>What is left of <see cref="Step"/> numbers, as if a line began with them.</summary>
    private sealed class Piece
    {
        public int[] Kept { get; } = new int[Step];

        public int Count { get; set; }

        /// <summary>A line that came in from before ends here without another word.</summary>
        public bool EndsLine { get; set; }
    }
}
