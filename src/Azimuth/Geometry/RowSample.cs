using System.Globalization;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>The rows that a measure over neighbours asks about: all of a small table, a part of a large one, drawn without replacement.</summary>
public sealed record RowSample
{
    private RowSample(int rows, IReadOnlyList<int> ids, ulong? seed) => (Rows, Ids, Seed) = (rows, ids, seed);

    /// <summary>Rows of the table.</summary>
    public int Rows { get; }

    /// <summary>The rows asked about, ascending.</summary>
    public IReadOnlyList<int> Ids { get; }

    /// <summary>What the draw was started with; null when every row is asked about.</summary>
    public ulong? Seed { get; }

    /// <summary>True when every row is asked about.</summary>
    public bool IsWhole => Seed is null;

    /// <summary>One sentence for the conventions: how many, and the seed.</summary>
    public string Note => Seed is ulong seed
        ? string.Create(CultureInfo.InvariantCulture, $"neighbours of {Ids.Count:N0} of {Rows:N0} rows, drawn with seed {seed}")
        : "neighbours of all rows";

    /// <summary>All of <paramref name="rows"/> rows, or <paramref name="most"/> of them when there are more; the same ones on every run for the same seed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative number of rows, or fewer than one wanted.</exception>
    public static RowSample Of(int rows, int most, ulong seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        if (rows <= most)
            return new RowSample(rows, [.. Enumerable.Range(0, rows)], null);
        // Floyd's sampling (Bentley and Floyd 1987, "A sample of brilliance"): every set of ids is as likely as any other.
        var random = new SeededRandom(seed);
        var chosen = new SortedSet<int>();
        for (int last = rows - most; last < rows; last++)
        {
            int id = random.NextInt32(last + 1);
            chosen.Add(chosen.Contains(id) ? last : id);
        }

        return new RowSample(rows, [.. chosen], seed);
    }
}
