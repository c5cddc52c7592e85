using System.Globalization;
using Azimuth.Embeddings;

namespace Azimuth.Cli.CommandLine;

/// <summary>
/// Reads how often tokens occur: lines of <c>token TAB count</c> or <c>id TAB count</c>. First columns that are whole numbers in every line are ids; else
/// they are tokens, blanks included. Counts of the same token are added up; empty lines are passed over.
/// </summary>
internal static class CountsFile
{
    /// <summary>The count of every row, NaN where the file has none [vocab].</summary>
    /// <exception cref="UsageException">An unreadable file, a line of another form, or no token of the table in it.</exception>
    public static double[] Read(string path, string where, EmbeddingTable table)
    {
        string[] lines = InputFile.ReadText(path, where).Split('\n');
        var entries = new List<(string Name, double Count)>(lines.Length);
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].TrimEnd('\r');
            if (line.Length == 0)
                continue;
            int tab = line.LastIndexOf('\t');
            if (tab < 0 || !double.TryParse(line.AsSpan(tab + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double count) || !double.IsFinite(count) || count < 0)
            {
                throw new UsageException(FormattableString.Invariant(
                    $"{where}: {path}, line {i + 1}: expected a token or id, a tab and a count of 0 or more, found \"{Output.Tokens.OneLine(line, 60)}\"."));
            }

            entries.Add((line[..tab], count));
        }

        bool ids = entries.TrueForAll(entry => int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        var counts = new double[table.Count];
        Array.Fill(counts, double.NaN);
        int found = 0;
        foreach ((string name, double count) in entries)
        {
            int? id = ids ? int.Parse(name, CultureInfo.InvariantCulture) : table.Find(name);
            if (id is not int at || at >= counts.Length)
                continue;
            counts[at] = double.IsNaN(counts[at]) ? count : counts[at] + count;
            found++;
        }

        return found > 0 ? counts : throw new UsageException($"{where}: {path}: expected tokens or ids of the {table.Name}, found none in {entries.Count} {(entries.Count == 1 ? "line" : "lines")}.");
    }
}
