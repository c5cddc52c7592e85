using System.Globalization;

namespace Azimuth.Embeddings;

/// <summary>Says in plain words what three neighbour lists of one token mean beside each other.</summary>
internal static class MetricVerdict
{
    internal static string Say(Neighbors.Scores scores, Neighbor[] cosine, Neighbor[] dot, Neighbor[] euclidean, double cosineDot, double cosineEuclidean)
    {
        if (scores.QueryNorm == 0)
            return "This row is zero: it has no direction, so cosine has no neighbours, every dot product is 0, and Euclidean distance just lists the shortest rows.";
        if (dot.Length == 0)
            return "The table has no other row to compare with.";
        if (cosineDot == 1 && cosineEuclidean == 1)
            return "All three metrics find the same tokens: here lengths do not matter, and direction decides.";
        double own = scores.QueryNorm / scores.MeanNorm, ofDot = MeanNorm(scores, dot), ofEuclidean = MeanNorm(scores, euclidean), ofCosine = MeanNorm(scores, cosine);
        string lengths = string.Create(CultureInfo.InvariantCulture,
            $"its row is {own:0.00} times the mean length; neighbours by cosine, dot and Euclidean are {ofCosine:0.00}, {ofDot:0.00} and {ofEuclidean:0.00} times");
        string agreement = string.Create(CultureInfo.InvariantCulture, $"Of cosine's {cosine.Length}, dot shares {cosineDot:P0} and Euclidean {cosineEuclidean:P0}");
        string reason = (cosineDot < 1, cosineEuclidean < 1) switch
        {
            (true, false) => "dot lets length in" + (ofDot > ofCosine ? " and favours long rows" : ""),
            (false, true) => "Euclidean lets length in" + (ofEuclidean < ofCosine ? " and favours short rows" : ""),
            _ => "dot and Euclidean both let length in" + (ofDot > ofEuclidean ? ", dot favouring longer rows" : ""),
        };
        return $"{agreement}: {reason} ({lengths}). For likeness of direction read the cosine list.";
    }

    /// <summary>Mean length of the listed rows over the table's mean length.</summary>
    private static double MeanNorm(Neighbors.Scores scores, Neighbor[] list) =>
        list.Select(n => scores.Norm[n.Id]).DefaultIfEmpty(double.NaN).Average() / scores.MeanNorm;
}
