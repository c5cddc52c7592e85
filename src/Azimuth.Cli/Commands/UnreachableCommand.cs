using System.CommandLine;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Transformers;
using Azimuth.Vocabulary;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth unreachable</c>: output rows that can never win, each with a proof.</summary>
internal static class UnreachableCommand
{
    private static readonly Option<int> Top = Options.WholeNumber("--top", "K", "how many unreachable tokens to list on the screen", 1, 1_000_000, 20);
    private static readonly Option<string> Table = Options.Choice("--table", "which table's rows compete; one and the same in a tied model", "output", "input");

    private static readonly Option<string?> Certificates = Options.Text(
        "--certificates", "F.json", "write the proof of every row to a file: the mixture of an unreachable one, a winning vector of a reachable one (large: rows × width numbers)");

    public static Verb Create() => Verb.Create(
        "unreachable",
        "Finds output rows that can never be the argmax, whatever vector the model comes to: rows that other rows can be mixed to. Every row gets a checked proof, a vector for which it wins strictly or the mixture that keeps it from winning. A model's output bias counts.",
        [Top, Table, Certificates],
        Run,
        new("azimuth unreachable -m novels-gpt", "a small model, in seconds"),
        new("azimuth unreachable -m novels-gpt --certificates proofs.json --json", "with all proofs in a file"));

    private static Task<int> Run(Session session)
    {
        string? path = session.Value(Certificates);
        if (path is not null)
            session.Outputs.Check(path, "--certificates", ".json");
        OpenedTable opened = session.OpenTable();
        bool input = session.Value(Table) == "input";
        EmbeddingTable table = input ? opened.Input : opened.Output;
        float[]? bias = input && opened.Tied == false ? null : Bias(opened.Model);
        ShareProgress progress = new(session.Progress, "looking for winning vectors", 1000, "per mille");
        UnreachableReport report = UnreachableOutputs.Find(table, bias, session.Workers, progress, session.Cancel);
        if (path is not null)
            Write(session, report, path);
        var document = new
        {
            report.Table,
            report.Rows,
            report.Columns,
            report.HasBias,
            report.Reachable,
            report.ReachableByOwnDirection,
            UnreachableCount = report.Unreachable.Count,
            UndecidedCount = report.Undecided.Count,
            report.ResidualAllowed,
            report.Unreachable,
            report.Undecided,
            Certificates = path is null ? null : Path.GetFullPath(path),
        };
        return session.Show(opened.Name, report.Conventions with { Tied = opened.Tied }, document, screen => Draw(screen, opened, table, report, path, session.Value(Top)));
    }

    /// <summary>The unembedding's bias in the units of row·h; null where the model has none.</summary>
    private static float[]? Bias(LanguageModel? model) => model is not { Config.Output.HasBias: true } ? null
        : [.. Enumerable.Range(0, model.Unembedding.Count).Select(id => model.Parts.OutputBias(id) / model.Config.Output.LogitScale)];

    private static void Write(Session session, UnreachableReport report, string path)
    {
        Dictionary<int, UnreachableToken> unreachable = report.Unreachable.ToDictionary(token => token.Id);
        AtomicFile.Write(path, stream =>
        {
            using Utf8JsonWriter json = new(stream);
            json.WriteStartObject();
            json.WriteString("table", report.Table);
            json.WriteNumber("rows", report.Rows);
            json.WriteNumber("columns", report.Columns);
            json.WriteBoolean("hasBias", report.HasBias);
            json.WriteStartArray("certificates");
            for (int id = 0; id < report.Rows; id++)
            {
                session.Cancel.ThrowIfCancellationRequested();
                json.WriteStartObject();
                json.WriteNumber("id", id);
                json.WriteString("verdict", JsonNamingPolicy.CamelCase.ConvertName(report.Verdicts[id].ToString()));
                if (unreachable.TryGetValue(id, out UnreachableToken? token))
                    WriteMixture(json, token);
                else if (report.WinningVector(id) is { } vector)
                    WriteVector(json, vector);
                json.WriteEndObject();
                json.Flush();
                session.Progress.Report("writing proofs", id + 1, report.Rows, "rows");
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void WriteMixture(Utf8JsonWriter json, UnreachableToken token)
    {
        json.WriteStartObject("weights");
        foreach (MixtureWeight part in token.Certificate)
            json.WriteNumber(Numbers.Id(part.Id), part.Weight);
        json.WriteEndObject();
        json.WriteNumber("residual", token.Residual);
        if (token.BiasSlack is double slack)
            json.WriteNumber("biasSlack", slack);
    }

    private static void WriteVector(Utf8JsonWriter json, double[] vector)
    {
        json.WriteStartArray("vector");
        foreach (double value in vector)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static void Draw(Screen screen, OpenedTable opened, EmbeddingTable table, UnreachableReport report, string? path, int top)
    {
        screen.Heading($"Rows that can never win in the {report.Table} of {opened.Name}");
        screen.Facts(
            ("reachable", $"{Numbers.Count(report.Reachable)} of {Numbers.Count(report.Rows)} ({Numbers.Count(report.ReachableByOwnDirection)} with the direction of their own row, whitened)"),
            ("unreachable", $"{Numbers.Count(report.Unreachable.Count)}, of which {Numbers.Count(report.Unreachable.Count(token => token.IsDuplicate))} have the same numbers as another row"),
            ("undecided", Numbers.Count(report.Undecided.Count)),
            ("bias", report.HasBias ? "counted" : "none"));
        if (report.Unreachable.Count > 0)
        {
            screen.Heading("Unreachable: the row is a mixture of other rows");
            screen.Table([new("token"), new("id", Side.Right), new("rows mixed", Side.Right), new("largest weights"), new("residual", Side.Right)],
                [.. report.Unreachable.Take(top).Select(token => Row(token, table))]);
            screen.Dim($"{Numbers.Count(Math.Min(top, report.Unreachable.Count))} of {Numbers.Count(report.Unreachable.Count)}; --json has all, with every weight");
        }

        foreach (UndecidedToken token in report.Undecided.Take(top))
            screen.Line($"Undecided: {TokenArgument.Describe(new TokenRef(token.Id, token.Text))}, margin {Numbers.Three(token.Margin)} ({Numbers.Three(token.MarginNeeded)} needed), residual {Numbers.Three(token.Residual)} ({Numbers.Three(token.ResidualAllowed)} allowed).");
        if (path is not null)
            screen.Line($"Proofs written to {path}.");
    }

    private static Cell[] Row(UnreachableToken token, EmbeddingTable table)
    {
        IEnumerable<string> weights = token.Certificate.OrderByDescending(part => part.Weight).Take(3)
            .Select(part => $"{Numbers.Three(part.Weight)} {Tokens.Show(table.Text(part.Id), 12)}");
        return [Tokens.Show(token.Text, 20), Numbers.Id(token.Id), Numbers.Count(token.Certificate.Count), string.Join(" + ", weights) + (token.Certificate.Count > 3 ? " + …" : ""), Numbers.Three(token.Residual)];
    }
}
