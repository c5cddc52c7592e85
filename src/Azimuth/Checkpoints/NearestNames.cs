namespace Azimuth.Checkpoints;

/// <summary>Finds the known names that an unknown one was probably meant to be.</summary>
public static class NearestNames
{
    /// <summary>Names longer than this are compared by their first characters only, so that a hostile name costs little.</summary>
    private const int ComparedLength = 128;

    /// <summary>The <paramref name="count"/> names with the smallest edit distance to <paramref name="wanted"/>, nearest first, letters' case ignored.</summary>
    public static IReadOnlyList<string> Of(string wanted, IEnumerable<string> known, int count = 3)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(known);
        return [.. known.Select(name => (name, distance: Distance(wanted, name))).OrderBy(p => p.distance).ThenBy(p => p.name, StringComparer.Ordinal).Take(count).Select(p => p.name)];
    }

    /// <summary>The names that <paramref name="wanted"/> may be a slip of the hand for, nearest first: they begin with it, or a third of its letters or fewer differ. None for a guess at random.</summary>
    public static IReadOnlyList<string> Likely(string wanted, IEnumerable<string> known, int count = 3)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        int most = Math.Max(2, Math.Min(wanted.Length, ComparedLength) / 3);
        return Of(wanted, known.Where(name => (wanted.Length > 1 && name.StartsWith(wanted, StringComparison.OrdinalIgnoreCase)) || Distance(wanted, name) <= most), count);
    }

    /// <summary>". The nearest names are a, b, c", or nothing when no name is known: the end of an error message.</summary>
    public static string Hint(string wanted, IEnumerable<string> known)
    {
        var nearest = Of(wanted, known);
        return nearest.Count == 0 ? "" : $". The nearest names are {string.Join(", ", nearest)}";
    }

    /// <summary>Levenshtein's edit distance (1966): insertions, deletions and replacements, each counting 1.</summary>
    private static int Distance(string a, string b)
    {
        a = a.Length > ComparedLength ? a[..ComparedLength] : a;
        b = b.Length > ComparedLength ? b[..ComparedLength] : b;
        Span<int> previous = stackalloc int[b.Length + 1]; // distances of a[..i] to each prefix of b
        for (int j = 0; j <= b.Length; j++)
            previous[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = previous[0];
            previous[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = previous[j];
                previous[j] = Math.Min(replaced, Math.Min(previous[j], previous[j - 1]) + 1);
            }
        }

        return previous[b.Length];
    }
}
