using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth analogy</c>: a is to b as c is to ?, from one pair or from a file of pairs of one relation.</summary>
internal static class AnalogyCommand
{
    private static readonly Argument<string[]> Words = Options.Arguments("WORD", "a, b and c of \"a is to b as c is to ?\"; only c with --pairs");
    private static readonly Option<string> Method = Options.Choice("--method", "how answers are scored: 3CosAdd, 3CosMul, or the direction of the pair's offset", "add", "mul", "pair");
    private static readonly Option<int> Top = Options.WholeNumber("--top", "K", "how many answers", 1, 10_000, 10);
    private static readonly Option<string?> Pairs = Options.Text("--pairs", "FILE", "pairs of one relation, two words a line, whose offsets are averaged in place of a and b");
    private static readonly Option<string?> Answer = Options.Text("--answer", "WORD", "the answer you hope for: its rank, and how alike the two offsets are");
    private static readonly Option<double?> Epsilon = Options.Number("--epsilon", "E", "added to 3CosMul's divisor; the paper has 0.001 (default 1e-6)", double.Epsilon, 1);
    private static readonly Option<bool> KeepQuestion = Options.Flag("--keep-question", "let the question's own words be answers, to see what leaving them out hides");
    private static readonly Option<string> Form = WordFormOption.Create();
    private static readonly Option<string> Table = TableOption.Create();

    public static Verb Create() => Verb.Create(
        "analogy",
        "Answers \"a is to b as c is to ?\" from the rows of a table by 3CosAdd, 3CosMul or pair direction. With a file of pairs, their offsets are averaged, and each pair is answered from the others.",
        [Words, Method, Top, Pairs, Answer, Epsilon, KeepQuestion, Form, Table],
        RunAsync,
        new("azimuth analogy man king woman --answer queen", "the best known one, in the bundled model"),
        new("azimuth analogy he him she -m novels-gpt --method pair --top 5", "by the direction of the offset"),
        new("azimuth analogy king queen man --keep-question --json", "nothing excluded, for scripts"));

    private static Task<int> RunAsync(Session session)
    {
        string[] typed = session.Value(Words) ?? [];
        string? file = session.Value(Pairs);
        if (typed.Length != (file is null ? 3 : 1))
        {
            throw new UsageException(file is null
                ? FormattableString.Invariant($"azimuth analogy: expected three WORDs a b c (a is to b as c is to ?), found {typed.Length}.")
                : FormattableString.Invariant($"azimuth analogy --pairs: expected one WORD, whose partner is asked for, found {typed.Length}."));
        }

        AnalogyMethod method = Enum.Parse<AnalogyMethod>(session.Value(Method)!, ignoreCase: true);
        if (session.IsGiven(Epsilon) && method != AnalogyMethod.Mul)
            throw new UsageException("--epsilon: expected with --method mul only, found without it.");
        IReadOnlyList<(string First, string Second)> named = file is null ? [(typed[0], typed[1])] : WordLists.Pairs(InputFile.ReadText(file, "--pairs"), file);
        if (named.Count > 1 && method == AnalogyMethod.Mul)
            throw new UsageException("--method: expected add or pair with several pairs, found mul; 3CosMul has no mean offset.");

        OpenedTable opened = session.OpenTableFor([.. typed, session.Value(Answer)]);
        EmbeddingTable table = TableOption.Of(opened, session, Table);
        var words = new WordIndex(table, WordFormOption.Of(session, Form));
        var pairs = file is null
            ? [(WordFormOption.Resolve(opened, words, named[0].First, "WORD"), WordFormOption.Resolve(opened, words, named[0].Second, "WORD"))]
            : Known(session, words, named, file);
        var options = new AnalogyOptions
        {
            Method = method,
            Epsilon = session.Value(Epsilon) ?? 1e-6,
            Top = session.Value(Top),
            ExcludeQuestion = !session.Value(KeepQuestion),
            Expected = session.Value(Answer) is string answer ? WordFormOption.Resolve(opened, words, answer, "--answer") : null,
        };
        session.Progress.Say("comparing with every row");
        AnalogyResult result = Analogies.Solve(table, pairs, WordFormOption.Resolve(opened, words, typed[^1], "WORD"), options, session.Workers, session.Cancel);
        RelationConsistency? relation = file is null ? null : RelationTest.Consistency(table, pairs);
        HeldOutResult? heldOut = pairs.Count < 2 ? null : RelationTest.HeldOut(table, pairs, method, session.Workers, session.Cancel);
        Conventions conventions = result.Conventions with { Tied = opened.Tied, Notes = [.. result.Conventions.Notes, words.Convention] };
        var document = new { result.Method, result.Pairs, result.Query, Table = table.Name, result.Answers, result.Expected, Relation = relation, HeldOut = heldOut };
        return session.Show(opened.Name, conventions, document, screen => Draw(screen, result, relation, heldOut, named.Count));
    }

    private static IReadOnlyList<(int First, int Second)> Known(Session session, WordIndex words, IReadOnlyList<(string First, string Second)> named, string file)
    {
        WordFormOption.Check(words, named.SelectMany(pair => new[] { pair.First, pair.Second }), "--pairs");
        var found = named.Select(pair => (Pair: pair, First: words.FindOrId(pair.First), Second: words.FindOrId(pair.Second))).ToList();
        string[] missing = [.. found.Where(f => f.First is null || f.Second is null).Select(f => $"{f.Pair.First} {f.Pair.Second}")];
        if (missing.Length == found.Count)
            throw new UsageException($"--pairs: {file}: expected pairs of words that are in the table, found none of {missing.Length}, beginning with {missing[0]}.");
        if (missing.Length > 0)
            session.Warn(FormattableString.Invariant($"{missing.Length:N0} of {Plural.Of(found.Count, "pair")} {(missing.Length == 1 ? "is" : "are")} out of vocabulary and left out: {string.Join(", ", missing.Take(8))}{(missing.Length > 8 ? ", …" : "")}"));
        return [.. found.Where(f => f.First is not null && f.Second is not null).Select(f => (f.First!.Value, f.Second!.Value))];
    }

    private static void Draw(Screen screen, AnalogyResult result, RelationConsistency? relation, HeldOutResult? heldOut, int namedPairs)
    {
        TokenPair first = result.Pairs[0];
        string relationText = result.Pairs.Count == 1 ? $"{Show(first.First)} is to {Show(first.Second)}"
            : $"{Show(first.First)} is to {Show(first.Second)}, and {Plural.Of(result.Pairs.Count - 1, "pair")} more,";
        screen.Heading($"{relationText} as {Show(result.Query)} is to …");
        screen.Line($"{result.Method.DisplayName()}: {Formula(result.Method, result.Pairs.Count > 1)}");
        if (result.Answers.Count == 0)
            screen.Line("No row has a score: beside the question's own rows there are only rows of zeros or none at all, or the pair's two rows point the same way.");
        else
            DrawAnswers(screen, result);
        if (result.Expected is { } expected)
        {
            screen.Heading($"The answer hoped for: {TokenArgument.Describe(expected.Token)}");
            screen.Facts(
                ("rank", expected.Rank is int rank ? Numbers.Count(rank) : "none: its row is excluded, or has no direction"),
                ("score", expected.Score is double score ? Numbers.Fixed(score, 4) : "–"),
                ("cosine of the two offsets", $"{Numbers.Cosine(expected.OffsetCosineUnitRows)} with rows of length 1, {Numbers.Cosine(expected.OffsetCosineRawRows)} as stored"));
        }

        if (relation is not null)
            DrawRelation(screen, relation, heldOut, namedPairs);
    }

    private static void DrawAnswers(Screen screen, AnalogyResult result)
    {
        screen.Table([new("#", Side.Right), new("token"), new("id", Side.Right), new("score", Side.Right), new("")],
        [
            .. result.Answers.Select(Cell[] (answer, i) =>
            [
                Numbers.Count(i + 1), new(Tokens.Show(answer.Text), answer.Id == result.Expected?.Token.Id ? Role.Target : Role.Plain), Numbers.Id(answer.Id), Numbers.Fixed(answer.Score, 4),
                answer.Id == result.Expected?.Token.Id ? "hoped for" : "",
            ]),
        ]);
    }

    private static void DrawRelation(Screen screen, RelationConsistency relation, HeldOutResult? heldOut, int namedPairs)
    {
        screen.Heading("Is it one direction?");
        screen.Facts(
            ("pairs", $"{Numbers.Count(relation.Pairs)} of {Numbers.Count(namedPairs)} in the vocabulary"),
            ("mean cosine of the offsets", $"{Numbers.Cosine(Finite(relation.MeanOffsetCosine))} between two, {Numbers.Cosine(Finite(relation.MeanCosineToMeanOffset))} with their mean; rows as stored"),
            ("each answered from the others", heldOut is null ? "needs two pairs"
                : $"{Numbers.Count(heldOut.Correct)} of {Numbers.Count(heldOut.Of)} right, mean reciprocal rank {Numbers.Three(heldOut.MeanReciprocalRank)}"));
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private static string Show(TokenRef token) => Tokens.Show(token.Text);

    private static string Formula(AnalogyMethod method, bool mean) => (method, mean) switch
    {
        (AnalogyMethod.Add, false) => "cos(d, u(b) − u(a) + u(c))",
        (AnalogyMethod.Add, true) => "cos(d, mean of u(b) − u(a), + u(c))",
        (AnalogyMethod.Mul, _) => "cos(d, b)·cos(d, c) / (cos(d, a) + ε), cosines shifted to 0 … 1",
        (_, false) => "cos(u(d) − u(c), u(b) − u(a))",
        _ => "cos(u(d) − u(c), mean of u(b) − u(a))",
    };
}
