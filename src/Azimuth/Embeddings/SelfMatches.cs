using System.Numerics.Tensors;
using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>
/// For every row m of a matrix M: is its product with itself the largest of M·m (equal ones by lower id)? Exact, without the n × n products.
/// By Cauchy and Schwarz m·mⱼ ≤ |m||mⱼ|, so only longer rows can win; rows are met longest first, and a row is done when one has won.
/// Products are taken in float a part of the columns at a time; what the remaining columns can add is at most the product of both rows' remaining
/// lengths, and mostly that settles it. Whatever is nearer than rounding is decided in double by <see cref="Source.Exact"/>.
/// </summary>
internal sealed class SelfMatches
{
    /// <summary>Rows asked about together.</summary>
    private const int TileRows = 192;

    /// <summary>Rivals multiplied together.</summary>
    private const int BlockRows = 1024;

    /// <summary>Parts the columns are multiplied in.</summary>
    private const int Chunks = 4;

    /// <summary>Floats of rivals kept at once: 128 MiB.</summary>
    private const long PanelValues = 1L << 25;

    private readonly Source _source;
    private readonly int[] _order; // row ids, longest first, equal lengths by lower id
    private readonly int[] _chunkStarts; // column where each part starts, and the width
    private readonly bool[] _lost; // by position in _order
    private readonly Workers _oneThread = new(1);

    private SelfMatches(Source source)
    {
        _source = source;
        int n = source.SquaredLengths.Length;
        _order = [.. Enumerable.Range(0, n)];
        double[] lengths = source.SquaredLengths;
        Array.Sort(_order, (a, b) => lengths[a] != lengths[b] ? lengths[b].CompareTo(lengths[a]) : a.CompareTo(b));
        _lost = new bool[n];
        int step = Math.Max(16, (source.Width / Chunks + 15) / 16 * 16);
        _chunkStarts = [.. Enumerable.Range(0, Chunks).Select(c => c * step).TakeWhile(c => c < source.Width), source.Width];
    }

    /// <summary>The matrix: how wide, how long its rows are, how to get them, and how to compare exactly.</summary>
    /// <param name="Width">Values in a row.</param>
    /// <param name="SquaredLengths">|m|² of every row in double; equal rows have equal bits.</param>
    /// <param name="Read">Writes the rows of some ids [count, width].</param>
    /// <param name="Exact">For a row id, the function that gives its product with any row in double; equal rows give equal bits.</param>
    internal sealed record Source(int Width, double[] SquaredLengths, ReadRows Read, Func<int, Func<int, double>> Exact);

    /// <summary>Writes the rows of <paramref name="ids"/> to <paramref name="rows"/> [ids, width].</summary>
    internal delegate void ReadRows(ReadOnlySpan<int> ids, Span<float> rows);

    /// <summary>Number of rows that lose to another row.</summary>
    internal static int CountLost(Source source, Workers workers, Action<double>? progress, CancellationToken cancellation)
    {
        var matches = new SelfMatches(source);
        int panelRows = (int)Math.Clamp(PanelValues / Math.Max(1, source.Width), BlockRows, int.MaxValue) / BlockRows * BlockRows;
        int n = matches._order.Length, panels = (n + panelRows - 1) / panelRows;
        for (int panel = 0; panel < panels; panel++)
        {
            Block[] blocks = matches.Pack(panel * panelRows, Math.Min(n, (panel + 1) * panelRows), workers);
            matches.Meet(blocks, panel * panelRows, workers, share => progress?.Invoke((panel + share) / panels), cancellation);
        }

        return matches._lost.Count(lost => lost);
    }

    /// <summary>Rivals at positions First … First + Count − 1: their columns in parts, and how long the rest of the longest is after each part.</summary>
    private sealed record Block(int First, int Count, PackedMatrix[] Parts, double[] RestAfter, double Longest);

    private Block[] Pack(int from, int to, Workers workers)
    {
        var blocks = new Block[(to - from + BlockRows - 1) / BlockRows];
        workers.Run(blocks.Length, b =>
        {
            int first = from + b * BlockRows, count = Math.Min(BlockRows, to - first), width = _source.Width;
            var rows = new float[count * width]; // [rival, column]
            _source.Read(_order.AsSpan(first, count), rows);
            var parts = new PackedMatrix[_chunkStarts.Length - 1];
            var rest = new double[parts.Length];
            for (int c = 0; c < parts.Length; c++)
            {
                int start = _chunkStarts[c], columns = _chunkStarts[c + 1] - start;
                var part = new float[count * columns];
                for (int i = 0; i < count; i++)
                {
                    rows.AsSpan(i * width + start, columns).CopyTo(part.AsSpan(i * columns));
                    rest[c] = Math.Max(rest[c], TensorPrimitives.Norm<float>(rows.AsSpan(i * width + start + columns, width - start - columns)));
                }

                parts[c] = PackedMatrix.Pack(StoredMatrix.FromFloats(part, count, columns));
            }

            blocks[b] = new Block(first, count, parts, rest, Math.Sqrt(_source.SquaredLengths[_order[first]]));
        });
        return blocks;
    }

    /// <summary>Every row that has not lost yet, from <paramref name="from"/> on, meets the blocks.</summary>
    private void Meet(Block[] blocks, int from, Workers workers, Action<double> progress, CancellationToken cancellation)
    {
        int[] alive = [.. Enumerable.Range(from, _order.Length - from).Where(p => !_lost[p])]; // positions
        int tiles = (alive.Length + TileRows - 1) / TileRows, done = 0;
        workers.Run(tiles, t =>
        {
            cancellation.ThrowIfCancellationRequested();
            var tile = new Tile(this, alive.AsSpan(t * TileRows, Math.Min(TileRows, alive.Length - t * TileRows)));
            foreach (Block block in blocks)
            {
                if (!tile.Meet(block))
                    break;
            }

            progress((double)Interlocked.Increment(ref done) / tiles);
        });
    }

    /// <summary>Some rows asked about, shrinking as they lose. Used by one thread.</summary>
    private sealed class Tile
    {
        private readonly SelfMatches _all;
        private readonly int[] _positions; // the first Count are in the running, longest first
        private readonly float[][] _parts; // [part][row, column of the part]
        private readonly float[] _scores; // [row, rival]
        private readonly float[] _more;
        private int _count;

        internal Tile(SelfMatches all, ReadOnlySpan<int> positions)
        {
            (_all, _positions, _count) = (all, positions.ToArray(), positions.Length);
            int width = all._source.Width;
            var ids = new int[_count];
            for (int i = 0; i < _count; i++)
                ids[i] = all._order[positions[i]];
            var rows = new float[_count * width];
            all._source.Read(ids, rows);
            _parts = new float[all._chunkStarts.Length - 1][];
            for (int c = 0; c < _parts.Length; c++)
            {
                int start = all._chunkStarts[c], columns = all._chunkStarts[c + 1] - start;
                _parts[c] = new float[_count * columns];
                for (int i = 0; i < _count; i++)
                    rows.AsSpan(i * width + start, columns).CopyTo(_parts[c].AsSpan(i * columns));
            }

            _scores = new float[_count * BlockRows];
            _more = new float[_count * BlockRows];
        }

        /// <summary>False when no row is left in the running, or the block holds only shorter rows.</summary>
        internal bool Meet(Block block)
        {
            if (_count == 0 || block.First >= _positions[_count - 1])
                return false;
            var scores = _scores.AsSpan(0, _count * block.Count); // [row, rival]
            for (int c = 0; c < _parts.Length; c++)
            {
                Span<float> to = c == 0 ? scores : _more.AsSpan(0, scores.Length);
                MatrixProduct.Multiply(_parts[c].AsSpan(0, _count * block.Parts[c].Inputs), _count, block.Parts[c], [], to, _all._oneThread);
                if (c > 0)
                    TensorPrimitives.Add(scores, to, scores);
                if (Settle(block, c, scores))
                    break;
            }

            Shrink();
            return true;
        }

        /// <summary>Decides what can be decided after part <paramref name="c"/>; true when that is everything.</summary>
        private bool Settle(Block block, int c, ReadOnlySpan<float> scores)
        {
            bool last = c == _parts.Length - 1;
            int open = 0, limit = Math.Max(16, scores.Length / 2048); // so few are cheaper to compare one by one
            var bounds = new float[_count];
            for (int i = 0; i < _count; i++)
            {
                bounds[i] = Bound(block, i, c);
                var rivals = Rivals(block, i, scores);
                if (!rivals.IsEmpty && TensorPrimitives.Max(rivals) >= bounds[i])
                    open += last ? 0 : Above(rivals, bounds[i], limit);
                if (open > limit)
                    return false;
            }

            for (int i = 0; i < _count; i++)
            {
                var rivals = Rivals(block, i, scores);
                if (!rivals.IsEmpty && TensorPrimitives.Max(rivals) is float max && max >= bounds[i])
                    _all._lost[_positions[i]] = (last && max > SurelyWon(block, i)) || AnyWins(i, block.First, rivals, bounds[i]);
            }

            return true;
        }

        /// <summary>Those of the block that are longer than row i (or as long, with a lower id); none once the row has lost.</summary>
        private ReadOnlySpan<float> Rivals(Block block, int i, ReadOnlySpan<float> scores) =>
            _all._lost[_positions[i]] ? [] : scores.Slice(i * block.Count, Math.Clamp(_positions[i] - block.First, 0, block.Count));

        /// <summary>A rival below this cannot win: own score less what the columns after part c can add and less rounding.</summary>
        private float Bound(Block block, int i, int c)
        {
            double rest = 0;
            for (int later = c + 1; later < _parts.Length; later++)
            {
                int columns = block.Parts[later].Inputs;
                rest += TensorPrimitives.SumOfSquares<float>(_parts[later].AsSpan(i * columns, columns));
            }

            return (float)(Own(i) - Math.Sqrt(rest) * block.RestAfter[c] - Rounding(block, i));
        }

        private float SurelyWon(Block block, int i) => (float)(Own(i) + Rounding(block, i));

        private double Own(int i) => _all._source.SquaredLengths[_all._order[_positions[i]]];

        /// <summary>
        /// The most that rounding can do to a product of k terms, γₖ|a||b| with γₖ = k·2⁻²⁴ (Higham 2002, "Accuracy and stability", §3.1), with room for
        /// the rows' own rounding to float and for the sum of the parts.
        /// </summary>
        private double Rounding(Block block, int i) => (_all._source.Width + 16) * Math.ScaleB(1, -24) * Math.Sqrt(Own(i)) * block.Longest;

        private static int Above(ReadOnlySpan<float> rivals, float bound, int enough)
        {
            int count = 0;
            foreach (float rival in rivals)
                count += rival >= bound ? 1 : 0;
            return Math.Min(count, enough + 1);
        }

        private bool AnyWins(int i, int first, ReadOnlySpan<float> rivals, float bound)
        {
            int id = _all._order[_positions[i]];
            Func<int, double> exact = _all._source.Exact(id);
            double own = exact(id);
            for (int j = 0; j < rivals.Length; j++)
            {
                int rival = _all._order[first + j];
                if (rivals[j] >= bound && exact(rival) is double score && (score > own || (score == own && rival < id)))
                    return true;
            }

            return false;
        }

        /// <summary>Takes the rows that have lost out of the running once they are a quarter.</summary>
        private void Shrink()
        {
            int left = 0;
            for (int i = 0; i < _count; i++)
                left += _all._lost[_positions[i]] ? 0 : 1;
            if (left > _count * 3 / 4)
                return;
            int to = 0;
            for (int i = 0; i < _count; i++)
            {
                if (_all._lost[_positions[i]])
                    continue;
                foreach (float[] part in _parts)
                {
                    int columns = part.Length / _positions.Length;
                    part.AsSpan(i * columns, columns).CopyTo(part.AsSpan(to * columns));
                }

                _positions[to++] = _positions[i];
            }

            _count = to;
        }
    }
}
