using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Vocabulary;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth glitch</c>: tokens whose rows were hardly trained, and what the model does with them.</summary>
internal static class GlitchCommand
{
    private const ulong ControlSeed = 1;
    private const int HistogramRows = 12;
    private static readonly Option<int> Top = Options.WholeNumber("--top", "K", "how many of the most suspect rows to list", 1, 1_000_000, 20);
    private static readonly Option<double> Share = Options.Number("--share", "PERCENT", "the share of ordinary ids that counts as suspect", double.Epsilon, 100, 2);
    private static readonly Option<int[]?> Reference = Options.Ids("--reference", "ids that are known to be unused, whose mean row the others are compared with; found when left out");

    private static readonly Option<int?> Verify = Options.WholeNumber(
        "--verify", "N", "ask the model to repeat the N most suspect tokens, and as many ordinary ones", 1, 100_000);

    public static Verb Create() => Verb.Create(
        "glitch",
        "Lists under-trained tokens: those whose rows look most like rows that nobody trained, with the class of each id. Suspects are the lowest 2 % of the indicator; --verify asks the model to repeat them. The list is no verdict on the model: the exit code is 0 whatever it holds.",
        [Top, Share, Reference, Verify],
        Run,
        new("azimuth glitch", "the bundled model's most suspect rows"),
        new("azimuth glitch --verify 10 --top 10", "and whether the model can repeat them"),
        new("azimuth glitch -m novels-gpt --json", "for scripts"));

    private static Task<int> Run(Session session)
    {
        OpenedTable opened = session.OpenTable();
        if (session.Value(Verify) is not null && opened.Tokenizer is null)
            throw new UsageException($"--verify: expected a model with a tokenizer, found {opened.Name}, which cannot be asked; leave --verify out.");
        int[]? given = session.List(Reference);
        foreach (int id in given ?? [])
        {
            if (id >= opened.Output.Count)
                throw new UsageException(FormattableString.Invariant($"--reference: expected rows of the {opened.Output.Name}, 0 to {opened.Output.Count - 1}, found {id}."));
        }

        var options = new UnderTrainedOptions { Listed = session.Value(Top), SuspectShare = session.Value(Share) / 100, ReferenceIds = given };
        ShareProgress progress = new(session.Progress, "comparing rows");
        UnderTrainedReport report = UnderTrainedTokens.Find(opened.Input, opened.Output, opened.Tied, opened.Tokenizer, options, session.Workers, progress, session.Cancel);
        RepetitionReport? repetition = session.Value(Verify) is int count ? Ask(session, opened, report, count) : null;
        var document = new
        {
            report.Table,
            report.Rows,
            report.Indicator,
            report.Classes,
            report.Reference,
            report.SuspectShare,
            report.Threshold,
            report.Suspects,
            report.NeverTrained,
            report.ZeroRows,
            report.Tokens,
            report.Histogram,
            Verification = repetition,
        };
        Conventions conventions = repetition is null ? report.Conventions : report.Conventions with
        {
            Notes = [.. report.Conventions.Notes, FormattableString.Invariant($"control: ordinary tokens by chance, seed {ControlSeed}")],
        };
        return session.Show(opened.Name, conventions, document, screen => Draw(screen, opened.Name, report, repetition));
    }

    /// <summary>Markers, parts of characters and rows without a token are left out: no prompt can be expected to bring them back.</summary>
    private static RepetitionReport Ask(Session session, OpenedTable opened, UnderTrainedReport report, int count)
    {
        int[] suspects = [.. report.Ranking.Where(id => report.ClassOf[id] is TokenClass.Ok or TokenClass.Unreachable).Take(count)];
        int[] control = RepetitionTest.ControlSample(report, count, ControlSeed);
        ShareProgress progress = new(session.Progress, "asking for repetitions");
        return RepetitionTest.Run(opened.Model!, suspects, control, progress, session.Cancel);
    }

    private static void Draw(Screen screen, string name, UnderTrainedReport report, RepetitionReport? repetition)
    {
        screen.Heading($"Under-trained tokens of {name}, {report.Table}");
        screen.Line(report.Reference.Explanation);
        if (report.Classes is not null)
        {
            screen.Line($"Ids: {Numbers.Count(report.Classes["ok"])} ok, {Numbers.Count(report.Classes["special"])} special, {Numbers.Count(report.Classes["unreachable"])} unreachable, "
                + $"{Numbers.Count(report.Classes["partialUtf8"])} partial UTF-8, {Numbers.Count(report.Classes["padding"])} padding.");
        }

        if (report.Conventions.Tied is null)
            screen.Line("Vectors without a model: a cluster says that words are used alike, so only rows of zeros count as never trained.");
        screen.Line($"{Plural.Of(report.NeverTrained, "row looks", "rows look")} never trained; {Plural.Of(report.Suspects, "other is a suspect", "others are suspects")}: "
            + $"{IndicatorName(report)} up to {Numbers.Three(report.Threshold)}, the lowest {Numbers.Plain(report.SuspectShare * 100)} % of ordinary ids.");
        bool directed = report.Reference.Ids.Count > 0;
        screen.Heading($"Most suspect by {IndicatorName(report)}");
        Column[] columns =
        [
            new("#", Side.Right), new("token"), new("id", Side.Right), new("class"), new("norm", Side.Right),
            .. directed ? new Column[] { new("centred", Side.Right), new("less 1st", Side.Right) } : [],
            new("percent", Side.Right), new("verdict"),
        ];
        screen.Table(columns, [.. report.Tokens.Select(token => Row(token, directed))]);
        screen.Dim($"{Numbers.Count(report.Tokens.Count)} of {Plural.Of(report.Rows, "row")}" + (directed ? "; 1 − cosine to the mean reference row, centred and less the first component" : ""));
        DrawHistogram(screen, report);
        if (repetition is not null)
            DrawRepetition(screen, repetition);
    }

    private static Cell[] Row(UnderTrainedToken token, bool directed) =>
    [
        Numbers.Count(token.Rank), Tokens.Show(token.Text, 20), Numbers.Id(token.Id), ClassName(token.Class), Numbers.Three(token.InputNorm),
        .. directed ? new Cell[] { Distance(token.OutputCosineDistanceCentred), Distance(token.OutputCosineDistanceWithoutFirstComponent) } : [],
        Numbers.Fixed(token.Percentile, 2), new Cell(VerdictName(token.Verdict), token.Verdict == TrainingVerdict.NeverTrained ? Role.Rival : Role.Plain),
    ];

    /// <summary>The bins of the whole range, joined to a few lines.</summary>
    private static void DrawHistogram(Screen screen, UnderTrainedReport report)
    {
        IReadOnlyList<double> edges = report.Histogram.Edges;
        int bins = report.Histogram.Counts.Count, perRow = (bins + HistogramRows - 1) / HistogramRows;
        (double From, double To, int Count)[] rows =
        [
            .. Enumerable.Range(0, (bins + perRow - 1) / perRow).Select(r =>
                (edges[r * perRow], edges[Math.Min(bins, (r + 1) * perRow)], report.Histogram.Counts.Skip(r * perRow).Take(perRow).Sum())),
        ];
        int most = rows.Max(row => row.Count);
        screen.Heading($"All rows by {IndicatorName(report)}");
        screen.Table([new("from", Side.Right), new("to", Side.Right), new("rows", Side.Right), new("")],
            [.. rows.Select(Cell[] (row) => [Numbers.Fixed(row.From, 3), Numbers.Fixed(row.To, 3), Numbers.Count(row.Count), Bar.Of((double)row.Count / most, 50)])]);
    }

    private static void DrawRepetition(Screen screen, RepetitionReport repetition)
    {
        screen.Heading("Asked to repeat them: largest probability after any of the prompts");
        int rows = Math.Max(repetition.Candidates.Count, repetition.Control.Count);
        screen.Table([new("suspect"), new("id", Side.Right), new("probability", Side.Right), new("repeated"), new("ordinary"), new("id", Side.Right), new("probability", Side.Right), new("repeated")],
            [.. Enumerable.Range(0, rows).Select(Cell[] (i) => [.. Asked(repetition.Candidates, i), .. Asked(repetition.Control, i)])]);
        string limit = Numbers.Percent(repetition.Threshold);
        screen.Line($"Below {limit}: {repetition.CandidatesNotRepeated} of {Plural.Of(repetition.Candidates.Count, "suspect", "suspects")}, {repetition.ControlNotRepeated} of {Plural.Of(repetition.Control.Count, "ordinary token", "ordinary tokens")}. "
            + $"Repeated as the most probable token: {repetition.CandidatesRepeated} and {repetition.ControlRepeated}.");
        if (!repetition.IsConclusive)
            screen.Line("This model does not repeat most ordinary tokens either, so failing to repeat a suspect proves nothing.");
    }

    private static Cell[] Asked(IReadOnlyList<RepetitionResult> results, int i) => i >= results.Count ? ["", "", "", ""] :
        [Tokens.Show(results[i].Text, 18), Numbers.Id(results[i].Id), Numbers.Probability(results[i].MaxProbability), results[i].Repeated ? "yes" : new Cell("no", Role.Rival)];

    private static string Distance(double? value) => value is double distance ? distance < 1e-3 ? Numbers.Probability(Math.Max(0, distance)) : Numbers.Three(distance) : "–";

    private static string IndicatorName(UnderTrainedReport report) =>
        report.Indicator == "inputNorm" ? "length of the row" : "distance without the first component";

    private static string ClassName(TokenClass? value) => value switch
    {
        null => "–",
        TokenClass.Ok => "ok",
        TokenClass.PartialUtf8 => "partial",
        TokenClass.Unreachable => "unreachable",
        TokenClass.Padding => "padding",
        _ => "special",
    };

    private static string VerdictName(TrainingVerdict verdict) => verdict switch
    {
        TrainingVerdict.NeverTrained => "never trained",
        TrainingVerdict.Suspect => "suspect",
        _ => "ordinary",
    };
}
