using System.Numerics.Tensors;
using Azimuth.Numerics;

namespace Azimuth.Quantization;

/// <summary>
/// The rows nearest by cosine to a set of queries, found while the rows of a table pass by a tile at a time. Candidates are found in single precision, sixteen more
/// than asked for, and then ordered in double. Results do not depend on the number of threads.
/// </summary>
internal sealed class CosineSearch
{
    private const int QueriesAtOnce = 512; // their scores of one tile stay in the second-level cache
    private const int SpareCandidates = 16;

    private readonly float[] _vectors;
    private readonly int[] _queries;
    private readonly int _columns, _count;
    private readonly PackedMatrix[] _groups; // [512 queries] each, as the weights of a product
    private readonly RunningTop[] _best;
    private readonly float[] _thresholds;
    private float[] _scores = []; // [row, query]

    /// <param name="vectors">[queries, columns].</param>
    /// <param name="queries">Their ids: a row is not its own neighbour.</param>
    /// <param name="columns">Values of a row.</param>
    /// <param name="count">Neighbours asked for.</param>
    public CosineSearch(float[] vectors, int[] queries, int columns, int count)
    {
        (_vectors, _queries, _columns, _count) = (vectors, queries, columns, count);
        _groups = new PackedMatrix[(queries.Length + QueriesAtOnce - 1) / QueriesAtOnce];
        for (int g = 0; g < _groups.Length; g++)
        {
            int size = Math.Min(QueriesAtOnce, queries.Length - g * QueriesAtOnce);
            _groups[g] = PackedMatrix.Pack(StoredMatrix.FromFloats(vectors.AsSpan(g * QueriesAtOnce * columns, size * columns), size, columns));
        }

        _best = [.. queries.Select(_ => new RunningTop(count + 1 + SpareCandidates))];
        _thresholds = new float[queries.Length];
        Array.Fill(_thresholds, float.NegativeInfinity);
    }

    /// <summary>Rows that pass by; those without direction have a scale that is not finite and are nobody's neighbours.</summary>
    /// <param name="tile">[rows, columns].</param>
    /// <param name="scales">1 / length of each row.</param>
    /// <param name="first">The first row's id.</param>
    /// <param name="workers">The threads to use.</param>
    public void Offer(ReadOnlySpan<float> tile, ReadOnlySpan<float> scales, int first, Workers workers)
    {
        int rows = scales.Length;
        float[] factors = scales.ToArray();
        for (int g = 0; g < _groups.Length; g++)
        {
            int from = g * QueriesAtOnce, size = _groups[g].Outputs;
            if (_scores.Length < rows * size)
                _scores = new float[rows * size];
            MatrixProduct.Multiply(tile, rows, _groups[g], [], _scores.AsSpan(0, rows * size), workers);
            workers.RunRanges(size, 64, (start, end) =>
            {
                var thresholds = _thresholds.AsSpan(from + start, end - start);
                for (int r = 0; r < rows; r++)
                {
                    if (!float.IsFinite(factors[r]))
                        continue;
                    var scores = _scores.AsSpan(r * size + start, end - start);
                    TensorPrimitives.Multiply(scores, factors[r], scores);
                    for (int q = RunningTop.FirstAtLeast(scores, thresholds, 0); q < scores.Length; q = RunningTop.FirstAtLeast(scores, thresholds, q + 1))
                    {
                        _best[from + start + q].Offer(new Scored(first + r, scores[q]));
                        thresholds[q] = _best[from + start + q].Threshold;
                    }
                }
            });
        }
    }

    /// <summary>A row by its id.</summary>
    public delegate ReadOnlySpan<float> RowReader(int id);

    /// <summary>The ids nearest to query number <paramref name="query"/>, nearest first, equal values by lower id; none when it has no direction.</summary>
    public int[] Nearest(int query, RowReader read)
    {
        float[] vector = _vectors[(query * _columns)..((query + 1) * _columns)];
        if (Vectors.Norm(vector) == 0)
            return [];
        return
        [
            .. _best[query].Sorted()
                .Where(candidate => candidate.Index != _queries[query])
                .Select(candidate => (candidate.Index, Value: Vectors.Cosine(vector, read(candidate.Index)) ?? double.NegativeInfinity))
                .OrderByDescending(candidate => candidate.Value)
                .ThenBy(candidate => candidate.Index)
                .Take(_count)
                .Select(candidate => candidate.Index),
        ];
    }
}
