using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Geometry;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth probe</c>: can a linear function of a row tell a label, a number, or the row's own length?</summary>
internal static class ProbeCommand
{
    private static readonly Argument<string?> Labels = Options.Argument("LABELS", "labelled tokens: a token, a tab and its label a line");
    private static readonly Option<string> Target = Options.Choice("--target", "what the probe tells: the label as a class, the label as a number, or the length of the token's row", "label", "number", "norm");
    private static readonly Option<string?> Positive = Options.Text("--positive", "LABEL", "this label against all others, with one weight row (logistic)");
    private static readonly Option<double?> Strength = Options.Number("--c", "C", "inverse strength of the ridge penalty: C times the losses plus half the squared weights; the best of 0.001 to 100 on the validation part when left out", double.Epsilon, 1e12);
    private static readonly Option<double> Alpha = Options.Number("--alpha", "A", "strength of the ridge penalty for numbers; 0 is least squares", 0, 1e12, 1);
    private static readonly Option<double> Validation = Options.Number("--validation", "SHARE", "share of each class for choosing C", 0, 0.9, 0.2);
    private static readonly Option<double> Test = Options.Number("--test", "SHARE", "share of each class for the final figure", 0.01, 0.9, 0.2);
    private static readonly Option<int> Seed = Options.WholeNumber("--seed", "S", "decides the split and the shuffled labels", 0, int.MaxValue, 1);
    private static readonly Option<bool> Weights = Options.Flag("--weights", "put weights and intercepts into the JSON document");
    private static readonly Option<string> Form = WordFormOption.Create();
    private static readonly Option<string> Table = TableOption.Create();

    public static Verb Create() => Verb.Create(
        "probe",
        "Fits a linear probe on labelled tokens' rows and judges it on tokens it has not seen, beside the most frequent class and a probe on shuffled labels. Also for numbers and the rows' lengths.",
        [Labels, Target, Positive, Strength, Alpha, Validation, Test, Seed, Weights, Form, Table],
        RunAsync,
        new("azimuth probe samples/data/word-kinds.tsv", "four kinds of words, in the bundled model"),
        new("azimuth probe samples/data/word-kinds.tsv -m novels-gpt --positive animal --c 0.1", "one kind against the others"),
        new("azimuth probe samples/data/word-kinds.tsv --target norm --json", "do rows tell their own length, for scripts"));

    private static Task<int> RunAsync(Session session)
    {
        string file = session.Value(Labels) ?? throw new UsageException("azimuth probe: expected a file of LABELS (token, tab, label a line), found none.");
        bool classes = session.Value(Target) == "label";
        if (!classes && (session.IsGiven(Positive) || session.IsGiven(Strength)))
            throw new UsageException("--positive and --c: expected with --target label only; numbers have --alpha.");
        if (classes && session.IsGiven(Alpha))
            throw new UsageException("--alpha: expected with --target number or norm only; labels have --c.");
        if (session.Value(Validation) + session.Value(Test) >= 1)
            throw new UsageException("--validation and --test: expected shares below 1 together, so that something is left to learn from.");
        IReadOnlyList<LabelledToken> lines = WordLists.Labels(InputFile.ReadText(file, "LABELS"), file);
        OpenedTable opened = session.OpenTable();
        EmbeddingTable table = TableOption.Of(opened, session, Table);
        var words = new WordIndex(table, WordFormOption.Of(session, Form));
        ProbeInput input = ProbeInput.Read(words, lines, file);
        if ((long)input.Ids.Count * table.ModelDim > Probes.MostFeatureValues)
            throw new UsageException(FormattableString.Invariant($"LABELS: {file}: expected at most {Probes.MostFeatureValues / table.ModelDim} tokens for rows of {table.ModelDim}, found {input.Ids.Count}; label fewer."));
        return classes ? Classify(session, opened, table, words, input, file) : Regress(session, opened, table, words, input, file);
    }

    private static Task<int> Classify(Session session, OpenedTable opened, EmbeddingTable table, WordIndex words, ProbeInput input, string file)
    {
        string[] kinds = [.. input.Labels.Distinct().Order(StringComparer.Ordinal)];
        if (session.Value(Positive) is string positive)
        {
            if (!kinds.Contains(positive))
                throw new UsageException($"--positive: expected one of {string.Join(", ", kinds.Take(12))}, found \"{positive}\".");
            kinds = ["(others)", positive];
        }

        int[] classes = [.. input.Labels.Select(label => Math.Max(0, Array.IndexOf(kinds, label)))];
        if (classes.Distinct().Count() < 2)
            throw new UsageException($"LABELS: {file}: expected tokens of at least two labels in the vocabulary, found {(kinds.Length == 0 ? "none" : "one, " + kinds[^1])}.");
        int most = Probes.MostClasses(classes.Length, table.ModelDim);
        if (kinds.Length > most)
            throw new UsageException(FormattableString.Invariant($"LABELS: {file}: expected at most {most} different labels for {classes.Length} tokens with rows of {table.ModelDim}, found {kinds.Length}; if they are numbers, use --target number."));
        input.WarnOfMissing(session);
        ulong seed = (ulong)session.Value(Seed);
        ProbeSplit split = ProbeSplit.Random(classes, session.Value(Validation), session.Value(Test), seed);
        RequireTest(split, input, file);
        ProbeKind kind = kinds.Length == 2 ? ProbeKind.Logistic : ProbeKind.Softmax;
        var progress = new ShareProgress(session.Progress, "fitting", Probes.Strengths.Count + 1, "probes");
        ProbeResult result = Probes.Classify(
            table, input.Ids, classes, kinds, split, ProbeSplit.Permutation(classes.Length, seed + 1), kind, session.Value(Strength), session.Workers, progress, session.Cancel);
        var document = new
        {
            File = file,
            Table = table.Name,
            Examples = input.Ids.Select((id, i) => new { Id = id, Text = table.Text(id), Label = input.Labels[i] }),
            input.OutOfVocabulary,
            input.Repeated,
            Split = split,
            Probe = result,
            Weights = session.Value(Weights) ? result.Probe.Weights : null,
            Intercepts = session.Value(Weights) ? result.Probe.Intercepts : null,
        };
        return session.Show(opened.Name, Described(result.Conventions, opened, words, seed), document, screen => ProbeView.Draw(screen, result, input, split, file));
    }

    /// <summary>A class of one token is learned from only: without a second one nothing is left to judge the probe by.</summary>
    private static void RequireTest(ProbeSplit split, ProbeInput input, string file)
    {
        if (split.Test.Count == 0)
            throw new UsageException(FormattableString.Invariant($"LABELS: {file}: expected labels with two tokens or more, so that one of them can be kept for the test, found {Plural.Of(input.Ids.Count, "token")} in the vocabulary, each with a label of its own."));
    }

    private static Task<int> Regress(Session session, OpenedTable opened, EmbeddingTable table, WordIndex words, ProbeInput input, string file)
    {
        if (input.Ids.Count < 3)
            throw new UsageException(FormattableString.Invariant($"LABELS: {file}: expected at least three tokens in the vocabulary, found {input.Ids.Count}."));
        bool norm = session.Value(Target) == "norm";
        double[] targets = norm ? Probes.Norms(table, input.Ids) : input.Numbers(table, file);
        input.WarnOfMissing(session);
        ulong seed = (ulong)session.Value(Seed);
        ProbeSplit split = ProbeSplit.Random(new int[targets.Length], session.Value(Validation), session.Value(Test), seed);
        session.Progress.Say("fitting");
        RegressionResult result = Probes.Regress(table, input.Ids, targets, split, ProbeSplit.Permutation(targets.Length, seed + 1), session.Value(Alpha), session.Workers, session.Cancel);
        var document = new
        {
            File = file,
            Table = table.Name,
            Examples = input.Ids.Select((id, i) => new { Id = id, Text = table.Text(id), Label = input.Labels[i] }),
            input.OutOfVocabulary,
            input.Repeated,
            Split = split,
            Target = session.Value(Target),
            Regression = result,
            Weights = session.Value(Weights) ? result.Regression.Weights : null,
            Intercept = session.Value(Weights) ? result.Regression.Intercept : (double?)null,
        };
        string what = norm ? "the length of a token's row" : $"the numbers of {file}";
        return session.Show(opened.Name, Described(result.Conventions, opened, words, seed), document, screen => ProbeView.Draw(screen, result, input, split, what));
    }

    private static Conventions Described(Conventions conventions, OpenedTable opened, WordIndex words, ulong seed) => conventions with
    {
        Tied = opened.Tied,
        Notes = [.. conventions.Notes, FormattableString.Invariant($"split and shuffled labels with seed {seed}"), words.Convention],
    };
}
