namespace Azimuth.Embeddings;

/// <summary>Orders scores kept in double: highest first, equal scores by lower id.</summary>
internal static class Ranking
{
    /// <summary>The <paramref name="count"/> ids with the highest scores; NaN scores are left out, <paramref name="except"/> too.</summary>
    internal static int[] Highest(ReadOnlySpan<double> scores, int count, int except = -1)
    {
        var best = new List<int>(Math.Min(count, scores.Length) + 1); // ids, highest score first
        for (int id = 0; id < scores.Length && count > 0; id++)
        {
            double score = scores[id];
            if (id == except || double.IsNaN(score) || (best.Count == count && score <= scores[best[^1]]))
                continue;
            int at = best.Count;
            while (at > 0 && score > scores[best[at - 1]])
                at--;
            best.Insert(at, id);
            if (best.Count > count)
                best.RemoveAt(count);
        }

        return [.. best];
    }

    /// <summary>1 + the number of higher scores and of equal scores at lower ids.</summary>
    internal static int Rank(ReadOnlySpan<double> scores, int id)
    {
        int rank = 1;
        for (int j = 0; j < scores.Length; j++)
        {
            if (scores[j] > scores[id] || (scores[j] == scores[id] && j < id))
                rank++;
        }

        return rank;
    }
}
