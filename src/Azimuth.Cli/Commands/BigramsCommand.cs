using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth bigrams</c>: what a token's row predicts straight at the output table.</summary>
internal static class BigramsCommand
{
    private static readonly Argument<string?> Token = Options.Argument("TOKEN", "the token that is the whole prompt: a literal such as \" New\", or id:1867");
    private static readonly Option<int> Top = Options.WholeNumber("--top", "K", "how many next tokens", 1, 1_000, 10);
    private static readonly Option<bool> All = Options.Flag("--all", "sum up every token of the vocabulary in place of one");
    private static readonly Option<int?> Sample = Options.WholeNumber("--sample", "N", "sum up N random tokens in place of one", 1, int.MaxValue);
    private static readonly Option<int> Seed = Options.WholeNumber("--seed", "S", "which random tokens", 0, int.MaxValue, 1);

    public static Verb Create() => Verb.Create(
        "bigrams",
        "Leads a token's row straight to the final norm and the output table, past every block, with and without the first MLP: the next tokens that the embedding alone knows, beside what the whole model predicts.",
        [Token, Top, All, Sample, Seed],
        Run,
        new("azimuth bigrams \" New\"", "one token, three paths"),
        new("azimuth bigrams --sample 200", "how often a token predicts itself, and how often the paths agree"),
        new("azimuth bigrams \" he\" -m novels-gpt --top 3 --json", "every number, for scripts"));

    private static Task<int> Run(Session session)
    {
        int given = (session.Value(Token) is null ? 0 : 1) + (session.Value(All) ? 1 : 0) + (session.IsGiven(Sample) ? 1 : 0);
        if (given != 1)
            throw new UsageException($"azimuth bigrams: expected a TOKEN, --all or --sample N, found {(given == 0 ? "none" : "several")} of them.");
        if (session.Value(Token) is null && session.IsGiven(Top))
            throw new UsageException("azimuth bigrams: --top is how many next tokens of one TOKEN, so it does not go with --all or --sample.");
        if (!session.IsGiven(Sample) && session.IsGiven(Seed))
            throw new UsageException("azimuth bigrams: --seed decides which tokens --sample takes, so it does not go without it.");
        LanguageModel model = session.OpenDecoder();
        if (DirectPath.Obstacle(model.Config) is { } obstacle)
            throw new UsageException($"{model.Name}: {obstacle}.");
        return session.Value(Token) is null ? Summarise(session, model) : One(session, model);
    }

    private static Task<int> One(Session session, LanguageModel model)
    {
        int id = session.Token(OpenedTable.Of(model), model.TokenEmbedding, Token);
        session.Progress.Say("running the token");
        TokenBigrams bigrams = Bigrams.Of(model, id, session.Value(Top));
        return session.Show(model.Name, bigrams.Conventions, bigrams, screen => Draw(screen, bigrams, model.IsTied));
    }

    private static Task<int> Summarise(Session session, LanguageModel model)
    {
        int vocabulary = model.TokenEmbedding.Count;
        ulong seed = (ulong)session.Value(Seed);
        bool all = session.Value(All) || session.Value(Sample) >= vocabulary;
        int[] ids = all ? [.. Enumerable.Range(0, vocabulary)] : Bigrams.Sample(vocabulary, session.Value(Sample)!.Value, seed);
        BigramSummary summary = Bigrams.Summarise(model, ids, new ShareProgress(session.Progress, "running tokens", ids.Length, "tokens"), session.Cancel);
        string sampled = all ? "every token" : FormattableString.Invariant($"{ids.Length} of {vocabulary} tokens at random, seed {seed}");
        Conventions conventions = summary.Conventions with { Notes = [sampled, .. summary.Conventions.Notes] };
        var document = new { summary.Tokens, Vocabulary = vocabulary, Seed = all ? (ulong?)null : seed, summary.Direct, summary.WithFirstMlp, summary.Actual };
        return session.Show(model.Name, conventions, document, screen => Draw(screen, summary, vocabulary, model.IsTied));
    }

    private static void Draw(Screen screen, TokenBigrams bigrams, bool tied)
    {
        screen.Heading($"What follows {TokenArgument.Describe(bigrams.Token)}");
        BigramPath[] paths = [bigrams.Direct, bigrams.WithFirstMlp, bigrams.Actual];
        screen.Table([new("#", Side.Right), new("row straight to output"), new("p", Side.Right), new("with the first MLP"), new("p", Side.Right), new("whole model"), new("p", Side.Right)],
        [
            .. Enumerable.Range(0, bigrams.Direct.Top.Count).Select(i => (IReadOnlyList<Cell>)
            [
                Numbers.Count(i + 1), .. paths.SelectMany(IEnumerable<Cell> (path) =>
                    [new Cell(Tokens.Show(path.Top[i].Text, 20), path.Top[i].Id == bigrams.Token.Id ? Role.Query : Role.Plain), Numbers.Probability(path.Top[i].Probability)]),
            ]),
        ]);
        screen.Line($"The token itself: rank {Numbers.Count(bigrams.Direct.OwnRank)} straight ({Numbers.Probability(bigrams.Direct.OwnProbability)}), "
            + $"{Numbers.Count(bigrams.WithFirstMlp.OwnRank)} with the first MLP ({Numbers.Probability(bigrams.WithFirstMlp.OwnProbability)}), "
            + $"{Numbers.Count(bigrams.Actual.OwnRank)} by the whole model ({Numbers.Probability(bigrams.Actual.OwnProbability)}).");
        screen.Line($"KL of the whole model's prediction from the straight path {Numbers.Three(bigrams.Direct.KlFromActualNats)} nats, with the first MLP {Numbers.Three(bigrams.WithFirstMlp.KlFromActualNats)}.");
        screen.Line(tied
            ? $"Input and output table are one: the row meets itself at the output, and scores {(bigrams.Direct.OwnRank == 1 ? "highest" : $"lower than {Numbers.Count(bigrams.Direct.OwnRank - 1)} other rows")}. But for each row's scale, straight scores are symmetric and bigrams are not: what comes after a token has to be made by blocks."
            : "Input and output table are two: the straight path can hold a bigram table of its own.");
    }

    private static void Draw(Screen screen, BigramSummary summary, int vocabulary, bool tied)
    {
        screen.Heading($"Paths of {Numbers.Count(summary.Tokens)} of {Numbers.Count(vocabulary)} tokens");
        screen.Table([new("path"), new("token itself first", Side.Right), new("same first as whole model", Side.Right), new("mean KL, nats", Side.Right), new("median", Side.Right)],
        [
            Row("row straight to output", summary.Direct), Row("with the first MLP", summary.WithFirstMlp), Row("whole model, token alone", summary.Actual),
        ]);
        screen.Line(tied
            ? $"Input and output table are one: a row meets itself at the output, and is first for {Numbers.Percent(summary.Direct.OwnFirst)} of the tokens; elsewhere another row wins. The first MLP turns the token away from itself: {Numbers.Percent(summary.WithFirstMlp.OwnFirst)}."
            : "Input and output table are two: the straight path can hold a bigram table of its own.");
    }

    private static Cell[] Row(string name, BigramShares shares) =>
        [name, Numbers.Percent(shares.OwnFirst), Numbers.Percent(shares.AgreesWithActual), Numbers.Three(shares.KlMeanNats), Numbers.Three(shares.KlMedianNats)];
}
