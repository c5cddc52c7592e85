using System.CommandLine;
using System.Globalization;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Transformers;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth verify</c>: a model's every intermediate value against what a reference implementation gave.</summary>
internal static class VerifyCommand
{
    private static readonly Argument<string[]> Folders =
        Options.Arguments("FOLDER", "folders with config.json, model.safetensors, inputs.json and expected.safetensors (docs/accuracy.md shows how to write one)");

    private static readonly Option<double> Tolerance = Options.Number("--tolerance", "T", "largest absolute difference that passes", 0, 1e6, 1e-4);

    public static Verb Create() => Verb.Create(
        "verify",
        "Runs models and compares every residual stream, attention pattern and logit with the values a reference implementation wrote down. Exit code 1 when a difference is above the tolerance or a greedy continuation differs.",
        [Folders, Tolerance],
        Run,
        new("azimuth verify tests/fixtures/families/gpt2", "one folder, each case and its worst site"),
        new("azimuth verify tests/fixtures/families/llama* --tolerance 2e-5 --json", "several, for scripts"));

    private static Task<int> Run(Session session)
    {
        if (session.ModelName is not null)
            throw new UsageException("azimuth verify: expected no --model, since each FOLDER holds its own.");
        string[] folders = session.Value(Folders) ?? [];
        if (folders.Length == 0)
            throw new UsageException("azimuth verify: expected at least one FOLDER, found none.");
        double tolerance = session.Value(Tolerance);
        List<VerificationResult> results = [];
        foreach (string folder in folders)
        {
            session.Progress.Report("verifying", results.Count, folders.Length, "folders");
            results.Add(Verification.Run(folder, session.Workers, tolerance));
            session.Cancel.ThrowIfCancellationRequested();
        }

        bool passed = results.TrueForAll(result => result.Passed);
        var document = new { Tolerance = tolerance, Passed = passed, LargestDifference = results.Max(r => r.LargestDifference), Folders = results };
        Conventions conventions = new() { Notes = ["largest absolute difference, this program's float32 against the reference's"] };
        int exit = passed ? ExitCode.Done : ExitCode.Findings;
        return session.Show(null, conventions, document, screen => Draw(screen, results, tolerance), exit);
    }

    private static void Draw(Screen screen, List<VerificationResult> results, double tolerance)
    {
        screen.Heading(FormattableString.Invariant($"Largest differences from the reference, tolerance {tolerance}"));
        screen.Table(
            [new("folder"), new("config"), new("case", Side.Right), new("ids", Side.Right), new("sites", Side.Right), new("largest", Side.Right), new("at"), new("greedy"), new("")],
            [.. results.SelectMany(result => result.Cases.Select(c => Row(result, c)))]);
        foreach (VerificationResult failed in results.Where(result => !result.Passed))
            DrawFailure(screen, failed);
        screen.Line($"{results.Count(r => r.Passed)} of {results.Count} folders within the tolerance; largest difference {Numbers.Three(results.Max(r => r.LargestDifference))}.");
    }

    private static Cell[] Row(VerificationResult result, VerificationCase c)
    {
        SiteDifference worst = c.Sites.MaxBy(site => site.LargestDifference)!;
        bool passed = c.LargestDifference <= result.Tolerance && c.GreedyEqual;
        return
        [
            Tokens.Show(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(result.Folder))), 26), c.Config, Numbers.Id(c.Case), Numbers.Count(c.Length),
            Numbers.Count(c.Sites.Count), Difference(c.LargestDifference), worst.Site, c.GreedyEqual ? "equal" : "differs", passed ? "ok" : new Cell("FAILED", Role.Rival),
        ];
    }

    private static void DrawFailure(Screen screen, VerificationResult failed)
    {
        foreach (VerificationCase c in failed.Cases)
        {
            foreach (SiteDifference site in c.Sites.Where(site => !(site.LargestDifference <= failed.Tolerance)))
            {
                screen.Line(string.Create(CultureInfo.InvariantCulture,
                    $"{failed.Folder}, {c.Config}, case {c.Case}, {site.Site}[{site.Index}]: expected {site.Expected:R}, found {site.Found:R}"));
            }

            if (!c.GreedyEqual)
            {
                screen.Line($"{failed.Folder}, {c.Config}, case {Numbers.Id(c.Case)}, greedy: expected {string.Join(' ', c.GreedyExpected.Select(Numbers.Id))}, "
                    + $"found {string.Join(' ', c.GreedyFound.Select(Numbers.Id))}");
            }
        }
    }

    private static string Difference(double value) => value == 0 ? "0" : value.ToString("0.0e0", CultureInfo.InvariantCulture);
}
