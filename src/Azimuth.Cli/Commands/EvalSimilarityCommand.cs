using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth eval similarity</c>: do cosines follow people's judgements of word pairs.</summary>
internal static class EvalSimilarityCommand
{
    private static readonly Argument<string[]> Files = Options.Arguments("FILE", "word pairs with human scores: word, word and score a line, separated by tabs");
    private static readonly Option<int> Restrict = Options.WholeNumber("--restrict", "N", "only the first N rows are words", 1, int.MaxValue, 300_000);
    private static readonly Option<bool> CaseSensitive = Options.Flag("--case-sensitive", "compare words with their case; upper-cased when left out");
    private static readonly Option<bool> Dummy = Options.Flag("--dummy4unknown", "give pairs with unknown words the similarity 0 in place of leaving them out");
    private static readonly Option<string> Form = WordFormOption.Create();
    private static readonly Option<string> Table = TableOption.Create();

    public static Verb Create() => Verb.Create(
        "similarity",
        "Correlates the cosines of word pairs with human scores, by rank (Spearman) and by value (Pearson). Says how many pairs have words that are out of vocabulary.",
        [Files, Restrict, CaseSensitive, Dummy, Form, Table],
        Run,
        new("azimuth eval similarity samples/data/similarity.tsv", "a small file, the bundled model"),
        new("azimuth eval similarity samples/data/similarity.tsv --dummy4unknown --json", "unknown words as similarity 0, for scripts"));

    private static Task<int> Run(Session session)
    {
        string[] files = session.Value(Files) ?? [];
        if (files.Length == 0)
            throw new UsageException("azimuth eval similarity: expected at least one FILE of word pairs, found none.");
        SimilaritySet[] sets = Array.ConvertAll(files, file => SimilaritySet.Parse(InputFile.ReadText(file, "FILE"), file));
        OpenedTable opened = session.OpenTable();
        EmbeddingTable table = TableOption.Of(opened, session, Table);
        var words = new WordIndex(table, WordFormOption.Of(session, Form), !session.Value(CaseSensitive), session.Value(Restrict));
        WordSimilarity[] results = Array.ConvertAll(sets, set => WordSimilarity.Of(set, words));
        bool dummy = session.Value(Dummy);
        Conventions conventions = results[0].Conventions with
        {
            Tied = opened.Tied,
            Notes = [.. results[0].Conventions.Notes, dummy ? "unknown pairs have similarity 0" : "pairs with unknown words are left out",
                .. sets.Where(set => set.HeaderSkipped).Select(set => $"{set.Name}: the first line names columns and is left out")],
        };
        return session.Show(opened.Name, conventions, new { Table = table.Name, Sets = results }, screen => Draw(screen, opened.Name, results, dummy));
    }

    private static void Draw(Screen screen, string model, WordSimilarity[] results, bool dummy)
    {
        screen.Heading($"Cosines of {model} against human scores");
        Column[] columns = [new("set"), new("pairs", Side.Right), new("used", Side.Right), new("unknown", Side.Right), new("Spearman", Side.Right), new("p", Side.Right), new("Pearson", Side.Right), new("p", Side.Right)];
        screen.Table(columns,
        [
            .. results.Select(Cell[] (r) =>
            [
                Tokens.OneLine(r.Name, 32), Numbers.Count(r.PairsInFile), Numbers.Count(dummy ? r.PairsInFile : r.PairsUsed), Numbers.Percent(r.OutOfVocabularyShare),
                Shown(dummy ? r.SpearmanDummy4unknown : r.Spearman), dummy ? "" : P(r.SpearmanPValue), Shown(dummy ? r.PearsonDummy4unknown : r.Pearson), dummy ? "" : P(r.PearsonPValue),
            ]),
        ]);
    }

    private static string Shown(double correlation) => double.IsNaN(correlation) ? "–" : Numbers.Fixed(correlation, 4);

    private static string P(double value) => double.IsNaN(value) ? "–" : Numbers.Probability(value);
}
