using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Studio.Reports;
using Azimuth.Training;
using Azimuth.Training.LanguageModels;
using Azimuth.Transformers;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth report</c>: everything about one prompt in one HTML file that opens offline.</summary>
internal static class ReportCommand
{
    private const string DefaultFile = "azimuth-report.html";
    private static readonly Option<string?> Prompt = PromptInput.TextOption($" (default: \"{PromptInput.DefaultText}\")");
    private static readonly Option<int[]?> Ids = Options.Ids("--ids", "token ids in place of a text, taken as they are");
    private static readonly Option<string?> Target = Options.Text("--target", "TOKEN", PromptInput.TargetHelp);
    private static readonly Option<string?> Versus = Options.Text("--versus", "TOKEN", PromptInput.RivalHelp);
    private static readonly Option<string?> Training = Options.Text("--training", "LOG", "draw a training run instead: the folder of the run, or its log.jsonl");
    private static readonly Option<string?> File = Options.Text("--output", "FILE", $"the HTML file to write (default {DefaultFile} in the current folder)", "-o");

    public static Verb Create() => Verb.Create(
        "report",
        "Writes one self-contained HTML file that opens offline: tokens and lookup, lengths, neighbours, round trip, the trace with its lens table and plane, attention, confidence. Prints the top of it.",
        [Prompt, Ids, Target, Versus, Training, File],
        Run,
        new("azimuth report", $"the bundled model deciding between \"{PromptInput.DefaultTarget}\" and \"{PromptInput.DefaultRival}\""),
        new("azimuth report -m novels-gpt --prompt \"She opened the door and went into the\" -o door.html", "a prompt of one's own"));

    private static Task<int> Run(Session session)
    {
        string file = session.Value(File) ?? DefaultFile;
        session.Outputs.Check(file, File.Name, ".html");
        string path = Path.GetFullPath(file);
        if (session.Value(Training) is { } log)
            return DrawTraining(session, log, file, path);
        LanguageModel model = session.OpenDecoder();
        PromptInput prompt = PromptInput.Read(session, model, Prompt, Ids, PromptInput.DefaultText);
        PromptQuestion question = PromptQuestion.Read(session, model, prompt, Target, Versus, isDefault: !session.IsGiven(Prompt) && !session.IsGiven(Ids));
        ReportOptions options = new()
        {
            Ids = prompt.Ids,
            Text = prompt.Text,
            BeginTokenAdded = prompt.BeginTokenAdded,
            Target = question.Target,
            Rival = question.Rival,
        };
        ReportData report = ReportBuilder.Build(model, options, new StepProgress(session.Progress), session.Cancel);
        session.Cancel.ThrowIfCancellationRequested();
        session.Progress.Say("writing the file");
        long bytes = ReportWriter.Write(report, path);
        Conventions conventions = prompt.Describe(report.Trace.Conventions with { Tied = model.IsTied });
        var document = new { Path = path, SizeBytes = bytes, Sections = report.Sections.Select(section => new { section.Id, section.Title }) };
        return session.Show(model.Name, conventions, document, screen => Draw(screen, report, file, bytes));
    }

    private static Task<int> DrawTraining(Session session, string path, string file, string target)
    {
        Option? other = ((Option[])[Prompt, Ids, Target, Versus]).FirstOrDefault(session.IsGiven);
        if (other is not null || session.ModelName is not null)
            throw new UsageException($"{other?.Name ?? "--model"}: --training draws the log of a run and asks no model; leave one of the two out.");
        if (path.Length == 0)
            throw new UsageException("--training: expected the folder of a run or its log.jsonl, found an empty text.");
        TrainingLog log = TrainingLog.Read(path);
        if (log.Readings.Count == 0)
            throw new UsageException($"--training: {path} has no reading yet; wait for the first, or look whether the run has ended.");
        string folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        TrainingReport report = TrainingReport.Of(log, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))));
        long bytes = ReportWriter.Write(report, target);
        TrainingReading last = report.Readings[^1];
        var document = new { Path = target, SizeBytes = bytes, Sections = report.Sections.Select(section => new { section.Id, section.Title }), Last = last };
        return session.Show(null, new Conventions { NaturalLog = true }, document, screen =>
        {
            screen.Heading($"The run {report.Name}");
            screen.Facts(
                ("trainer", report.Trainer), ("done", Numbers.Percent(last.Done)), (last.Unit, Numbers.Count(last.Items)),
                (last.Cost is null ? "loss" : "cost", Loss(last)), ("readings", Numbers.Count(report.ReadingsInLog)));
            screen.Heading("The report");
            screen.Line($"{file} ({Numbers.Bytes(bytes)}): open it in a browser, no network needed.");
            screen.Line("Sections: " + string.Join(", ", report.Sections.Select(section => section.Title)) + ".");
        });
    }

    /// <summary>The mean that does not depend on when readings were taken, where the trainer has one.</summary>
    private static string Loss(TrainingReading last) => last switch
    {
        { RecentLossNats: double recent } => FormattableString.Invariant($"{Numbers.Three(recent)} nats a token, the mean of the last {Math.Min(last.Step, LanguageModelTrainer.RecentSteps)} steps"),
        { PassLossNats: double pass } => $"{Numbers.Three(pass)} nats a prediction, the mean of the last pass",
        { PassCost: double pass } => $"{Numbers.Three(pass)} a pair, the mean of the last pass",
        { LossNats: double loss } => $"{Numbers.Three(loss)} nats, the mean since the reading before",
        { Cost: double cost } => $"{Numbers.Three(cost)} a pair, the mean since the reading before",
        _ => "–",
    };

    private static void Draw(Screen screen, ReportData report, string file, long bytes)
    {
        TraceView.DrawAnswer(screen, report.Trace);
        TraceView.DrawTurningPoints(screen, report.Trace);
        screen.Heading("The tables it reads and writes tokens with");
        screen.Table([new(""), new("rows", Side.Right), new("width", Side.Right), new("mean length", Side.Right), new("mean cosine", Side.Right), new("effective rank", Side.Right)],
        [
            .. report.Geometry.Select(Cell[] (table) =>
            [
                table.Table, Numbers.Count(table.Rows), Numbers.Count(table.Columns), Numbers.Three(table.NormMean), Numbers.Cosine(table.MeanPairwiseCosine),
                Numbers.Three(table.EffectiveRankSingularValues),
            ]),
        ]);
        screen.Heading("The report");
        screen.Line($"{file} ({Numbers.Bytes(bytes)}): open it in a browser, no network needed.");
        screen.Line("Sections: " + string.Join(", ", report.Sections.Select(section => section.Title)) + ".");
    }

    private sealed class StepProgress(ProgressLine line) : IProgress<ReportProgress>
    {
        public void Report(ReportProgress value) => line.Report(value.Step + ":", value.Done, value.Total, "steps");
    }
}
