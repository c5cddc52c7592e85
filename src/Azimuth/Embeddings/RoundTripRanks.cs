using System.Text.Json.Serialization;

namespace Azimuth.Embeddings;

/// <summary>Where tokens come out when their rows are scored against all rows: 1 is back as themselves.</summary>
public sealed record RoundTripRanks
{
    /// <summary>The table's name, or both.</summary>
    public required string Table { get; init; }

    /// <summary>Tokens asked about.</summary>
    public required int Queries { get; init; }

    /// <summary>What their draw was started with; null when all were asked about.</summary>
    public required ulong? Seed { get; init; }

    /// <summary>Sum of the leverages of all tokens of the table the rows come from: its rank.</summary>
    public required double LeverageSum { get; init; }

    /// <summary>By the scores E·e.</summary>
    public required RankSummary Transpose { get; init; }

    /// <summary>By cosine; tokens whose row or answering row is zero have no rank.</summary>
    public required RankSummary Cosine { get; init; }

    /// <summary>By the left inverse of the table that answers.</summary>
    public required RankSummary LeftInverse { get; init; }

    /// <summary>Of two tables, by the left inverse of the one the rows come from; null for one table.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RankSummary? LeftInverseInput { get; init; }
}

/// <summary>Ranks of many tokens by one way.</summary>
/// <param name="Recovered">Tokens of rank 1.</param>
/// <param name="Share">The same over the tokens asked about.</param>
/// <param name="WorstRank">The largest rank; 0 when no token has one.</param>
/// <param name="MedianRank">The median, between two ranks when their number is even; NaN when no token has one.</param>
public sealed record RankSummary(int Recovered, double Share, int WorstRank, double MedianRank)
{
    /// <summary>Rank of every token asked about, in their order; 0 for one that has none.</summary>
    [JsonIgnore]
    public IReadOnlyList<int> Ranks { get; private init; } = [];

    internal static RankSummary Of(int[] ranks)
    {
        int[] sorted = [.. ranks.Where(rank => rank > 0).Order()];
        int recovered = sorted.Count(rank => rank == 1), middle = sorted.Length / 2;
        double median = sorted.Length == 0 ? double.NaN : sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
        return new RankSummary(recovered, ranks.Length == 0 ? double.NaN : (double)recovered / ranks.Length, sorted.LastOrDefault(), median) { Ranks = ranks };
    }
}
