using System.Collections;
using System.Globalization;
using Azimuth.Checking;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;

namespace Azimuth.Cli.Commands;

/// <summary>Findings on the screen: gravest first, each with its numbers, its fix and its page.</summary>
internal static class CheckView
{
    private const int ShownEvidence = 92;

    public static void Draw(Screen screen, List<CheckReport> reports)
    {
        foreach (CheckReport report in reports)
            Draw(screen, report);
        if (reports.Count > 1)
            screen.Line($"{Numbers.Count(reports.Count(r => r.HasProblems))} of {Numbers.Count(reports.Count)} have errors or warnings.");
    }

    private static void Draw(Screen screen, CheckReport report)
    {
        int ran = report.Checked.Count(c => c.Ran);
        screen.Heading($"{Tokens.OneLine(report.Name, 60)}: {Summary(report)}");
        foreach (IGrouping<Severity, Finding> group in report.Findings.GroupBy(f => f.Severity))
        {
            screen.Heading(group.Key switch { Severity.Error => "Errors", Severity.Warning => "Warnings", Severity.Note => "Notes", _ => "Advice" });
            foreach (Finding finding in group)
                Draw(screen, finding);
        }

        screen.Dim($"{Numbers.Count(ran)} of {Numbers.Count(report.Checked.Count)} rules looked. {NotRun(report)}");
    }

    private static string Summary(CheckReport report)
    {
        string[] counts = [.. new[] { (Severity.Error, "error"), (Severity.Warning, "warning"), (Severity.Note, "note"), (Severity.Advice, "piece of advice") }
            .Select(s => (Count: report.Count(s.Item1), Word: s.Item2)).Where(s => s.Count > 0)
            .Select(s => $"{Numbers.Count(s.Count)} {(s.Count == 1 ? s.Word : s.Word == "piece of advice" ? "pieces of advice" : s.Word + "s")}")];
        return counts.Length == 0 ? "nothing found" : string.Join(", ", counts);
    }

    private static void Draw(Screen screen, Finding finding)
    {
        screen.Line([new Cell(finding.Code, Role.Query), $"  {Safe(finding.Title)}"]);
        screen.Facts(
            ("      what", Safe(finding.Message)),
            ("      evidence", Evidence(finding)),
            ("      fix", finding.Fix),
            ("      page", CheckRules.Find(finding.Code)!.Page));
    }

    private static string Evidence(Finding finding)
    {
        string text = string.Join(", ", finding.Evidence.Where(e => e.Value is not "").Select(e => $"{e.Key} {(e is { Key: "id", Value: long id } ? id.ToString(CultureInfo.InvariantCulture) : Shown(e.Value))}"));
        return Tokens.OneLine(text, 3 * ShownEvidence);
    }

    private static string Shown(object value) => value switch
    {
        int number => Numbers.Count(number),
        long number => Numbers.Count(number),
        double number => Numbers.Three(number),
        bool flag => flag ? "true" : "false",
        string text => Safe(text),
        TokenRef token => $"\"{Tokens.Show(token.Text)}\" ({Numbers.Id(token.Id)})",
        IEnumerable list => "[" + string.Join(", ", list.Cast<object>().Take(3).Select(Shown)) + (list.Cast<object>().Skip(3).Any() ? ", …]" : "]"),
        _ => Safe(string.Create(CultureInfo.InvariantCulture, $"{value}").Trim('{', '}', ' ')),
    };

    /// <summary>Names out of a file may hold anything.</summary>
    private static string Safe(string text) => Tokens.OneLine(text, 600);

    /// <summary>Why rules did not look, once for each reason.</summary>
    private static string NotRun(CheckReport report) => string.Join("; ", report.Checked.Where(c => !c.Ran)
        .GroupBy(c => c.Reason).OrderByDescending(g => g.Count()).Take(6)
        .Select(g => $"{(g.Count() > 3 ? $"{Numbers.Count(g.Count())} rules" : string.Join(", ", g.Select(c => c.Code)))}: {Tokens.OneLine(g.Key ?? "", 100)}"));
}
