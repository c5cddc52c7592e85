using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Cli.Commands;

/// <summary>Shows a traced prompt: the answer, the layers, what added to it.</summary>
internal static class TraceView
{
    private const int ShownParts = 12;

    public static void Draw(Screen screen, PromptTrace trace)
    {
        DrawAnswer(screen, trace);
        DrawLayers(screen, trace);
        DrawContributions(screen, trace);
    }

    /// <summary>The prompt's tokens, target against rival, and the most probable next tokens.</summary>
    public static void DrawAnswer(Screen screen, PromptTrace trace)
    {
        double difference = trace.LogitTarget - trace.LogitRival;
        screen.Heading($"After {trace.Ids.Count} tokens, position {trace.Position}");
        screen.Line(string.Join(" ", trace.Tokens.Select((token, i) => i == trace.Position ? $"[{Tokens.Show(token.Text)}]" : Tokens.Show(token.Text))));
        screen.Line(
            new Cell("target ", Role.Dim), new Cell(TokenArgument.Describe(trace.Target), Role.Target),
            $"  logit {Numbers.Three(trace.LogitTarget)}, probability {Numbers.Probability(trace.ProbabilityTarget)}, rank {Numbers.Count(trace.RankTarget)}");
        screen.Line(
            new Cell("rival  ", Role.Dim), new Cell(TokenArgument.Describe(trace.Rival), Role.Rival),
            $"  logit {Numbers.Three(trace.LogitRival)}, {Numbers.Three(Math.Abs(difference))} {(difference >= 0 ? "below" : "above")} the target's");
        screen.Heading("Most probable next tokens");
        double largest = trace.Top10[0].Probability;
        screen.Table([new("#", Side.Right), new("token"), new("id", Side.Right), new("probability", Side.Right), new("")],
        [
            .. trace.Top10.Select(Cell[] (token, i) =>
            [
                Numbers.Count(i + 1), new Cell(Tokens.Show(token.Text), RoleOf(trace, token.Id)), Numbers.Id(token.Id), Numbers.Probability(token.Probability),
                Bar.Of(token.Probability / Math.Max(largest, 1e-300), 30),
            ]),
        ]);
    }

    /// <summary>The trace in one line: when the lens first reads the target, and the part that adds most.</summary>
    public static void DrawTurningPoints(Screen screen, PromptTrace trace)
    {
        screen.Heading("How it gets there");
        TraceSite[] sites = [.. trace.Sites.Where(site => !site.Site.StartsWith("resid_mid", StringComparison.Ordinal))];
        int settled = Array.FindLastIndex(sites, site => site.TargetRank != 1) + 1;
        screen.Line(settled == sites.Length
            ? $"The logit lens ends with {Tokens.Show(sites[^1].LensTop5[0].Text)} before {Tokens.Show(trace.Target.Text)}, whose rank goes from {Numbers.Count(sites[0].TargetRank)} "
                + $"to {Numbers.Count(sites[^1].TargetRank)}."
            : $"The logit lens reads {Tokens.Show(trace.Target.Text)} first from {SiteName(sites[settled])} on, with probability {Numbers.Probability(sites[settled].TargetProbability)} there; "
                + $"its rank began at {Numbers.Count(sites[0].TargetRank)}.");
        screen.Line($"The residual stream grows from length {Numbers.Three(sites[0].Norm)} to {Numbers.Three(sites[^1].Norm)} and turns by {Numbers.Angle(sites[0].AngleToFinal)}.");
        if (trace.Contributions.Count == 0)
            return;
        KeyValuePair<string, Contribution> largest = trace.Contributions.MaxBy(part => part.Value.TargetMinusRival);
        screen.Line($"Most for {Tokens.Show(trace.Target.Text)} against {Tokens.Show(trace.Rival.Text)}: {PartName(largest.Key)} with {Numbers.Signed(largest.Value.TargetMinusRival)} "
            + $"of {Numbers.Signed(trace.LogitTarget - trace.LogitRival)} in all.");
    }

    private static void DrawLayers(Screen screen, PromptTrace trace)
    {
        TraceSite[] shown = [.. trace.Sites.Where(site => !site.Site.StartsWith("resid_mid", StringComparison.Ordinal))];
        screen.Heading("Layer by layer: residual stream, logit lens, plane of target and rival");
        Column[] columns =
        [
            new("after"), new("length", Side.Right), new("∠ final", Side.Right), new("∠ target", Side.Right), new("lens reads"), new("p", Side.Right),
            new("p target", Side.Right), new("rank", Side.Right), new("x", Side.Right), new("y", Side.Right), new("share", Side.Right),
        ];
        screen.Table(columns, [.. shown.Select(site => Row(trace, site))]);
        screen.Dim($"{shown.Length} of {trace.Sites.Count} sites. Lens: final norm of the site, unembedding, softmax. ∠ final: to the last residual stream; ∠ target: after "
            + "the final norm, to the target's output row. x, y: the final-normed vector along that row and across it towards the rival's; share of its length in that plane.");
    }

    private static Cell[] Row(PromptTrace trace, TraceSite site)
    {
        TokenProbability top = site.LensTop5[0];
        return
        [
            SiteName(site), Numbers.Three(site.Norm), Angle(site.AngleToFinal), Angle(site.AngleToTargetNormed),
            new Cell(Tokens.Show(top.Text, 11), RoleOf(trace, top.Id)), Numbers.Probability(top.Probability), Numbers.Probability(site.TargetProbability),
            Numbers.Count(site.TargetRank), Coordinate(site.PlaneNormed.X), Coordinate(site.PlaneNormed.Y), Coordinate(site.PlaneNormed.InPlane),
        ];
    }

    private static void DrawContributions(Screen screen, PromptTrace trace)
    {
        (string Name, Contribution Value)[] parts =
            [.. trace.Contributions.Select(pair => (pair.Key, pair.Value)).OrderByDescending(pair => Math.Abs(pair.Value.TargetMinusRival)).Take(ShownParts)];
        double largest = parts.Length == 0 ? 1 : Math.Max(Math.Abs(parts[0].Value.TargetMinusRival), 1e-300);
        screen.Heading("What adds most to the target's logit over the rival's");
        screen.Table([new("part"), new("target − rival", Side.Right), new("target", Side.Right), new("")],
        [
            .. parts.Select(Cell[] (part) =>
            [
                new Cell(PartName(part.Name), RoleOf(part.Name)), Numbers.Signed(part.Value.TargetMinusRival), Numbers.Signed(part.Value.Target),
                new Cell(Bar.Of(Math.Abs(part.Value.TargetMinusRival) / largest, 30), part.Value.TargetMinusRival < 0 ? Role.Rival : Role.Target),
            ]),
        ]);
        double heads = Sum(trace, "head."), mlps = Sum(trace, "mlp."), total = trace.Contributions.Values.Sum(c => c.TargetMinusRival) + trace.BiasTerm.TargetMinusRival;
        screen.Line($"All heads {Numbers.Signed(heads)}, all MLPs {Numbers.Signed(mlps)}, with the rest {Numbers.Signed(total)} in all: the difference of the two logits.");
        screen.Dim($"{parts.Length} of {Numbers.Count(trace.Contributions.Count)} parts, direct effects through the final norm at its actual scale.");
    }

    private static string SiteName(TraceSite site) => site.Site.Replace("resid_post.", "layer ", StringComparison.Ordinal);

    private static double Sum(PromptTrace trace, string prefix) =>
        trace.Contributions.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).Sum(pair => pair.Value.TargetMinusRival);

    private static string PartName(string key)
    {
        string[] words = key.Split('.');
        return words[0] switch
        {
            "head" => $"layer {words[1]} head {words[2]}",
            "mlp" => $"layer {words[1]} MLP",
            "attentionBias" => $"layer {words[1]} attention bias",
            "tokenEmbedding" => "token embedding",
            "positionEmbedding" => "position embedding",
            _ => key,
        };
    }

    private static Role RoleOf(string part) => part.StartsWith("head", StringComparison.Ordinal) ? Role.Attention
        : part.StartsWith("mlp", StringComparison.Ordinal) ? Role.Mlp : Role.Plain;

    private static Role RoleOf(PromptTrace trace, int id) => id == trace.Target.Id ? Role.Target : id == trace.Rival.Id ? Role.Rival : Role.Plain;

    private static string Coordinate(double value) => Numbers.Fixed(value, 2);

    private static string Angle(double? degrees) => degrees is null ? "–" : Numbers.Angle(degrees);
}
