using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Geometry;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth bias</c>: a direction from pairs of words, other words' projections on it, and association tests.</summary>
internal static class BiasCommand
{
    private static readonly Option<string?> Pairs = Options.Text("--pairs", "FILE", "pairs that differ in one thing, two words a line; the ten gender pairs of Bolukbasi et al. 2016 when left out");
    private static readonly Option<string?> Words = Options.Text("--words", "FILE", "words to project, one a line; thirty occupations when left out");
    private static readonly Option<double> Strictness = Options.Number("--strictness", "C", "power of |cos| in the direct bias; 0 counts every word 1", 0, 100, 1);
    private static readonly Option<int> Samples = Options.WholeNumber("--samples", "N", $"random splits for the test's p where there are too many to count (above {PartitionCount.MostExact} target words)", 1000, 1_000_000_000, 1_000_000);
    private static readonly Option<int> Seed = Options.WholeNumber("--seed", "S", "what they are drawn with", 0, int.MaxValue, 1);
    private static readonly Option<string> Form = WordFormOption.Create();
    private static readonly Option<string> Table = TableOption.Create();

    private static readonly Option<string[]> Weat = new("--weat")
    {
        HelpName = "NAME or X Y A B",
        Description = $"association test of target words X, Y with attributes A, B: four files, one word a line, or {string.Join(" or ", KnownWordLists.Associations.Select(lists => lists.Name))} (Caliskan et al. 2017)",
        Arity = new ArgumentArity(1, 4),
        AllowMultipleArgumentsPerToken = true,
    };

    public static Verb Create() => Verb.Create(
        "bias",
        "Finds the direction that pairs of words share, by mean difference and by PCA, and projects other words on it. Tests associations of word lists (WEAT) with an exact permutation p.",
        [Pairs, Words, Strictness, Weat, Samples, Seed, Form, Table],
        RunAsync,
        new("azimuth bias", "gender pairs and occupations, in the bundled model"),
        new("azimuth bias --weat math-arts", "a known association test"),
        new("azimuth bias --pairs samples/data/past-tense.tsv --words samples/data/verbs.txt --json", "your own direction, for scripts"));

    private static Task<int> RunAsync(Session session)
    {
        string[] weat = session.IsGiven(Weat) ? session.Value(Weat)! : [];
        bool direction = weat.Length == 0 || session.IsGiven(Pairs) || session.IsGiven(Words);
        AssociationLists? lists = weat.Length == 0 ? null : Lists(weat);
        IReadOnlyList<(string First, string Second)> named = session.Value(Pairs) is string file ? WordLists.Pairs(InputFile.ReadText(file, "--pairs"), file) : KnownWordLists.GenderPairs;
        IReadOnlyList<string> list = session.Value(Words) is string words ? WordLists.Words(InputFile.ReadText(words, "--words"), words) : KnownWordLists.Professions;

        OpenedTable opened = session.OpenTable();
        EmbeddingTable table = TableOption.Of(opened, session, Table);
        var index = new WordIndex(table, WordFormOption.Of(session, Form));
        BiasReport? report = direction ? BiasReport.Of(session, index, named, list, session.Value(Strictness)) : null;
        WeatReport? test = lists is null ? null : WeatReport.Of(session, index, lists, session.Value(Samples), session.Value(Seed));
        Conventions conventions = Conventions(table, report, test) with { Tied = opened.Tied };
        conventions = conventions with { Notes = [.. conventions.Notes, index.Convention] };
        var document = new { Table = table.Name, Direction = report, Weat = test };
        return session.Show(opened.Name, conventions, document, screen =>
        {
            if (report is not null)
                BiasView.Draw(screen, report);
            if (test is not null)
                BiasView.Draw(screen, test);
        });
    }

    private static AssociationLists Lists(string[] typed)
    {
        if (typed.Length == 4)
        {
            IReadOnlyList<string>[] read = Array.ConvertAll(typed, path => WordLists.Words(InputFile.ReadText(path, "--weat"), path));
            return new AssociationLists("files", read[0], read[1], read[2], read[3]);
        }

        return (typed.Length == 1 ? KnownWordLists.Associations.FirstOrDefault(lists => lists.Name == typed[0]) : null) ?? throw new UsageException(FormattableString.Invariant(
            $"--weat: expected four files X Y A B or one of {string.Join(", ", KnownWordLists.Associations.Select(lists => lists.Name))}, found {(typed.Length == 1 ? $"\"{typed[0]}\"" : typed.Length + " values")}."));
    }

    private static Conventions Conventions(EmbeddingTable table, BiasReport? report, WeatReport? test)
    {
        string[] notes =
        [
            .. report is null ? [] : new[] { "rows at length 1", "positive is the side of the pairs' first words" },
            .. test?.Result.Conventions.Notes ?? [],
        ];
        return new Conventions { Table = table.Name, StoredType = table.Rows.Type.ToString(), Notes = notes };
    }
}
