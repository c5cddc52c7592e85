using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Geometry;

/// <summary>For one token, the vector that the output rows are multiplied with, and the output rows nearest to it by logit and by three metrics.</summary>
internal sealed record LogitLists(float[] Vector, int[] Logits, double[] Values, int[] Cosine, int[] Dot, int[] Euclidean)
{
    private const int Together = 4; // tokens that share a pass over the output table

    /// <summary>Lists of <paramref name="k"/> rows each for some tokens, without the token itself, equal values by lower id.</summary>
    internal static LogitLists[] Of(LanguageModel model, int[] ids, int k, Workers workers, IProgress<double>? progress, CancellationToken cancellation)
    {
        var lists = new LogitLists[ids.Length];
        StoredMatrix rows = model.Unembedding.Rows;
        double[] norms = TableScan.Norms(rows, workers, cancellation).AsSpan(0, Math.Min(model.Unembedding.Count, model.Config.VocabSize)).ToArray();
        for (int from = 0; from < ids.Length; from += Together)
        {
            Scores[] scores = [.. ids.Skip(from).Take(Together).Select(id => new Scores(id, model.Parts.ReadOut(id), norms.Length))];
            TableScan.Run(rows, workers, (first, count, tile) =>
            {
                for (int i = 0; i < Math.Min(count, norms.Length - first); i++)
                {
                    foreach (Scores one in scores)
                        one.Add(model, first + i, tile.Slice(i * rows.Columns, rows.Columns), norms[first + i]);
                }
            }, cancellation);
            workers.Run(scores.Length, q => lists[from + q] = scores[q].Lists(k));
            progress?.Report((double)(from + scores.Length) / ids.Length);
        }

        return lists;
    }

    /// <summary>Shares of the logits' list that three lists hold.</summary>
    internal LogitAgreement Agreement(int[] cosine, int[] dot, int[] euclidean) => new(cosine.Length == 0 ? null : Share(cosine), Share(dot), Share(euclidean));

    private double Share(int[] list) => Logits.Length == 0 ? 0 : (double)list.Count(Logits.Contains) / Logits.Length;

    /// <summary>One vector against every output row.</summary>
    private sealed class Scores(int id, float[] vector, int rows)
    {
        private readonly double _length = Vectors.Norm(vector);
        private readonly double[] _logit = new double[rows], _cosine = new double[rows], _dot = new double[rows], _near = new double[rows];

        internal void Add(LanguageModel model, int at, ReadOnlySpan<float> row, double norm)
        {
            double product = Vectors.DotDouble(vector, row);
            (_dot[at], _logit[at], _near[at]) = (product, model.Parts.LogitOf(product, at), -Vectors.Distance(vector, row));
            _cosine[at] = norm > 0 && _length > 0 ? product / norm : double.NaN;
        }

        internal LogitLists Lists(int k)
        {
            int[] logits = Ranking.Highest(_logit, k, except: id);
            return new LogitLists(
                vector, logits, Array.ConvertAll(logits, j => _logit[j]),
                Ranking.Highest(_cosine, k, except: id), Ranking.Highest(_dot, k, except: id), Ranking.Highest(_near, k, except: id));
        }
    }
}
