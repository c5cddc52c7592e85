using System.CommandLine;
using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Transformers;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth verify</c>: a model's every intermediate value against what a reference implementation gave.</summary>
internal static class VerifyCommand
{
    private const int ShownSites = 20;
    private static readonly string[] Places = ["hidden_state", "resid_pre", "attention", "resid_mid", "resid_post", "final_norm", "pooler", "logits"];
    private static readonly Argument<string[]> Folders =
        Options.Arguments("FOLDER", "folders with config.json, model.safetensors, inputs.json, expected.safetensors and expected.json (docs/accuracy.md shows how to write one)");

    private static readonly Option<double> Tolerance = Options.Number("--tolerance", "T", "largest absolute difference that passes", 0, 1e6, 1e-4);

    private static readonly Option<string?> Markdown = Options.Text("--markdown", "PAGE.md", "also write the table of all folders into this page of Markdown, between the two lines that mark its place");

    public static Verb Create() => Verb.Create(
        "verify",
        "Runs models and compares every residual stream or hidden state, attention pattern and logit with the values a reference implementation wrote down. Exit code 1 when a difference is above the tolerance or a greedy continuation differs.",
        [Folders, Tolerance, Markdown],
        Run,
        new("azimuth verify tests/fixtures/families/gpt2", "one folder, each case and its worst site"),
        new("azimuth verify tests/fixtures/families/llama* --tolerance 2e-5 --json", "several, for scripts"),
        new("azimuth verify tests/fixtures/families/gpt2 --markdown differences.md", "the table as a page, or in its place in one")).WithoutModel("since each FOLDER holds its own");

    private static Task<int> Run(Session session)
    {
        string[] folders = OnlyFolders(session);
        double tolerance = session.Value(Tolerance);
        VerificationPage? page = session.Value(Markdown) is { } path ? VerificationPage.Open(session, path) : null;
        List<VerificationResult> results = [];
        List<NotCompared> others = [];
        foreach (string folder in folders)
        {
            session.Progress.Report("verifying", results.Count + others.Count, folders.Length, "folders");
            try
            {
                results.Add(Verification.Run(folder, session.Workers, tolerance));
            }
            catch (CheckpointFormatException problem) when (folders.Length > 1)
            {
                // One that cannot be compared says nothing of the others.
                others.Add(new NotCompared(folder, problem.Message));
            }

            session.Cancel.ThrowIfCancellationRequested();
        }

        if (results.Count == 0)
            throw new UsageException($"{others[0].Reason.TrimEnd('.')}; none of the {others.Count} folders could be compared.");
        if (page is not null && others.Count > 0)
            throw new UsageException($"--markdown: the table would lack a folder: {others[0].Reason.TrimEnd('.')}; leave it out, or put it right.");
        page?.Write(results);
        bool passed = others.Count == 0 && results.TrueForAll(result => result.Passed);
        var document = new { Tolerance = tolerance, Passed = passed, LargestDifference = results.Max(r => r.LargestDifference), Folders = results, NotCompared = others };
        Conventions conventions = new() { Notes = ["largest absolute difference, this program's float32 against the reference's", "reference: the largest difference of the reference's own float32 from its float64"] };
        int exit = others.Count > 0 ? ExitCode.BadInput : passed ? ExitCode.Done : ExitCode.Findings;
        return session.Show(null, conventions, document, screen => Draw(screen, results, others, tolerance), exit);
    }

    /// <summary>The folders named. A file among them comes from a shell's pattern, such as the README.md beside the folders.</summary>
    private static string[] OnlyFolders(Session session)
    {
        string[] named = session.Value(Folders) ?? [];
        if (named.Length == 0)
            throw new UsageException("azimuth verify: expected at least one FOLDER, found none.");
        string[] files = Array.FindAll(named, File.Exists);
        if (files.Length == named.Length)
            throw new UsageException($"{files[0]}: expected a folder, found a file; name the folder that holds the model and its expected values.");
        foreach (string file in files)
            session.Warn($"{file} is a file and passed over");
        return [.. named.Except(files)];
    }

    /// <summary>A folder that says nothing of the model.</summary>
    private sealed record NotCompared(string Folder, string Reason);

    private static void Draw(Screen screen, List<VerificationResult> results, List<NotCompared> others, double tolerance)
    {
        screen.Heading($"Largest differences from the reference, tolerance {Difference(tolerance)}");
        if (results.Count + others.Count == 1)
            DrawCases(screen, results[0]);
        else
            DrawFolders(screen, results);
        foreach (VerificationResult failed in results.Where(result => !result.Passed))
            DrawFailure(screen, failed);
        if (others.Count > 0)
            screen.Heading("Not compared");
        foreach (NotCompared other in others)
            screen.Line(Tokens.OneLine(other.Reason));
        screen.Line($"{results.Count(r => r.Passed)} of {Plural.Of(results.Count, "folder")} within the tolerance; largest difference {Numbers.Three(results.Max(r => r.LargestDifference))}.");
    }

    /// <summary>One folder: each case under each config file.</summary>
    private static void DrawCases(Screen screen, VerificationResult result) => screen.Table(
        [new("config"), new("case", Side.Right), new("ids", Side.Right), new("sites", Side.Right), new("largest", Side.Right), new("at"), new("reference", Side.Right), new("greedy"), new("")],
        [
            .. result.Cases.Select(Cell[] (c) =>
            [
                c.Config, Numbers.Id(c.Case), Numbers.Count(c.Length), Numbers.Count(c.Sites.Count), Difference(c.LargestDifference), Worst(c).Site, Own(c.ReferenceError), Greedy([c]),
                Verdict(c.LargestDifference <= result.Tolerance && c.GreedyEqual),
            ]),
        ]);

    /// <summary>Several folders: one line for each.</summary>
    private static void DrawFolders(Screen screen, List<VerificationResult> results) => screen.Table(
        [new("folder"), new("cases", Side.Right), new("sites", Side.Right), new("largest", Side.Right), new("at"), new("reference", Side.Right), new("greedy"), new("")],
        [
            .. results.Select(Cell[] (result) =>
            {
                VerificationCase worst = result.Cases.MaxBy(c => c.LargestDifference)!;
                string folder = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(result.Folder)));
                return
                [
                    Tokens.OneLine(folder, 30), Numbers.Count(result.Cases.Count), Numbers.Count(result.Cases.Sum(c => c.Sites.Count)), Difference(result.LargestDifference),
                    $"case {Numbers.Id(worst.Case)} {Worst(worst).Site}", Own(result.ReferenceError), Greedy(result.Cases), Verdict(result.Passed),
                ];
            }),
        ]);

    private static SiteDifference Worst(VerificationCase c) => c.Sites.MaxBy(site => site.LargestDifference)!;

    internal static string Greedy(IReadOnlyList<VerificationCase> cases) =>
        cases.All(c => c.GreedyExpected.Count == 0) ? "not given" : cases.All(c => c.GreedyEqual) ? "equal" : "differs";

    private static Cell Verdict(bool passed) => passed ? "ok" : new Cell("FAILED", Role.Rival);

    /// <summary>The values that differ too much, in the order in which the model computes them: the first one is where to look.</summary>
    private static void DrawFailure(Screen screen, VerificationResult failed)
    {
        screen.Heading($"{failed.Folder}: above the tolerance, in the order of the computation");
        (VerificationCase Case, SiteDifference Site)[] sites =
        [
            .. failed.Cases.SelectMany(c => c.Sites.Where(site => !(site.LargestDifference <= failed.Tolerance)).OrderBy(SiteOrder).Select(site => (c, site))),
        ];
        screen.Table(
            [new("config"), new("case", Side.Right), new("site"), new("index", Side.Right), new("expected", Side.Right), new("found", Side.Right)],
            [
                .. sites.Take(ShownSites).Select(Cell[] (pair) =>
                    [pair.Case.Config, Numbers.Id(pair.Case.Case), pair.Site.Site, Numbers.Id(pair.Site.Index), Full(pair.Site.Expected), Full(pair.Site.Found)]),
            ]);
        if (sites.Length > ShownSites)
            screen.Dim($"{ShownSites} of {Numbers.Count(sites.Length)}; --json has all");
        foreach (VerificationCase c in failed.Cases.Where(c => !c.GreedyEqual))
            screen.Line($"{c.Config}, case {Numbers.Id(c.Case)}, greedy: expected {Ids(c.GreedyExpected)}, found {Ids(c.GreedyFound)}");
    }

    /// <summary>Layer by layer input, attention, middle, output; then the final norm and the logits.</summary>
    private static (int Layer, int Place) SiteOrder(SiteDifference site)
    {
        string[] words = site.Site.Split('.');
        int layer = words.Length > 1 && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : int.MaxValue;
        return (layer, Array.IndexOf(Places, words[0]));
    }

    private static string Ids(IReadOnlyList<int> ids) => string.Join(' ', ids.Select(Numbers.Id));

    private static string Full(double value) => ((float)value).ToString("R", CultureInfo.InvariantCulture);

    private static string Own(double? error) => error is { } value ? Difference(value) : "–";

    internal static string Difference(double value) => value == 0 ? "0" : value.ToString("0.0e0", CultureInfo.InvariantCulture);
}
