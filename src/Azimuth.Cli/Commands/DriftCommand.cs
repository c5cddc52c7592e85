using System.CommandLine;
using Azimuth.Checkpoints;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Geometry.Alignment;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth drift</c>: what changed from one checkpoint of a model to another.</summary>
internal static class DriftCommand
{
    private const int ShownTokens = 10, ShownNames = 5;
    private static readonly Argument<string?> A = TwoTables.First("the checkpoint before: a model or a file of vectors");
    private static readonly Argument<string?> B = TwoTables.Second("the checkpoint after");
    private static readonly Option<string> Match = TwoTables.MatchOption();
    private static readonly Option<string> By = Options.Choice("--by", "by what the tokens that moved most are chosen: angle after the alignment, angle as stored, factor of the length", "after", "before", "norm");
    private static readonly Option<int> Top = Options.WholeNumber("--top", "K", "how many of the tokens that moved most", 0, 100_000, 10);
    private static readonly Option<string?> File = Options.Text("--output", "F.csv", "also write every token's numbers to a file", "-o");

    public static Verb Create() => Verb.Create(
        "drift",
        "Compares two checkpoints of one model or vocabulary: each token's change of angle and length before and after the nearest rotation is taken out, tokens added and removed, and the relative change of every layer's weights.",
        [A, B, Match, By, Top, File],
        Run,
        new("azimuth drift novels-gpt novels-gpt", "a checkpoint and itself: identical"),
        new("azimuth drift tests/fixtures/families/gpt2 tests/fixtures/families/gpt2-untied --by before --top 5", "two small models of one vocabulary"),
        new("azimuth drift novels-gpt novels-gpt -o drift.csv --json", "for scripts, and every token's numbers in a file")).WithoutModel("since A and B name what is compared");

    private static Task<int> Run(Session session)
    {
        string? file = session.Value(File);
        if (file is not null)
            session.Outputs.Check(file, File.Name, ".csv");
        (OpenedTable a, OpenedTable b) = TwoTables.Open(session, A, B);
        List<(TableDrift Drift, TablePair Pair)> compared = [.. Tables(a, b).Select(tables => Compare(session, tables.Name, tables.A, tables.B))];
        TensorDrift? tensors = null;
        if (a.Model is not null && b.Model is not null)
        {
            tensors = TensorDrift.Of(
                ModelFolder.Open(a.Model.Path).Checkpoint, ModelFolder.Open(b.Model.Path).Checkpoint, session.Workers, TwoTables.Steps(session)("comparing tensors"), session.Cancel);
        }

        if (file is not null)
            DriftFile.Write(file, compared);
        bool identical = compared.TrueForAll(table => table.Drift.Identical) && tensors is null or { Identical: true };
        var document = new { A = a.Name, B = b.Name, Identical = identical, Tables = compared.Select(table => table.Drift), Tensors = tensors, File = file };
        Conventions conventions = new() { Angles = "degrees", Centred = true, Notes = ["alignment: centred, reflections allowed", "sums in double"] };
        return session.Show(null, conventions, document, screen =>
        {
            Draw(screen, a.Name, b.Name, identical, [.. compared.Select(table => table.Drift)], tensors);
            if (file is not null)
                screen.Line($"Every token's numbers are in {file}.");
        });
    }

    /// <summary>The input tables, and the output tables where either model has one of its own.</summary>
    private static IEnumerable<(string Name, EmbeddingTable A, EmbeddingTable B)> Tables(OpenedTable a, OpenedTable b) =>
        ReferenceEquals(a.Input, a.Output) && ReferenceEquals(b.Input, b.Output)
            ? [(a.Input.Name, a.Input, b.Input)]
            : [("input table", a.Input, b.Input), ("output table", a.Output, b.Output)];

    private static (TableDrift Drift, TablePair Pair) Compare(Session session, string name, EmbeddingTable a, EmbeddingTable b)
    {
        if (a.ModelDim != b.ModelDim)
        {
            throw new UsageException(FormattableString.Invariant(
                $"azimuth drift: expected two checkpoints of one model, found tables ({name}) with rows of {a.ModelDim} and {b.ModelDim} numbers; `azimuth align` compares tables of any width."));
        }

        TablePair pair = TwoTables.Match(session, a, b, Match);
        DriftOrder order = Enum.Parse<DriftOrder>(session.Value(By)!, ignoreCase: true);
        return (TableDrift.Of(pair, order, session.Value(Top), session.Workers, TwoTables.Steps(session), session.Cancel) with { Table = name }, pair);
    }

    private static void Draw(Screen screen, string a, string b, bool identical, IReadOnlyList<TableDrift> tables, TensorDrift? tensors)
    {
        screen.Heading($"From {a} (A) to {b} (B)");
        if (identical)
        {
            screen.Line("The two are identical: every number of every " + (tensors is null ? "row." : "tensor."));
            return;
        }

        foreach (TableDrift table in tables)
            DrawTable(screen, table);
        if (tensors is not null)
            DrawTensors(screen, tensors);
    }

    private static void DrawTable(Screen screen, TableDrift table)
    {
        screen.Heading(char.ToUpperInvariant(table.Table[0]) + table.Table[1..]);
        screen.Line(TwoTables.Describe(table.Pairs, table.Match, table.Removed.Count, table.Added.Count, table.RepeatedTexts) + ".");
        if (table.Identical)
        {
            screen.Line("Identical: every row holds the same numbers.");
            return;
        }

        NormRatioSummary ratios = table.NormRatioSummary;
        Procrustes fit = table.Procrustes;
        List<(string, string)> facts =
        [
            ("relative change |B − A| / |A|", Numbers.Percent(table.RelativeChange)),
            ("rows that did not change at all", $"{Numbers.Count(table.IdenticalRows)} of {Numbers.Count(table.Pairs)}"),
            ("angle as stored", $"mean {Numbers.Angle(table.AngleSummary.MeanBefore)}, median {Numbers.Angle(table.AngleSummary.MedianBefore)}"),
            ("angle after the alignment", $"mean {Numbers.Angle(table.AngleSummary.MeanAfter)}, median {Numbers.Angle(table.AngleSummary.MedianAfter)}"),
            ("ratio of lengths |b| / |a|", $"median {Numbers.Three(ratios.Median)}, from {Numbers.Three(ratios.Least)} to {Numbers.Three(ratios.Largest)}"),
            ("the alignment", $"{(fit.Det < 0 ? "reflection" : "rotation")}, scale {Numbers.Three(fit.Scale)}, leaves {TwoTables.LeftOver(fit.Scaled.RelativeResidual)} of B"),
        ];
        AddTokens(facts, "tokens only in A", table.Removed);
        AddTokens(facts, "tokens only in B", table.Added);
        screen.Facts(facts);
        if (table.TopMovers.Count == 0)
            return;
        screen.Heading("Tokens that moved most, by " + table.Order switch
        {
            DriftOrder.Before => "the angle as stored",
            DriftOrder.Norm => "the factor of their length",
            _ => "the angle after the alignment",
        });
        TwoTables.DrawMovers(screen, table.TopMovers, table.Pairs);
    }

    private static void AddTokens(List<(string, string)> facts, string name, IReadOnlyList<TokenRef> tokens)
    {
        if (tokens.Count == 0)
            return;
        string shown = string.Join(' ', tokens.Take(ShownTokens).Select(token => Tokens.Show(token.Text, 16)));
        facts.Add((name, tokens.Count <= ShownTokens ? shown : $"{shown} … ({ShownTokens} of {Numbers.Count(tokens.Count)})"));
    }

    private static void DrawTensors(Screen screen, TensorDrift tensors)
    {
        screen.Heading("Weights by layer");
        if (tensors.Tensors.Count == 0)
            screen.Line("No tensor has the same name and shape in both files; the tables alone were compared.");
        else
        {
            double most = tensors.Layers.Select(layer => layer.RelativeChange).Where(double.IsFinite).DefaultIfEmpty(0).Max();
            screen.Table([new("layer", Side.Right), new("tensors", Side.Right), new("identical", Side.Right), new("|Δ| / |W|", Side.Right), new("")],
            [
                .. tensors.Layers.Select(Cell[] (layer) =>
                [
                    layer.Layer is int number ? Numbers.Id(number) : "none", Numbers.Count(layer.Tensors), Numbers.Count(layer.Identical), Numbers.Percent(layer.RelativeChange),
                    Bar.Of(most == 0 ? 0 : layer.RelativeChange / most, 30),
                ]),
            ]);
        }

        List<(string, string)> left = [];
        AddNames(left, "only in A", tensors.OnlyInA);
        AddNames(left, "only in B", tensors.OnlyInB);
        AddNames(left, "another shape", tensors.Reshaped);
        AddNames(left, "stored in a type not read", tensors.NotRead);
        if (left.Count > 0)
        {
            screen.Heading("Tensors not compared");
            screen.Facts(left);
        }
    }

    private static void AddNames(List<(string, string)> facts, string name, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
            return;
        string shown = string.Join(", ", names.Take(ShownNames).Select(text => Tokens.OneLine(text, 60)));
        facts.Add((name, names.Count <= ShownNames ? shown : $"{shown}, … ({ShownNames} of {Numbers.Count(names.Count)})"));
    }
}
