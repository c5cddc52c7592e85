using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth eval analogies</c>: how many questions of a file the table answers, section by section.</summary>
internal static class EvalAnalogiesCommand
{
    private static readonly Argument<string?> File = Options.Argument("FILE", "analogy questions in the format of questions-words.txt: \": section\" lines, then four words a line");
    private static readonly Option<string> Method = Options.Choice("--method", "how answers are scored", "add", "mul", "pair", "all");
    private static readonly Option<int> Restrict = Options.WholeNumber("--restrict", "N", "only the first N rows are words and answers", 1, int.MaxValue, 300_000);
    private static readonly Option<string> Exclude = Options.Choice("--exclude", "which rows cannot be the answer: every spelling of the question's words, only their rows, or none", "words", "rows", "none");
    private static readonly Option<bool> CaseSensitive = Options.Flag("--case-sensitive", "compare words with their case; upper-cased when left out");
    private static readonly Option<bool> Dummy = Options.Flag("--dummy4unknown", "count questions with unknown words as wrong");
    private static readonly Option<double?> Epsilon = Options.Number("--epsilon", "E", "added to 3CosMul's divisor; the paper has 0.001 (default 1e-6)", double.Epsilon, 1);
    private static readonly Option<string> Form = WordFormOption.Create();
    private static readonly Option<string> Table = TableOption.Create();

    public static Verb Create() => Verb.Create(
        "analogies",
        "Counts how many analogy questions of a file the rows of a table answer, by section, with the questions it could not be asked. Shows how consistent the offsets of each section are.",
        [File, Method, Restrict, Exclude, CaseSensitive, Dummy, Epsilon, Form, Table],
        Run,
        new("azimuth eval analogies samples/data/analogies.txt", "a small file, the bundled model"),
        new("azimuth eval analogies samples/data/analogies.txt --method all --json", "every method, for scripts"));

    private static Task<int> Run(Session session)
    {
        string file = session.Value(File) ?? throw new UsageException("azimuth eval analogies: expected a FILE of analogy questions, found none.");
        AnalogyQuestions questions = AnalogyQuestions.Parse(InputFile.ReadText(file, "FILE"), file);
        AnalogyMethod[] methods = session.Value(Method) == "all" ? Enum.GetValues<AnalogyMethod>() : [Enum.Parse<AnalogyMethod>(session.Value(Method)!, ignoreCase: true)];
        if (session.IsGiven(Epsilon) && !methods.Contains(AnalogyMethod.Mul))
            throw new UsageException("--epsilon: expected with --method mul or all, found without it.");
        OpenedTable opened = session.OpenTable();
        EmbeddingTable table = TableOption.Of(opened, session, Table);
        var words = new WordIndex(table, WordFormOption.Of(session, Form), !session.Value(CaseSensitive), session.Value(Restrict));
        var options = new AnalogyEvaluationOptions
        {
            Methods = methods,
            Epsilon = session.Value(Epsilon) ?? 1e-6,
            Exclusion = Enum.Parse<AnalogyExclusion>(session.Value(Exclude)!, ignoreCase: true),
        };
        var progress = new ShareProgress(session.Progress, "comparing with", words.RowCount, "rows");
        IReadOnlyList<AnalogyAccuracy> results = AnalogyEvaluation.Run(questions, words, options, session.Workers, progress, session.Cancel);
        var relations = questions.Sections.Select(section => Relation(words, section)).ToList();
        bool dummy = session.Value(Dummy);
        string[] notes = [.. results.SelectMany(result => result.Conventions.Notes).Distinct(),
            dummy ? "unknown words count as wrong" : "questions with unknown words are left out"];
        var document = new { File = file, Questions = questions.Count, Table = table.Name, Methods = results.Select(result => Document(result, relations, dummy)) };
        return session.Show(opened.Name, results[0].Conventions with { Tied = opened.Tied, Notes = notes }, document, screen => Draw(screen, file, results, relations, dummy));
    }

    /// <summary>A section's distinct pairs, those of them in the vocabulary, and their consistency.</summary>
    private sealed record SectionRelation(int DistinctPairs, int PairsInVocabulary, double MeanOffsetCosine, double MeanCosineToMeanOffset);

    private static SectionRelation Relation(WordIndex words, AnalogySection section)
    {
        var distinct = section.DistinctPairs(words.Fold);
        var rows = distinct.Select(pair => (First: words.Find(pair.First), Second: words.Find(pair.Second)))
            .Where(pair => pair.First is not null && pair.Second is not null).Select(pair => (pair.First!.Value, pair.Second!.Value)).ToList();
        RelationConsistency consistency = RelationTest.Consistency(words.Table, rows);
        return new SectionRelation(distinct.Count, rows.Count, consistency.MeanOffsetCosine, consistency.MeanCosineToMeanOffset);
    }

    private static object Document(AnalogyAccuracy result, List<SectionRelation> relations, bool dummy) => new
    {
        result.Method,
        Accuracy = Share(result.Total, dummy),
        result.Total,
        result.Semantic,
        result.Syntactic,
        Sections = result.Sections.Zip(relations).Select(pair => new
        {
            pair.First.Counts.Section,
            pair.First.Counts.Questions,
            pair.First.Counts.Correct,
            pair.First.Counts.Incorrect,
            pair.First.Counts.OutOfVocabulary,
            pair.First.Counts.Accuracy,
            pair.First.Counts.AccuracyDummy4unknown,
            pair.First.Answers,
            Relation = pair.Second,
        }),
    };

    private static void Draw(Screen screen, string file, IReadOnlyList<AnalogyAccuracy> results, List<SectionRelation> relations, bool dummy)
    {
        foreach (AnalogyAccuracy result in results)
        {
            double share = Share(result.Total, dummy);
            screen.Heading($"{result.Method.DisplayName()} on {file}: {(double.IsNaN(share) ? "nothing could be asked, each question has an unknown word" : Numbers.Percent(share) + " right")}");
            List<Cell[]> rows = [.. result.Sections.Zip(relations).Select(pair => Row(pair.First.Counts, dummy, pair.Second))];
            rows.AddRange(new[] { result.Semantic, result.Syntactic, result.Total }.Where(counts => counts.Questions > 0).Select(counts => Row(counts, dummy, null)));
            screen.Table(
            [
                new("section"), new("right", Side.Right), new("wrong", Side.Right), new("unknown", Side.Right), new("accuracy", Side.Right), new("offsets' cosine", Side.Right),
            ], rows);
        }

        screen.Dim("unknown: a word is no row, and the question was not asked. offsets' cosine: mean over all pairs of offsets of the section, rows as stored.");
    }

    private static Cell[] Row(AnalogyCounts counts, bool dummy, SectionRelation? relation)
    {
        Role role = relation is null ? Role.Query : Role.Plain;
        return
        [
            new(Tokens.OneLine(counts.Section, 32), role), new(Numbers.Count(counts.Correct), role), new(Numbers.Count(counts.Incorrect), role),
            new(Numbers.Count(counts.OutOfVocabulary), role), new(double.IsNaN(Share(counts, dummy)) ? "–" : Numbers.Percent(Share(counts, dummy)), role),
            relation is null ? "" : Numbers.Cosine(double.IsFinite(relation.MeanOffsetCosine) ? relation.MeanOffsetCosine : null),
        ];
    }

    private static double Share(AnalogyCounts counts, bool dummy) => dummy ? counts.AccuracyDummy4unknown : counts.Accuracy;
}
