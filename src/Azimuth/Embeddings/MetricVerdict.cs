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
        string lead = (cosineDot, cosineEuclidean) switch
        {
            (1, 1) => "The three metrics find the same tokens",
            ( >= 0.8, >= 0.8) => "The three metrics nearly agree",
            ( < 0.8, >= 0.8) => "Dot product goes its own way",
            ( >= 0.8, < 0.8) => "Euclidean distance goes its own way",
            _ => "The three metrics disagree",
        };
        double ofDot = MeanNorm(scores, dot), ofEuclidean = MeanNorm(scores, euclidean), ofCosine = MeanNorm(scores, cosine);
        bool dotFavours = cosineDot < 1 && ofDot > ofCosine;
        string dotLeans = dotFavours ? "dot product favours long rows" : "dot product weighs length";
        string euclideanLeans = cosineEuclidean < 1 && ofEuclidean < ofCosine ? $"Euclidean distance {(dotFavours ? "" : "favours ")}short ones" : $"Euclidean distance weighs {(dotFavours ? "length" : "it")} too";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{lead}: of cosine's {cosine.Length}, {Shared(cosine, dot)} are among the dot product's {dot.Length} and {Shared(cosine, euclidean)} among Euclidean distance's {euclidean.Length}. In units of the mean length, the token has {scores.QueryNorm / scores.MeanNorm:0.00}; {dotLeans} ({ofDot:0.00}), {euclideanLeans} ({ofEuclidean:0.00}), cosine ignores length ({ofCosine:0.00}). For likeness of direction read the cosine list.");
    }

    private static int Shared(Neighbor[] list, Neighbor[] other) => list.Count(n => Array.Exists(other, o => o.Id == n.Id));

    /// <summary>Mean length of the listed rows over the table's mean length.</summary>
    private static double MeanNorm(Neighbors.Scores scores, Neighbor[] list) =>
        list.Select(n => scores.Norm[n.Id]).DefaultIfEmpty(double.NaN).Average() / scores.MeanNorm;
}
