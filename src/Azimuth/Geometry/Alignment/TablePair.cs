using System.Text.Json.Serialization;
using Azimuth.Embeddings;

namespace Azimuth.Geometry.Alignment;

/// <summary>How the rows of two tables are paired.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MatchRule>))]
public enum MatchRule
{
    /// <summary>Row i with row i.</summary>
    [JsonStringEnumMemberName("id")]
    Id,

    /// <summary>Rows whose tokens have the same text; texts that name several rows of a table are left out.</summary>
    [JsonStringEnumMemberName("text")]
    Text,
}

/// <summary>Two tables and which row of one belongs to which row of the other. Immutable, safe for many threads.</summary>
public sealed class TablePair
{
    private TablePair(EmbeddingTable a, EmbeddingTable b, MatchRule rule, int[] idsA, int[] idsB, int repeated)
    {
        (A, B, Rule, IdsA, IdsB, RepeatedTexts) = (a, b, rule, idsA, idsB, repeated);
        (OnlyInA, OnlyInB) = (Rest(a.Count, idsA), Rest(b.Count, idsB));
    }

    /// <summary>The table that is turned.</summary>
    public EmbeddingTable A { get; }

    /// <summary>The table it is turned onto.</summary>
    public EmbeddingTable B { get; }

    /// <summary>How rows were paired.</summary>
    public MatchRule Rule { get; }

    /// <summary>The paired rows of <see cref="A"/>, ascending.</summary>
    public IReadOnlyList<int> IdsA { get; }

    /// <summary>Their partners in <see cref="B"/>.</summary>
    public IReadOnlyList<int> IdsB { get; }

    /// <summary>Rows of <see cref="A"/> without a partner, ascending.</summary>
    public IReadOnlyList<int> OnlyInA { get; }

    /// <summary>Rows of <see cref="B"/> without a partner, ascending.</summary>
    public IReadOnlyList<int> OnlyInB { get; }

    /// <summary>Texts both tables know that name several rows of one of them, and so cannot be paired; 0 when paired by id.</summary>
    public int RepeatedTexts { get; }

    /// <summary>Number of pairs.</summary>
    public int Count => IdsA.Count;

    /// <summary>
    /// Pairs rows by <paramref name="rule"/>; when that is null, by id where all ids that both tables have mean the same text, and by text otherwise.
    /// </summary>
    public static TablePair Match(EmbeddingTable a, EmbeddingTable b, MatchRule? rule = null)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        int common = Math.Min(a.Count, b.Count);
        if (rule is null)
        {
            bool sameTexts = true;
            for (int id = 0; id < common && sameTexts; id++)
                sameTexts = a.Text(id) == b.Text(id);
            rule = sameTexts ? MatchRule.Id : MatchRule.Text;
        }

        if (rule == MatchRule.Text)
            return ByText(a, b);
        int[] ids = [.. Enumerable.Range(0, common)];
        return new TablePair(a, b, MatchRule.Id, ids, ids, 0);
    }

    private static TablePair ByText(EmbeddingTable a, EmbeddingTable b)
    {
        Dictionary<string, int> inA = IdsByText(a), inB = IdsByText(b);
        var idsA = new List<int>();
        var idsB = new List<int>();
        int repeated = 0;
        foreach (var (text, id) in inA)
        {
            if (!inB.TryGetValue(text, out int other))
                continue;
            if (id < 0 || other < 0)
            {
                repeated++;
                continue;
            }

            idsA.Add(id);
            idsB.Add(other);
        }

        int[] a1 = [.. idsA], b1 = [.. idsB];
        Array.Sort(a1, b1);
        return new TablePair(a, b, MatchRule.Text, a1, b1, repeated);
    }

    /// <summary>The row of each text, −1 where several have it.</summary>
    private static Dictionary<string, int> IdsByText(EmbeddingTable table)
    {
        var ids = new Dictionary<string, int>(table.Count, StringComparer.Ordinal);
        for (int id = 0; id < table.Count; id++)
        {
            string text = table.Text(id);
            if (!ids.TryAdd(text, id))
                ids[text] = -1;
        }

        return ids;
    }

    private static int[] Rest(int count, int[] ids)
    {
        var taken = new bool[count];
        foreach (int id in ids)
            taken[id] = true;
        return [.. Enumerable.Range(0, count).Where(id => !taken[id])];
    }
}
