using System.Globalization;
using Azimuth.Embeddings;

namespace Azimuth.Cli.CommandLine;

/// <summary>
/// Reads how often tokens occur: lines of <c>token TAB count</c> or <c>id TAB count</c>. First columns that are numbers in every line (<c>5</c> or <c>id:5</c>) are ids;
/// else they are tokens, blanks included, and <c>id:5</c> names a row among them. Counts of the same row are added up; empty lines are passed over.
/// </summary>
internal static class CountsFile
{
    /// <summary>The count of every row, NaN where the file has none [vocab]; lines that name no row are warned of.</summary>
    /// <exception cref="UsageException">An unreadable file, a line of another form, or no token of the table in it.</exception>
    public static double[] Read(Session session, string path, string where, EmbeddingTable table)
    {
        List<(string Name, double Count)> entries = Entries(path, where);
        bool ids = entries.TrueForAll(entry => IsNumber(entry.Name) || TokenArgument.IsId(entry.Name));
        var counts = new double[table.Count];
        Array.Fill(counts, double.NaN);
        int found = 0;
        foreach ((string name, double count) in entries)
        {
            int? id = ids ? table.RowNamed(IsNumber(name) ? "id:" + name : name) : table.Find(name) ?? table.RowNamed(name);
            if (id is not int at)
                continue;
            counts[at] = double.IsNaN(counts[at]) ? count : counts[at] + count;
            found++;
        }

        if (found == 0)
            throw new UsageException($"{where}: {path}: expected tokens or ids of the {table.Name}, found none in {Output.Plural.Of(entries.Count, "line")}.");
        if (found < entries.Count)
            session.Warn($"{where}: {Output.Numbers.Count(entries.Count - found)} of {Output.Plural.Of(entries.Count, "line")} in {path} {(found == entries.Count - 1 ? "names no row" : "name no row")} of the {table.Name}");
        return counts;
    }

    private static List<(string Name, double Count)> Entries(string path, string where)
    {
        string[] lines = InputFile.ReadText(path, where).Split('\n');
        var entries = new List<(string, double)>(lines.Length);
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

        return entries;
    }

    private static bool IsNumber(string name) => name.Length > 0 && !name.AsSpan().ContainsAnyExceptInRange('0', '9');
}
