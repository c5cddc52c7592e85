using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Geometry.Alignment;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth align</c>: turns one table onto another and says how alike the two are.</summary>
internal static class AlignCommand
{
    private static readonly Argument<string?> A = TwoTables.First("the table that is turned: a model or a file of vectors");
    private static readonly Argument<string?> B = TwoTables.Second("the table it is turned onto");
    private static readonly Option<string> Table = TableOption.Create();
    private static readonly Option<string> Match = TwoTables.MatchOption();
    private static readonly Option<bool> Uncentred = Options.Flag("--uncentred", "per-token numbers of the rows as stored; otherwise each table's mean is subtracted first");
    private static readonly Option<int> Top = Options.WholeNumber("--top", "K", "how many of the tokens that moved most", 0, 100_000, 10);
    private static readonly Option<string?> File = Options.Text("--output", "FILE", "write all rows of A aligned onto B: .safetensors .vec .bin .txt .npy .npz .tsv .jsonl .csv", "-o");
    private static readonly Option<bool> NoScale = Options.Flag("--no-scale", "write rows turned but not scaled");
    private static readonly Option<bool> Svcca = Options.Flag("--svcca", "also the mean canonical correlation of the directions that hold 99 % of each variance");

    public static Verb Create() => Verb.Create(
        "align",
        "Compares two tables over the same tokens: the rotation or reflection that brings one nearest to the other (orthogonal Procrustes), each token's angle before and after, linear CKA, and how many neighbours they share.",
        [A, B, Table, Match, Uncentred, Top, Svcca, File, NoScale],
        Run,
        new("azimuth align novels-gpt SmolLM2-135M-Instruct", "two vocabularies: tokens are paired by text"),
        new("azimuth align tests/fixtures/families/gpt2 tests/fixtures/families/gpt2-untied -o aligned.npy", "and A's rows on B's axes, in a file"),
        new("azimuth align novels-gpt novels-gpt --top 3 --json", "a table and itself, for scripts")).WithoutModel("since A and B name what is compared");

    private static Task<int> Run(Session session)
    {
        string? file = session.Value(File);
        if (file is not null)
            AlignedFile.Check(session, file, File.Name);
        else if (session.Value(NoScale))
            throw new UsageException("--no-scale: expected with --output only, whose rows it is about, found without it.");
        (OpenedTable a, OpenedTable b) = TwoTables.Open(session, A, B);
        TablePair pair = TwoTables.Match(session, TableOption.Of(a, session, Table), TableOption.Of(b, session, Table), Match);
        RequireDirections(a.Name, pair.A);
        RequireDirections(b.Name, pair.B);
        AlignmentOptions options = new() { Centred = !session.Value(Uncentred), Movers = session.Value(Top), Svcca = session.Value(Svcca) };
        TableAlignment result = TableAlignment.Of(pair, options, session.Workers, TwoTables.Steps(session), session.Cancel);
        if (file is not null)
        {
            Procrustes fit = (options.Centred ? result.ProcrustesCentred : result.ProcrustesUncentred)
                ?? throw new UsageException(FormattableString.Invariant($"{File.Name}: expected two tables of the same width to align, found {result.ModelDims[0]} and {result.ModelDims[1]}."));
            AlignedFile.Write(session, file, a.Name, b.Name, pair.A, fit, scaled: !session.Value(NoScale));
        }

        var document = new { A = a.Name, B = b.Name, TableA = pair.A.Name, TableB = pair.B.Name, Alignment = result, File = file };
        return session.Show(null, result.Conventions, document, screen =>
        {
            Draw(screen, a.Name, b.Name, result, options.Centred);
            if (file is not null)
                screen.Line($"{(pair.A.Count == 1 ? "The one row" : $"All {Numbers.Count(pair.A.Count)} rows")} of A, turned{(session.Value(NoScale) ? "" : ", scaled")} and moved onto B, {(pair.A.Count == 1 ? "is" : "are")} in {file}.");
        });
    }

    /// <summary>Of rows that are all zero every number would be undefined.</summary>
    private static void RequireDirections(string name, EmbeddingTable table)
    {
        if (Enumerable.Range(0, table.Count).All(id => !table.Vector(id).AsSpan().ContainsAnyExcept(0f)))
            throw new UsageException($"azimuth align: expected rows with a direction, found only zeros in {name}.");
    }

    private static void Draw(Screen screen, string a, string b, TableAlignment result, bool centred)
    {
        screen.Heading($"{a} (A) onto {b} (B)");
        screen.Line(TwoTables.Describe(result.Pairs, result.Match, result.OnlyInA, result.OnlyInB, result.RepeatedTexts) + ".");

        screen.Heading("How alike, whatever the rotation");
        NeighborOverlap overlap = result.NeighbourOverlap10;
        List<(string, string)> facts =
        [
            ("linear CKA, centred", Numbers.Cosine(result.CkaLinear)),
            ("linear CKA, not centred", Numbers.Cosine(result.CkaLinearUncentred)),
            ("ten nearest in common, as stored", $"{Numbers.Percent(overlap.Raw)} (Jaccard {Numbers.Percent(overlap.RawJaccard)})"),
            ("ten nearest in common, centred", $"{Numbers.Percent(overlap.Centred)} (Jaccard {Numbers.Percent(overlap.CentredJaccard)})"),
        ];
        if (result.Svcca99 is SvccaResult svcca)
            facts.Add(("mean canonical correlation (SVCCA)", $"{Numbers.Cosine(svcca.MeanCorrelation)}, {svcca.KeptA} directions of A and {svcca.KeptB} of B"));
        screen.Facts(facts);
        if (overlap.Seed is ulong seed)
            screen.Dim($"neighbours of {Numbers.Count(overlap.Queries)} tokens drawn with seed {seed}, searched among all pairs");

        if (result.ProcrustesCentred is null || result.ProcrustesUncentred is null)
        {
            screen.Line($"Rows have {result.ModelDims[0]} numbers in A and {result.ModelDims[1]} in B: no rotation leads from one to the other, so there are no angles between tokens.");
            return;
        }

        DrawFits(screen, result.ProcrustesUncentred, result.ProcrustesCentred);
        screen.Heading($"Angle between a token's two rows, {(centred ? "centred" : "as stored")} alignment");
        screen.Table([new(""), new("mean", Side.Right), new("median", Side.Right)],
        [
            ["as stored", Numbers.Angle(result.AngleSummary!.MeanBefore), Numbers.Angle(result.AngleSummary.MedianBefore)],
            ["after the alignment", Numbers.Angle(result.AngleSummary.MeanAfter), Numbers.Angle(result.AngleSummary.MedianAfter)],
        ]);
        if (result.TopMovers.Count == 0)
            return;
        screen.Heading("Tokens farthest from their partners after the alignment");
        TwoTables.DrawMovers(screen, result.TopMovers, result.Pairs);
    }

    private static void DrawFits(Screen screen, params Procrustes[] fits)
    {
        screen.Heading("The nearest rotation or reflection");
        screen.Table(
            [new(""), new("kind"), new("scale", Side.Right), new("left over, unscaled", Side.Right), new("left over, scaled", Side.Right), new("mean cosine after", Side.Right)],
            [.. fits.Select(Cell[] (fit) =>
            [
                fit.Centred ? "centred" : "as stored", fit.Det < 0 ? "reflection" : "rotation", Numbers.Three(fit.Scale), TwoTables.LeftOver(fit.Unscaled.RelativeResidual),
                TwoTables.LeftOver(fit.Scaled.RelativeResidual), Numbers.Cosine(fit.Scaled.MeanCosine),
            ])]);
        screen.Dim("left over: |c A R − B| / |B|, 0 % when R explains everything");
        foreach (Procrustes fit in fits.Where(fit => fit.Rank < fit.OriginA.Length))
            screen.Dim($"{(fit.Centred ? "centred" : "as stored")}: the pairs determine {fit.Rank} of {fit.OriginA.Length} directions; the rest of R is arbitrary");
    }
}
