using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth attention</c>: what heads look at, and one head's look as a search for near keys.</summary>
internal static class AttentionCommand
{
    private const int ShownHeads = 5, ShownKeys = 24;
    private static readonly Option<string?> Prompt = PromptInput.TextOption($" (default: \"{PromptInput.DefaultText}\")");
    private static readonly Option<int[]?> Ids = Options.Ids("--ids", "token ids in place of a text, taken as they are");
    private static readonly Option<int?> Layer = Options.WholeNumber("--layer", "L", "one layer only, from 0", 0, int.MaxValue);
    private static readonly Option<int?> Head = Options.WholeNumber("--head", "H", "one head of that layer, from 0: its weights, scores and angles", 0, int.MaxValue);
    private static readonly Option<int?> Position = Options.WholeNumber("--position", "P", "the query's position, from 0; the last one when left out", 0, int.MaxValue);
    private static readonly Option<int> Repeated = Options.WholeNumber("--repeated", "N", "random tokens that are run twice for the induction score, 0 for none", 0, 4_096, 32);
    private static readonly Option<int> Seed = Options.WholeNumber("--seed", "S", "which random tokens", 0, int.MaxValue, 1);

    public static Verb Create() => Verb.Create(
        "attention",
        "Sums up what every head looks at: the token before, the first token, itself, what followed the same token last time. With --layer and --head shows one head's attention as a soft search for the nearest key: weights beside scores, angles and lengths.",
        [Prompt, Ids, Layer, Head, Position, Repeated, Seed],
        Run,
        new("azimuth attention", "all heads of the bundled model"),
        new("azimuth attention -m novels-gpt --prompt \"She opened the door and went into the\" --layer 2 --head 1", "where one head looks from the last token"),
        new("azimuth attention -m novels-gpt --ids 321,262,850,300 --layer 0 --json", "one layer's heads, for scripts"));

    private static Task<int> Run(Session session)
    {
        if (session.IsGiven(Head) && !session.IsGiven(Layer))
            throw new UsageException("--head: expected --layer L with it, found none.");
        if (session.IsGiven(Position) && !session.IsGiven(Head))
            throw new UsageException("--position: expected --layer L and --head H with it, found none.");
        LanguageModel model = session.OpenDecoder();
        int? layer = Below(session, Layer, model.Config.LayerCount, $"the layers of {model.Name}");
        int? head = layer is null ? null : Below(session, Head, model.Config.Layers[layer.Value].Attention.HeadCount, $"the heads of layer {layer}");
        PromptInput prompt = PromptInput.Read(session, model, Prompt, Ids, PromptInput.DefaultText);
        if (prompt.Ids.Length < 3)
            throw new UsageException($"{(prompt.Text is null ? Ids.Name : Prompt.Name)}: expected at least three tokens, found {prompt.Ids.Length}.");
        int? position = Below(session, Position, prompt.Ids.Length, "the prompt's positions");
        AttentionSurveyOptions options = new()
        {
            RepeatedTokens = session.Value(Repeated),
            Seed = (ulong)session.Value(Seed),
            Prefix = prompt.BeginTokenAdded == true ? prompt.Ids[..1] : [],
        };
        session.Progress.Say("running the prompt");
        AttentionSurvey survey = AttentionSurvey.Of(model, prompt.Ids, options, new ShareProgress(session.Progress, "looking at heads"), session.Cancel);
        AttentionRow? row = head is null ? null : AttentionRow.Of(model, prompt.Ids, layer!.Value, head.Value, position, session.Cancel);
        HeadSummary[] heads = [.. survey.Heads.Where(summary => (layer ?? summary.Layer) == summary.Layer && (head ?? summary.Head) == summary.Head)];
        Conventions conventions = prompt.Describe(survey.Conventions with { Notes = [.. row?.Conventions.Notes ?? [], .. survey.Conventions.Notes] });
        return session.Show(model.Name, conventions, new { prompt.Text, prompt.Ids, Heads = heads, survey.RepeatedTokens, survey.Seed, Row = row }, screen =>
        {
            if (row is not null)
                Draw(screen, row, heads[0]);
            else if (layer is not null)
                DrawLayer(screen, heads, layer.Value);
            else
                DrawSurvey(screen, survey);
        });
    }

    private static int? Below(Session session, Option<int?> option, int end, string what)
    {
        int? value = session.Value(option);
        return value is null || value < end ? value : throw new UsageException(FormattableString.Invariant($"{option.Name}: expected 0 to {end - 1}, {what}, found {value}."));
    }

    private static void DrawSurvey(Screen screen, AttentionSurvey survey)
    {
        DrawKind(screen, survey, "Heads that look at the token before", summary => summary.PreviousToken);
        DrawKind(screen, survey, "Heads that look at the first token", summary => summary.FirstToken);
        DrawKind(screen, survey, "Heads that look at their own token", summary => summary.Self);
        if (survey.RepeatedTokens > 0)
            DrawKind(screen, survey, $"Induction heads, on {Numbers.Count(survey.RepeatedTokens)} random tokens run twice", summary => summary.Induction!.Value);
        screen.Heading($"All {Numbers.Count(survey.Heads.Count)} heads");
        screen.Line($"Mean weight on the token before {Numbers.Three(survey.Heads.Average(h => h.PreviousToken))}, on the first token {Numbers.Three(survey.Heads.Average(h => h.FirstToken))}, on itself {Numbers.Three(survey.Heads.Average(h => h.Self))}.");
        screen.Line($"The largest weight is on the key nearest by angle in {Numbers.Percent(survey.Heads.Average(h => h.NearestShare))} of the queries; where it is not, another key is longer, or positions decide.");
        screen.Line("--layer L --head H shows one head's weights, scores and angles.");
    }

    private static void DrawKind(Screen screen, AttentionSurvey survey, string title, Func<HeadSummary, double> value)
    {
        HeadSummary[] best = [.. survey.Heads.OrderByDescending(value).ThenBy(h => h.Layer).ThenBy(h => h.Head).Take(ShownHeads)];
        screen.Heading(title);
        screen.Table([new("head"), new("mean weight", Side.Right), new("")],
            [.. best.Select(Cell[] (head) => [$"layer {head.Layer} head {head.Head}", Numbers.Probability(value(head)), new(Bar.Of(value(head), 40), Role.Attention)])]);
    }

    private static void DrawLayer(Screen screen, HeadSummary[] heads, int layer)
    {
        screen.Heading($"Heads of layer {layer}");
        bool induction = heads[0].Induction is not null;
        List<Column> columns = [new("head", Side.Right), new("token before", Side.Right), new("first token", Side.Right), new("itself", Side.Right), new("entropy", Side.Right), new("nearest", Side.Right)];
        if (induction)
            columns.Add(new("induction", Side.Right));
        screen.Table(columns, [.. heads.Select(head => Cells(head, induction))]);
        screen.Dim("Mean weights; entropy as a share of the largest possible; nearest: how often the largest weight is on the key nearest by angle.");
    }

    private static Cell[] Cells(HeadSummary head, bool induction)
    {
        List<Cell> cells =
        [
            Numbers.Count(head.Head), Numbers.Fixed(head.PreviousToken, 3), Numbers.Fixed(head.FirstToken, 3), Numbers.Fixed(head.Self, 3), Numbers.Fixed(head.EntropyShare, 3),
            Numbers.Percent(head.NearestShare),
        ];
        if (induction)
            cells.Add(Numbers.Fixed(head.Induction!.Value, 3));
        return [.. cells];
    }

    private static void Draw(Screen screen, AttentionRow row, HeadSummary head)
    {
        screen.Heading($"Layer {row.Layer} head {row.Head} from position {row.Position}, {TokenArgument.Describe(row.Token)}");
        screen.Line($"Length of the query {Numbers.Three(row.QueryNorm)}; a score is |q||k| · cosine · {Numbers.Three(row.Scale)}"
            + (row.SoftCap is { } cap ? $", capped softly at {Numbers.Three(cap)}" : "") + (row.AlibiSlope is { } slope ? $", less {Numbers.Three(slope)} a position (ALiBi)" : "") + ".");
        AttentionKey[] shown = [.. row.Keys.OrderByDescending(key => key.Weight).ThenBy(key => key.Position).Take(ShownKeys).OrderBy(key => key.Position)];
        List<Column> columns = [new("pos", Side.Right), new("token"), new("weight", Side.Right), new(""), new("score", Side.Right)];
        if (row.AlibiSlope is not null)
            columns.Add(new("ALiBi", Side.Right));
        columns.AddRange([new("cosine", Side.Right), new("angle", Side.Right), new("|k|", Side.Right)]);
        screen.Table(columns, [.. shown.Select(key => Cells(row, key))]);
        screen.Dim($"{shown.Length} of {Plural.Of(row.Keys.Count, "position")}{(shown.Length < row.Keys.Count ? ", those with the most weight, in their order" : "")}");
        double uniform = Math.Log(row.Keys.Count);
        AttentionKey largest = row.Keys[row.Largest - row.Keys[0].Position];
        screen.Line($"Entropy {Numbers.Three(row.EntropyNats)} nats, of {Numbers.Three(uniform)} if all weights were equal: as if spread over {Numbers.Three(Math.Exp(row.EntropyNats))} positions.");
        screen.Line(row.Largest == row.Nearest
            ? $"The largest weight is on the key nearest by angle, {Tokens.Show(largest.Token.Text)} at {row.Largest}."
            : row.Nearest < 0 ? "No key has a direction." : Told(row, largest));
        screen.Line($"Over the whole prompt this head puts {Numbers.Three(head.PreviousToken)} on the token before, {Numbers.Three(head.FirstToken)} on the first, {Numbers.Three(head.Self)} on itself"
            + (head.Induction is { } induction ? $"; its induction score is {Numbers.Three(induction)}." : "."));
        screen.Dim($"The softmax of these scores is the run's own pattern to {Numbers.Three(row.ReproductionError)}.");
    }

    private static string Told(AttentionRow row, AttentionKey largest)
    {
        AttentionKey nearest = row.Keys[row.Nearest - row.Keys[0].Position];
        return $"The largest weight is not on the key nearest by angle: {Tokens.Show(largest.Token.Text)} at {row.Largest} ({Numbers.Angle(largest.AngleDegrees)}, |k| {Numbers.Three(largest.KeyNorm)}) "
            + $"wins over {Tokens.Show(nearest.Token.Text)} at {row.Nearest} ({Numbers.Angle(nearest.AngleDegrees)}, |k| {Numbers.Three(nearest.KeyNorm)}).";
    }

    private static Cell[] Cells(AttentionRow row, AttentionKey key)
    {
        List<Cell> cells =
        [
            Numbers.Count(key.Position), new(Tokens.Show(key.Token.Text, 18), key.Position == row.Position ? Role.Query : Role.Plain), Numbers.Probability(key.Weight),
            new(Bar.Of(key.Weight, 20), Role.Attention), Numbers.Fixed(key.Score, 2),
        ];
        if (key.AlibiBias is { } bias)
            cells.Add(Numbers.Fixed(bias, 2));
        cells.AddRange([Numbers.Cosine(key.Cosine), key.AngleDegrees is null ? "–" : Numbers.Angle(key.AngleDegrees), Numbers.Three(key.KeyNorm)]);
        return [.. cells];
    }
}
