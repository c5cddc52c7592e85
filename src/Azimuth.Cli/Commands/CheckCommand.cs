using System.CommandLine;
using Azimuth.Checking;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth check</c>: what is wrong with a model's files, each finding with a code, evidence and a fix.</summary>
internal static class CheckCommand
{
    private static readonly Argument<string[]> Files = Options.Arguments("FILE", "model folders, checkpoint files, files of vectors, or known names; the model of --model when left out");
    private static readonly Option<string> Run = Options.Choice("--run", "whether the model is run on two short texts: auto up to 500 million parameters", "auto", "always", "never");
    private static readonly Option<bool> Advice = Options.Flag("--advice", "also measure how the table's numbers should be read: lengths, anisotropy, pictures, analogies");
    private static readonly Option<string?> Explain = Options.Text("--explain", "CODE", "print the page of one finding, such as AZ101, and check nothing");

    public static Verb Create() => Verb.Create(
        "check",
        "Looks whether tokenizer, configuration and weights fit each other and hold what they should. Each finding has a code, evidence and a fix. Exit code 1 when there are errors or warnings; what cannot be loaded is a finding too.",
        [Files, Run, Advice, Explain],
        RunAsync,
        new("azimuth check", "the bundled model"),
        new("azimuth check models/novels-gpt --advice --json", "a folder, for scripts"),
        new("azimuth check --explain AZ101", "what a code means"));

    private static Task<int> RunAsync(Session session)
    {
        string[] files = session.Value(Files) ?? [];
        if (session.Value(Explain) is { } code)
            return ExplainAsync(session, code, files);
        if (files.Length > 0 && session.ModelName is not null)
            throw new UsageException("azimuth check: expected FILE or --model, found both.");
        if (files.Contains(""))
            throw new UsageException("FILE: expected a folder, a file or a known name, found an empty text.");
        var options = new CheckOptions { Run = Enum.Parse<TrialRuns>(session.Value(Run)!, ignoreCase: true), Advice = session.Value(Advice) };
        List<CheckReport> reports = [];
        foreach (string? file in files.Length == 0 ? new string?[] { session.ModelName } : files)
        {
            string path = Checkpoints.KnownModels.Resolve(file);
            reports.Add(ModelCheck.Run(path, session.Workers, options, new Steps(session.Progress, Path.GetFileName(path)), session.Cancel));
        }

        int exit = reports.Exists(report => report.HasProblems) ? ExitCode.Findings : ExitCode.Done;
        return session.Show(reports is [var only] ? only.Name : null, Conventions(options), Document(reports), screen => CheckView.Draw(screen, reports), exit);
    }

    private static Conventions Conventions(CheckOptions options) => new()
    {
        Notes = ["errors and warnings count, notes and advice do not", options.Advice ? "with advice" : "--advice says how to read the table"],
    };

    private static object Document(List<CheckReport> reports) => new
    {
        Models = reports.Select(r => new
        {
            r.Name,
            r.Path,
            Errors = r.Count(Severity.Error),
            Warnings = r.Count(Severity.Warning),
            Notes = r.Count(Severity.Note),
            Advice = r.Count(Severity.Advice),
        }),
        Findings = reports.SelectMany(r => r.Findings.Select(f => new { Model = r.Name, f.Code, f.Severity, f.Title, f.Message, f.Evidence, f.Fix, Page = CheckRules.Find(f.Code)?.Page ?? "" })),
        Checked = reports.SelectMany(r => r.Checked.Select(c => new { Model = r.Name, c.Code, c.Title, c.Ran, c.Reason })),
    };

    private static Task<int> ExplainAsync(Session session, string code, string[] files)
    {
        if (files.Length > 0 || session.ModelName is not null)
            throw new UsageException($"azimuth check: expected --explain or {(files.Length > 0 ? "FILE" : "--model")}, found both.");
        CheckRule rule = CheckRules.Find(code) ?? throw new UsageException(
            $"--explain: expected a code from {CheckRules.All.Min(r => r.Code)} to {CheckRules.All.Max(r => r.Code)} such as AZ101, found \"{code}\". The nearest are {string.Join(", ", Checkpoints.NearestNames.Of(code, CheckRules.All.Select(r => r.Code)))}; docs/findings has a page of each.");
        string text = FindingPages.Read(rule.Code);
        return session.Show(null, new Conventions(), new { rule.Code, rule.Title, rule.Severity, rule.Page, Text = text }, screen => FindingPages.Draw(screen, text));
    }

    /// <summary>A check's steps on the progress line.</summary>
    private sealed class Steps(ProgressLine line, string name) : IProgress<CheckProgress>
    {
        public void Report(CheckProgress value)
        {
            if (value.Share == 0)
                line.Say($"{name}: {value.What}");
            else
                line.Report($"{name}: {value.What}", (long)(100 * value.Share), 100, ProgressLine.Percent);
        }
    }
}
