using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>
/// For many rows at once, the rows that can be among their nearest: a tile of rows is multiplied with many queries in single precision, and every
/// row stays whose score, plus all that rounding can have taken from it, reaches the count-th best score less what rounding can have added. A product
/// of n terms summed in single precision is off by at most γₙ|a||b|, γₙ = nu/(1 − nu), u = 2⁻²⁴ (Higham 2002, "Accuracy and stability", §3.1), so that
/// none of the nearest is ever missed. By cosine rows and queries are brought to length one first; otherwise all are scaled by one power of two.
/// Euclidean distances are ordered by q·r − |r|²/2. Safe for one call at a time.
/// </summary>
internal sealed class NearestCandidates
{
    private const int GroupSize = 512; // queries whose scores of one tile stay in the second-level cache
    private const int MostTogether = 4096;
    private const long QueryValues = 1L << 25; // floats of packed queries at once: 128 MiB
    private const long KeptValues = 1L << 23; // candidates of all queries at once, a thread

    private readonly StoredMatrix _rows;
    private readonly double[] _norms;
    private readonly SimilarityMetric _metric;
    private readonly int _count;
    private readonly double _scale; // brings the longest row to a length of ½ to 1
    private readonly double _slope; // of the error, times both lengths
    private readonly double _tiny; // what underflow can do

    internal NearestCandidates(StoredMatrix rows, double[] norms, SimilarityMetric metric, int count)
    {
        (_rows, _norms, _metric, _count) = (rows, norms, metric, count);
        double longest = 0;
        foreach (double norm in norms)
            longest = double.IsFinite(norm) ? Math.Max(longest, norm) : longest;
        _scale = longest > 0 ? Math.ScaleB(1, -Math.ILogB(longest) - 1) : 1;
        int columns = rows.Columns, terms = Math.Min(columns, MatrixProduct.InputBlock) + columns / MatrixProduct.InputBlock + 1;
        // 16: rounding rows, queries, bounds and the double scores themselves; 1.01: 1/(1 − nu).
        _slope = 1.01 * (terms + 16) * Math.ScaleB(1, -24);
        _tiny = columns * Math.ScaleB(1, -146);
    }

    /// <summary>How many queries one call takes.</summary>
    internal int QueriesTogether => (int)Math.Clamp(Math.Min(QueryValues / Math.Max(1, _rows.Columns), KeptValues / Limit(_count)), 1, MostTogether);

    /// <summary>Candidates a query may have before it is given up: far more than rounding explains, so that rows tie in masses.</summary>
    private static int Limit(int count) => checked(4 * count + 1024);

    /// <summary>Candidates of each query in no order, without the query itself; null where there are too many.</summary>
    internal int[]?[] Find(int[] queries, Workers workers, Action<double> progress, CancellationToken cancellation)
    {
        Group[] groups = [.. queries.Chunk(GroupSize).Select(Pack)];
        int threads = workers.ThreadCount, done = 0, all = _norms.Length;
        var found = new Kept[threads][];
        workers.Run(threads, part =>
        {
            Kept[] kept = found[part] = [.. queries.Select(id => new Kept(id, _count, Limit(_count)))];
            float[][] thresholds = [.. groups.Select(Thresholds)];
            var pass = new Tile(this);
            RowScores.ForTiles(_rows, (int)((long)all * part / threads), (int)((long)all * (part + 1) / threads), (first, count, tile) =>
            {
                cancellation.ThrowIfCancellationRequested();
                pass.Load(first, count, tile);
                for (int g = 0; g < groups.Length; g++)
                    pass.Meet(groups[g], thresholds[g], kept.AsSpan(g * GroupSize, groups[g].Count), workers);
                progress((double)Interlocked.Add(ref done, count) / all);
            });
        });
        var candidates = new int[]?[queries.Length];
        workers.RunRanges(queries.Length, 16, (from, to) =>
        {
            for (int q = from; q < to; q++)
                candidates[q] = NearestRows.CanBeCompared(_norms[queries[q]], _metric) ? Kept.Merge([.. found.Select(part => part[q])], Slack(queries[q])) : [];
        });
        return candidates;
    }

    /// <summary>Some queries as the weights of a product, and their lengths.</summary>
    private sealed record Group(int[] Ids, PackedMatrix Queries, float[] Lengths)
    {
        internal int Count => Ids.Length;
    }

    private Group Pack(int[] ids)
    {
        var values = new float[ids.Length * _rows.Columns];
        var lengths = new float[ids.Length];
        for (int q = 0; q < ids.Length; q++)
        {
            var to = values.AsSpan(q * _rows.Columns, _rows.Columns);
            _rows.ReadRow(ids[q], to);
            lengths[q] = (float)Bring(to, _norms[ids[q]]);
        }

        return new Group(ids, PackedMatrix.Pack(StoredMatrix.FromFloats(values, ids.Length, _rows.Columns)), lengths);
    }

    /// <summary>Nothing reaches the threshold of a query that takes no part.</summary>
    private float[] Thresholds(Group group) =>
        Array.ConvertAll(group.Ids, id => NearestRows.CanBeCompared(_norms[id], _metric) ? float.NegativeInfinity : float.PositiveInfinity);

    /// <summary>Scales a row in place and returns the length it then has; 0 and zeros for one that takes no part.</summary>
    private double Bring(Span<float> row, double norm)
    {
        if (!NearestRows.CanBeCompared(norm, _metric))
        {
            row.Clear();
            return 0;
        }

        double scale = _metric == SimilarityMetric.Cosine ? 1 / norm : _scale;
        if (scale is > 1e-30 and < 1e30)
        {
            TensorPrimitives.Multiply(row, (float)scale, row);
        }
        else
        {
            for (int i = 0; i < row.Length; i++)
                row[i] = (float)(row[i] * scale);
        }

        return _metric == SimilarityMetric.Cosine ? 1 : norm * scale;
    }

    /// <summary>Twice what rounding can do to a distance in double: relative to the query's squared length, which no bound in single precision covers.</summary>
    private float Slack(int query) =>
        _metric == SimilarityMetric.Euclidean && double.IsFinite(_norms[query]) ? (float)(Math.Pow(_norms[query] * _scale, 2) * Math.ScaleB(1, -38)) : 0;

    /// <summary>A tile of rows brought to scale, and what is known of each. Used by one thread.</summary>
    private sealed class Tile(NearestCandidates all)
    {
        private float[] _values = []; // [row, column]
        private float[] _slopes = []; // of a score's error, times the query's length
        private float[] _offsets = []; // the rest of the error; NaN for a row that takes no part
        private float[] _shifts = []; // taken from the product
        private float[] _scores = []; // [row, query]
        private int _first, _count;

        internal void Load(int first, int count, ReadOnlySpan<float> tile)
        {
            (_first, _count) = (first, count);
            if (_slopes.Length < count)
                (_values, _slopes, _offsets, _shifts, _scores) = (new float[tile.Length], new float[count], new float[count], new float[count], new float[count * GroupSize]);
            tile.CopyTo(_values);
            int columns = all._rows.Columns;
            for (int r = 0; r < count; r++)
            {
                double norm = all._norms[first + r], length = all.Bring(_values.AsSpan(r * columns, columns), norm);
                double half = all._metric == SimilarityMetric.Euclidean ? length * length / 2 : 0;
                _slopes[r] = (float)(all._slope * length);
                _offsets[r] = NearestRows.CanBeCompared(norm, all._metric) ? (float)(4 * Math.ScaleB(1, -24) * half + all._tiny) : float.NaN;
                _shifts[r] = (float)half;
            }
        }

        internal void Meet(Group group, float[] thresholds, Span<Kept> kept, Workers workers)
        {
            int size = group.Count;
            var scores = _scores.AsSpan(0, _count * size);
            MatrixProduct.Multiply(_values.AsSpan(0, _count * all._rows.Columns), _count, group.Queries, [], scores, workers);
            for (int r = 0; r < _count; r++)
            {
                var row = scores.Slice(r * size, size);
                float slope = _slopes[r], shift = _shifts[r], offset = _offsets[r];
                for (int q = NextReaching(row, group.Lengths, thresholds, slope, offset - shift, 0); q < size;
                    q = NextReaching(row, group.Lengths, thresholds, slope, offset - shift, q + 1))
                {
                    float score = row[q] - shift, error = slope * group.Lengths[q] + offset;
                    thresholds[q] = kept[q].Add(_first + r, score - error, score + error, all.Slack(group.Ids[q]));
                }
            }
        }

        /// <summary>The first index from <paramref name="start"/> on where score + length · slope + offset reaches the threshold; NaN reaches none.</summary>
        private static int NextReaching(ReadOnlySpan<float> scores, float[] lengths, float[] thresholds, float slope, float offset, int start)
        {
            ref float score = ref MemoryMarshal.GetReference(scores), length = ref lengths[0], threshold = ref thresholds[0];
            Vector512<float> slopes = Vector512.Create(slope), offsets = Vector512.Create(offset);
            int i = start;
            for (; i + 16 <= scores.Length; i += 16)
            {
                Vector512<float> upper = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref length, (nuint)i), slopes, Vector512.LoadUnsafe(ref score, (nuint)i) + offsets);
                ulong reached = Vector512.GreaterThanOrEqual(upper, Vector512.LoadUnsafe(ref threshold, (nuint)i)).ExtractMostSignificantBits();
                if (reached != 0)
                    return i + BitOperations.TrailingZeroCount(reached);
            }

            for (; i < scores.Length; i++)
            {
                if (scores[i] + offset + lengths[i] * slope >= thresholds[i])
                    return i;
            }

            return scores.Length;
        }
    }

    /// <summary>One query's candidates among some of the rows.</summary>
    private sealed class Kept(int query, int count, int limit)
    {
        private readonly RunningTop _lowest = new(count); // the best of what scores are at least
        private readonly List<Scored> _candidates = []; // what they are at most
        private bool _flooded;

        /// <summary>Adds a row and returns what others' scores must at least be able to be.</summary>
        internal float Add(int row, float least, float most, float slack)
        {
            if (row == query)
                return _lowest.Threshold - slack;
            _lowest.Offer(new Scored(row, least));
            _candidates.Add(new Scored(row, most));
            float threshold = _lowest.Threshold - slack;
            if (_candidates.Count < limit)
                return threshold;
            _candidates.RemoveAll(c => c.Value < threshold);
            if (_candidates.Count < limit / 2 + count / 2)
                return threshold;
            _flooded = true;
            _candidates.Clear();
            return float.PositiveInfinity;
        }

        /// <summary>What is left of the candidates of all parts; null when a part had too many.</summary>
        internal static int[]? Merge(Kept[] parts, float slack)
        {
            if (parts.Any(part => part._flooded))
                return null;
            RunningTop lowest = parts[0]._lowest;
            foreach (Kept part in parts.Skip(1))
                lowest.Merge(part._lowest);
            float threshold = lowest.Threshold - slack;
            return [.. parts.SelectMany(part => part._candidates).Where(c => c.Value >= threshold).Select(c => c.Index)];
        }
    }
}
