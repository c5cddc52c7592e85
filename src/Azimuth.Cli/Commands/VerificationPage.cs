using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Transformers;

namespace Azimuth.Cli.Commands;

/// <summary>A page of Markdown with a table of measured differences between two marks; what stands around them is kept.</summary>
internal sealed class VerificationPage
{
    private const string Begin = "<!-- azimuth verify -->", End = "<!-- end of azimuth verify -->";

    /// <summary>Sites by what they are; a folder has those of decoders or those of encoders.</summary>
    private static readonly (string Head, string[] Sites)[] Groups =
    [
        ("residual stream, hidden states", ["resid_pre", "resid_mid", "resid_post", "hidden_state"]),
        ("attention", ["attention"]),
        ("final norm, pooler", ["final_norm", "pooler"]),
        ("logits", ["logits"]),
    ];

    private readonly string _path, _before, _after;

    private VerificationPage(string path, string before, string after) => (_path, _before, _after) = (path, before, after);

    /// <summary>Looks at the page before the work begins: one that is there must have both marks, a new one gets nothing but the table.</summary>
    public static VerificationPage Open(Session session, string path)
    {
        session.Outputs.Check(path, "--markdown", ".md");
        if (!File.Exists(path))
            return new VerificationPage(path, Begin + "\n", End + "\n");
        string page = File.ReadAllText(path);
        int begin = page.IndexOf(Begin, StringComparison.Ordinal), end = page.IndexOf(End, StringComparison.Ordinal);
        return begin >= 0 && end > begin
            ? new VerificationPage(path, page[..(begin + Begin.Length)] + "\n", page[end..])
            : throw new UsageException($"--markdown: expected the lines {Begin} and {End} in {path}, found no such place for the table. Add them, or name a file that is not there.");
    }

    /// <summary>Writes the page whole, at once.</summary>
    public void Write(IReadOnlyList<VerificationResult> results) =>
        AtomicFile.Write(_path, stream => stream.Write(Encoding.UTF8.GetBytes(_before + Table(results) + _after)));

    private static string Table(IReadOnlyList<VerificationResult> results)
    {
        var text = new StringBuilder();
        string[] heads = ["folder", "cases", "sites", .. Groups.Select(group => group.Head), "reference float32 − float64", "greedy"];
        text.Append("| ").AppendJoin(" | ", heads).Append(" |\n|---|---:|---:|").Append(string.Concat(Groups.Select(_ => "---:|"))).Append("---:|---|\n");
        foreach (VerificationResult result in results)
        {
            string[] cells =
            [
                $"`{Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(result.Folder)))}`", Numbers.Count(result.Cases.Count),
                Numbers.Count(result.Cases.Sum(c => c.Sites.Count)), .. Groups.Select(group => Largest(result, group.Sites)),
                result.ReferenceError is { } error ? VerifyCommand.Difference(error) : "–", VerifyCommand.Greedy(result.Cases),
            ];
            text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
        }

        return text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n{results.Count(r => r.Passed)} of {results.Count} folders within {VerifyCommand.Difference(results[0].Tolerance)}.\n").ToString();
    }

    private static string Largest(VerificationResult result, string[] sites)
    {
        double[] found = [.. result.Cases.SelectMany(c => c.Sites).Where(site => sites.Contains(site.Site.Split('.')[0])).Select(site => site.LargestDifference)];
        return found.Length == 0 ? "" : VerifyCommand.Difference(found.Max());
    }
}
