using System.Numerics.Tensors;
using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>Counts, for some tokens, the rows that score higher than the token's own: by transpose, cosine and left inverse at once.</summary>
internal static class RankCount
{
    private const int Together = 8; // tokens that share a pass over the table
    private const double SameCosine = 1e-15;

    /// <summary>Ranks [way][token]; 0 where a cosine does not exist.</summary>
    internal static int[][] Of(
        EmbeddingTable input, double[] inputNorms, EmbeddingTable output, double[] outputNorms, LeftInverse inverse, IReadOnlyList<int> ids, Workers workers,
        IProgress<double>? progress, CancellationToken cancellation)
    {
        int[][] ranks = [new int[ids.Count], new int[ids.Count], new int[ids.Count]];
        int done = 0;
        workers.Run((ids.Count + Together - 1) / Together, part =>
        {
            int first = part * Together, columns = output.ModelDim;
            Query[] queries =
            [
                .. Enumerable.Range(first, Math.Min(Together, ids.Count - first)).Select(q => new Query(ids[q], input.Vector(ids[q]), inputNorms[ids[q]], output, outputNorms, inverse)),
            ];
            var wide = new double[columns];
            RowScores.ForTiles(output.Rows, 0, output.Count, (from, count, tile) =>
            {
                cancellation.ThrowIfCancellationRequested();
                for (int i = 0; i < count; i++)
                {
                    TensorPrimitives.ConvertTruncating(tile.Slice(i * columns, columns), wide);
                    foreach (Query query in queries)
                        query.Meet(wide, from + i, outputNorms[from + i]);
                }
            });
            for (int q = 0; q < queries.Length; q++)
                (ranks[0][first + q], ranks[1][first + q], ranks[2][first + q]) = queries[q].Ranks;
            progress?.Report((double)Interlocked.Add(ref done, queries.Length) / ids.Count);
        });
        return ranks;
    }

    private sealed class Query
    {
        private readonly int _id;
        private readonly double[] _row, _coefficients;
        private readonly double _ownTranspose, _ownCosine, _ownLeft, _norm;
        private int _transpose = 1, _cosine = 1, _left = 1;

        internal Query(int id, float[] row, double norm, EmbeddingTable output, double[] outputNorms, LeftInverse inverse)
        {
            (_id, _norm, _coefficients) = (id, norm, inverse.Coefficients(row));
            _row = Array.ConvertAll(row, v => (double)v);
            double[] own = Array.ConvertAll(output.Vector(id), v => (double)v);
            _ownTranspose = TensorPrimitives.Dot<double>(_row, own);
            _ownCosine = _ownTranspose / (norm * outputNorms[id]); // NaN for a zero row
            _ownLeft = TensorPrimitives.Dot<double>(_coefficients, own);
        }

        internal (int Transpose, int Cosine, int LeftInverse) Ranks => (_transpose, double.IsNaN(_ownCosine) ? 0 : _cosine, _left);

        internal void Meet(double[] row, int id, double norm)
        {
            if (id == _id)
                return;
            double transpose = TensorPrimitives.Dot<double>(_row, row);
            _transpose += transpose > _ownTranspose ? 1 : 0;
            _cosine += transpose / (norm * _norm) - _ownCosine > SameCosine ? 1 : 0;
            _left += TensorPrimitives.Dot<double>(_coefficients, row) > _ownLeft ? 1 : 0;
        }
    }
}
