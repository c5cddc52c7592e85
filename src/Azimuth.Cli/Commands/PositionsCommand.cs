using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Transformers;
using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth positions</c>: how a model tells positions apart, and what is left of a prompt's order without that.</summary>
internal static class PositionsCommand
{
    private static readonly Option<string?> Prompt = PromptInput.TextOption($" (default: \"{PromptInput.DefaultText}\")");
    private static readonly Option<int[]?> Ids = Options.Ids("--ids", "token ids in place of a text, taken as they are");
    private static readonly Option<int?> Length = Options.WholeNumber("--length", "N", "the run's length that frequencies and distances are for; the context when left out", 2, int.MaxValue);
    private static readonly Option<int> Permutations = Options.WholeNumber("--permutations", "N", "random orders of the prompt's tokens that are run", 1, 10_000, 8);
    private static readonly Option<int> Seed = Options.WholeNumber("--seed", "S", "which random orders", 0, int.MaxValue, 1);

    public static Verb Create() => Verb.Create(
        "positions",
        "Shows how the model tells positions apart: the scheme of each layer, similarity against distance, what it does to lengths and scores. Then shuffles a prompt's tokens, with positions and without, to show what order is worth.",
        [Prompt, Ids, Length, Permutations, Seed],
        Run,
        new("azimuth positions -m novels-gpt", "learned rows, added to the embedding"),
        new("azimuth positions --length 2048 --permutations 2", "the bundled model's rotary positions over 2,048 tokens"),
        new("azimuth positions -m tests/fixtures/families/bloom --ids 5,9,77,41,17 --json", "ALiBi, every number, for scripts"));

    private static Task<int> Run(Session session)
    {
        LanguageModel model = session.OpenDecoder();
        int? length = session.Value(Length);
        if (length > model.Config.LongestRun)
            throw new UsageException(FormattableString.Invariant($"--length: expected 2 to {model.Config.LongestRun}, the context of {model.Name}, found {length}."));
        PromptInput prompt = ReadPrompt(session, model);
        session.Progress.Say("measuring positions");
        IReadOnlyList<PositionScheme> schemes = PositionSchemes.Of(model, length, session.Cancel);
        int kept = prompt.BeginTokenAdded == true ? 1 : 0;
        OrderTestOptions options = new() { Permutations = session.Value(Permutations), Seed = (ulong)session.Value(Seed), KeptInFront = kept };
        OrderTestResult order = OrderTest.Run(model, prompt.Ids, options, new ShareProgress(session.Progress, "shuffling the prompt"), session.Cancel);
        Conventions conventions = prompt.Describe(order.Conventions);
        return session.Show(model.Name, conventions, new { Schemes = schemes, Order = order }, screen =>
        {
            foreach (PositionScheme scheme in schemes)
                Draw(screen, scheme, model.Config.LayerCount);
            Draw(screen, order, model);
        });
    }

    private static PromptInput ReadPrompt(Session session, LanguageModel model)
    {
        PromptInput prompt = PromptInput.Read(session, model, Prompt, Ids, PromptInput.DefaultText);
        int kept = prompt.BeginTokenAdded == true ? 1 : 0;
        if (prompt.Ids.Length < kept + 3 || prompt.Ids[kept..^1].Distinct().Count() < 2)
            throw new UsageException($"{(prompt.Text is null ? Ids.Name : Prompt.Name)}: expected at least two different tokens before the last one, to put them in another order; give a longer prompt.");
        return prompt;
    }

    private static void Draw(Screen screen, PositionScheme scheme, int layerCount)
    {
        string where = scheme.Layers.Count == 0 ? "At the embedding" : scheme.Layers.Count == layerCount ? "All layers" : (scheme.Layers.Count == 1 ? "Layer " : "Layers ") + Ranges(scheme.Layers);
        screen.Heading($"{where}: {scheme.Description}");
        if (scheme.SimilarityOf is { } what)
        {
            screen.Line($"Similarity against distance: {what}.");
            bool centred = scheme.CentredSimilarity.Count > 0;
            List<Column> columns = [new("distance", Side.Right), new("similarity", Side.Right), new("")];
            if (centred)
                columns.AddRange([new("centred", Side.Right), new("")]);
            screen.Table(columns, [.. scheme.Similarity.Select((at, i) => (at, i)).Where(pair => IsShown(scheme, pair.i)).Select(pair => Row(scheme, pair.at, pair.i, centred))]);
        }

        foreach (string line in Remarks(scheme))
            screen.Line(line);
        if (scheme.Slopes.Count > 0)
            DrawSlopes(screen, scheme.Slopes);
    }

    /// <summary>0, the powers of two, and the last.</summary>
    private static bool IsShown(PositionScheme scheme, int index)
    {
        int distance = scheme.Similarity[index].Distance;
        return (distance & (distance - 1)) == 0 || index == scheme.Similarity.Count - 1;
    }

    private static Cell[] Row(PositionScheme scheme, DistanceCosine at, int index, bool centred)
    {
        int width = centred ? 26 : 50;
        List<Cell> cells = [Numbers.Count(at.Distance), Numbers.Cosine(at.Mean), BarOf(at.Mean, width)];
        if (centred)
            cells.AddRange([Numbers.Cosine(scheme.CentredSimilarity[index].Mean), BarOf(scheme.CentredSimilarity[index].Mean, width)]);
        return [.. cells];
    }

    private static Cell BarOf(double value, int width) => new(Bar.Of(Math.Abs(value), width), value < 0 ? Role.Rival : Role.Plain);

    private static IEnumerable<string> Remarks(PositionScheme scheme)
    {
        switch (scheme.Kind)
        {
            case PositionKind.Rotary:
                double factor = scheme.AttentionFactor!.Value;
                yield return $"Turning changes the length of a query or key by at most {Numbers.Three(scheme.NormError!.Value)} of it"
                    + (factor == 1 ? "." : $", beyond the attention factor {Numbers.Three(factor)} on what is turned.");
                yield return $"Moving query and key together changes a score by at most {Numbers.Three(scheme.OffsetError!.Value)} of |q||k|: only their distance counts.";
                double fast = scheme.InverseFrequencies[0], slow = scheme.InverseFrequencies[^1];
                yield return $"The fastest pair turns once in {Numbers.Three(2 * Math.PI / fast)} positions, the slowest once in {Numbers.Three(2 * Math.PI / slow)}; the run has {Numbers.Count(scheme.Length)}.";
                break;
            case PositionKind.Learned or PositionKind.Sinusoidal:
                PositionNorms norms = scheme.Norms!;
                yield return $"Length of a row: mean {Numbers.Three(norms.Mean)}, from {Numbers.Three(norms.Min)} (position {Numbers.Count(norms.SmallestRow)}) to {Numbers.Three(norms.Max)} (position {Numbers.Count(norms.LargestRow)}).";
                yield return $"Cosines of pairs equally far apart differ by up to {Numbers.Three(scheme.OffsetError!.Value)}{(scheme.OffsetError < 1e-5 ? ": only their distance counts." : ": where the pair stands counts too, not only its distance.")}";
                break;
        }
    }

    private static void DrawSlopes(Screen screen, IReadOnlyList<float> slopes)
    {
        int shown = Math.Min(slopes.Count, 16);
        screen.Table([new("head", Side.Right), new("slope", Side.Right), new("weight halves after", Side.Right)],
            [.. slopes.Take(shown).Select(Cell[] (slope, head) => [Numbers.Count(head), Numbers.Three(slope), $"{Numbers.Three(Math.Log(2) / slope)} positions"])]);
        if (shown < slopes.Count)
            screen.Dim($"{shown} of {slopes.Count} heads");
    }

    private static void Draw(Screen screen, OrderTestResult order, LanguageModel model)
    {
        OrderEffect with = order.WithPositions, without = order.WithoutPositions;
        screen.Heading($"What order is worth: the {Numbers.Count(order.Ids.Count - 1 - order.KeptInFront)} tokens before the last in {Numbers.Count(order.Permutations)} random orders");
        int last = with.ResidualChange.Count - 1;
        List<Cell[]> rows = [["first layer's attention, largest change", Numbers.Three(with.FirstAttentionChange), Numbers.Three(without.FirstAttentionChange)]];
        foreach (int layer in new[] { 0, last / 2, last }.Distinct())
            rows.Add([$"residual stream after layer {layer}, mean change", Numbers.Three(with.ResidualChange[layer]), Numbers.Three(without.ResidualChange[layer])]);
        rows.Add(["next-token distribution, mean KL in nats", Numbers.Three(with.KlNats), Numbers.Three(without.KlNats)]);
        rows.Add(["same most probable token", Numbers.Percent(with.SameTopShare), Numbers.Percent(without.SameTopShare)]);
        screen.Table([new("at the last position"), new("with positions", Side.Right), new("without", Side.Right)], rows);
        screen.Line($"Most probable next token in the prompt's own order: {Describe(with.Top)} with positions, {Describe(without.Top)} without.");
        screen.Line(Verdict(order, model.Config.LayerCount));
    }

    private static string Describe(TokenProbability top) => $"{Tokens.Show(top.Text)} ({Numbers.Probability(top.Probability)})";

    private static string Verdict(OrderTestResult order, int layers) =>
        !order.FirstLayerSeesAll
            ? "The first layer's window is shorter than the prompt: which tokens the last one sees depends on their order, with positions or without."
            : "Without positions the first layer sums over the same set of tokens in any order, and changes by rounding only."
                + (layers == 1 ? "" : " Later layers still see some order: an earlier token gathers only what stands before it, so the causal mask leaks it.");

    /// <summary>0–3, 5, 7–9.</summary>
    private static string Ranges(IReadOnlyList<int> ascending)
    {
        List<string> ranges = [];
        for (int i = 0; i < ascending.Count; i++)
        {
            int start = i;
            while (i + 1 < ascending.Count && ascending[i + 1] == ascending[i] + 1)
                i++;
            ranges.Add(start == i ? Numbers.Count(ascending[i]) : $"{ascending[start]}–{ascending[i]}");
        }

        return string.Join(", ", ranges);
    }
}
