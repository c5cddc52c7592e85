using System.Text.Json;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Tracing;

/// <summary>
/// Compares one prompt's trace with the reference, computed in double: norms to 1e-5 relative, angles to 0.01 degrees, logits and losses to 1e-4
/// relative, probabilities to 1e-4; ids and ranks equal unless the two values differ by less than 1e-5 (README of fixtures/trace). Collects every
/// failure with its place, both values and how far they are apart.
/// </summary>
internal sealed class TraceComparison(string prompt, LanguageModel model, int[] ids)
{
    private readonly Lazy<Matrix> _lens = new(() => LensLogits(model, ids));

    internal List<string> Failures { get; } = [];

    internal int Compared { get; private set; }

    /// <summary>The largest share of its allowance that any difference used, and where.</summary>
    internal (double Share, string Where) Worst { get; private set; } = (0, "nothing compared");

    internal void Prompt(JsonElement want, PromptTrace got)
    {
        Equal("target", want.GetProperty("target").GetInt32(), got.Target.Id);
        Equal("rival", want.GetProperty("rival").GetInt32(), got.Rival.Id);
        Relative("logit_target", want.GetProperty("logit_target").GetDouble(), got.LogitTarget, 1e-4);
        Relative("logit_rival", want.GetProperty("logit_rival").GetDouble(), got.LogitRival, 1e-4);
        Absolute("probability_target", want.GetProperty("probability_target").GetDouble(), got.ProbabilityTarget, 1e-4);
        Equal("rank_target", want.GetProperty("rank_target").GetInt32(), got.RankTarget);
        Ranked("top10", want.GetProperty("top10"), got.Top10);
        JsonElement losses = want.GetProperty("loss_nats_per_position");
        Equal("losses", losses.GetArrayLength(), got.LossNatsPerPosition.Count);
        // A loss near 0 is a difference of nearly equal logits: 1e-4 of it is beyond float, 1e-5 absolute is not.
        for (int i = 0; i < losses.GetArrayLength(); i++)
            Absolute($"loss_nats_per_position[{i}]", losses[i].GetDouble(), got.LossNatsPerPosition[i], 1e-4 * losses[i].GetDouble() + 1e-5);
        JsonElement greedy = want.GetProperty("greedy_20");
        Equal("greedy_20", string.Join(' ', greedy.EnumerateArray().Select(v => v.GetInt32())), string.Join(' ', got.Greedy20.Select(t => t.Id)));
    }

    internal void Sites(JsonElement want, PromptTrace got)
    {
        Equal("sites", want.GetArrayLength(), got.Sites.Count);
        for (int i = 0; i < want.GetArrayLength(); i++)
        {
            JsonElement w = want[i];
            TraceSite g = got.Sites[i];
            Equal($"sites[{i}]", w.GetProperty("site").GetString(), g.Site);
            Relative($"{g.Site} norm", w.GetProperty("norm").GetDouble(), g.Norm, 1e-5);
            JsonElement norms = w.GetProperty("norm_all_positions");
            Equal($"{g.Site} norms", norms.GetArrayLength(), g.NormAllPositions.Count);
            for (int p = 0; p < norms.GetArrayLength(); p++)
                Relative($"{g.Site} norm_all_positions[{p}]", norms[p].GetDouble(), g.NormAllPositions[p], 1e-5);
            Absolute($"{g.Site} angle_to_final", w.GetProperty("angle_to_final").GetDouble(), g.AngleToFinal!.Value, 0.01);
            Absolute($"{g.Site} angle_to_target_raw", w.GetProperty("angle_to_target_raw").GetDouble(), g.AngleToTargetRaw!.Value, 0.01);
            Absolute($"{g.Site} angle_to_target_normed", w.GetProperty("angle_to_target_normed").GetDouble(), g.AngleToTargetNormed!.Value, 0.01);
            Ranked($"{g.Site} lens_top5", w.GetProperty("lens_top5"), g.LensTop5);
            Absolute($"{g.Site} target_probability", w.GetProperty("target_probability").GetDouble(), g.TargetProbability, 1e-4);
            Rank($"{g.Site} target_rank", w.GetProperty("target_rank").GetInt32(), g.TargetRank, i, got.Target.Id);
            Plane($"{g.Site} plane_normed", w.GetProperty("plane_normed"), g.PlaneNormed);
            Plane($"{g.Site} plane_raw", w.GetProperty("plane_raw"), g.PlaneRaw);
        }
    }

    internal void Contributions(JsonElement want, PromptTrace got)
    {
        JsonElement parts = want.GetProperty("contributions");
        Equal("contributions", parts.EnumerateObject().Count(), got.Contributions.Count);
        double largest = parts.EnumerateObject().Max(p => Math.Abs(p.Value.GetProperty("target").GetDouble()));
        foreach (JsonProperty part in parts.EnumerateObject())
        {
            string name = PromptTraceFixtureTests.Camel(part.Name);
            if (!got.Contributions.TryGetValue(name, out Contribution? found))
            {
                Failures.Add($"{prompt}: contribution {name} is missing");
                continue;
            }

            // 1e-4 of the largest part, ten times closer than the README asks of their sum.
            Absolute($"{name} target", part.Value.GetProperty("target").GetDouble(), found.Target, 1e-4 * largest);
            Absolute($"{name} target_minus_rival", part.Value.GetProperty("target_minus_rival").GetDouble(), found.TargetMinusRival, 1e-4 * largest);
        }

        JsonElement bias = want.GetProperty("bias_term");
        Absolute("bias_term target", bias.GetProperty("target").GetDouble(), got.BiasTerm.Target, 1e-5);
        Absolute("bias_term target_minus_rival", bias.GetProperty("target_minus_rival").GetDouble(), got.BiasTerm.TargetMinusRival, 1e-5);
        Absolute("sum of contributions", got.LogitTarget, got.Contributions.Values.Sum(c => c.Target) + got.BiasTerm.Target, 1e-4 * largest);
        Absolute("sum of differences", got.LogitTarget - got.LogitRival, got.Contributions.Values.Sum(c => c.TargetMinusRival) + got.BiasTerm.TargetMinusRival, 1e-4 * largest);
    }

    internal void Sweeps(JsonElement want, PromptTrace got)
    {
        JsonElement temperatures = want.GetProperty("confidence");
        Equal("confidence", temperatures.GetArrayLength(), got.Confidence.Count);
        for (int i = 0; i < got.Confidence.Count; i++)
        {
            JsonElement w = temperatures[i];
            TemperaturePoint g = got.Confidence[i];
            JsonElement temperature = w.GetProperty("temperature");
            Equal($"confidence[{i}] temperature", temperature.ValueKind == JsonValueKind.String ? double.PositiveInfinity : temperature.GetDouble(), g.Temperature);
            string at = FormattableString.Invariant($"temperature {g.Temperature}");
            Absolute($"{at} probability_target", w.GetProperty("probability_target").GetDouble(), g.ProbabilityTarget, 1e-4);
            Absolute($"{at} probability_top", w.GetProperty("probability_top").GetDouble(), g.ProbabilityTop, 1e-4);
            Absolute($"{at} entropy_nats", w.GetProperty("entropy_nats").GetDouble(), g.EntropyNats, 1e-4);
            Count(at, w.GetProperty("tokens_for_90_percent").GetInt32(), g);
        }

        JsonElement lengths = want.GetProperty("length");
        Equal("length", lengths.GetArrayLength(), got.Length.Count);
        for (int i = 0; i < got.Length.Count; i++)
        {
            Equal($"length[{i}] scale", lengths[i].GetProperty("scale").GetDouble(), got.Length[i].Scale);
            Absolute($"length[{i}] probability_target", lengths[i].GetProperty("probability_target").GetDouble(), got.Length[i].ProbabilityTarget, 1e-4);
        }
    }

    internal void Attention(JsonElement want, PromptTrace got)
    {
        Equal("attention layers", want.GetArrayLength(), got.AttentionLastPosition.Count);
        for (int layer = 0; layer < want.GetArrayLength(); layer++)
        {
            Equal($"attention heads of layer {layer}", want[layer].GetArrayLength(), got.AttentionLastPosition[layer].Count);
            for (int head = 0; head < want[layer].GetArrayLength(); head++)
            {
                Equal($"attention positions of {layer}.{head}", want[layer][head].GetArrayLength(), got.AttentionLastPosition[layer][head].Count);
                for (int p = 0; p < want[layer][head].GetArrayLength(); p++)
                    Absolute($"attention [{layer}][{head}][{p}]", want[layer][head][p].GetDouble(), got.AttentionLastPosition[layer][head][p], 1e-4);
            }
        }
    }

    /// <summary>x and y are lengths: 1e-5 of the vector's, whose length is √(x² + y²) / in_plane.</summary>
    private void Plane(string where, JsonElement want, PlanePoint got)
    {
        double x = want.GetProperty("x").GetDouble(), y = want.GetProperty("y").GetDouble(), inPlane = want.GetProperty("in_plane").GetDouble();
        double length = Math.Sqrt(x * x + y * y) / inPlane;
        Absolute($"{where} x", x, got.X, 1e-5 * length);
        Absolute($"{where} y", y, got.Y, 1e-5 * length);
        Absolute($"{where} in_plane", inPlane, got.InPlane, 1e-5);
    }

    private void Ranked(string where, JsonElement want, IReadOnlyList<TokenProbability> got)
    {
        Equal(where, want.GetArrayLength(), got.Count);
        for (int i = 0; i < Math.Min(want.GetArrayLength(), got.Count); i++)
        {
            double probability = want[i][1].GetDouble();
            Absolute($"{where}[{i}] probability", probability, got[i].Probability, 1e-4);
            int at = Enumerable.Range(0, got.Count).FirstOrDefault(j => want[j][0].GetInt32() == got[i].Id, -1);
            bool tie = at >= 0 ? Math.Abs(want[at][1].GetDouble() - probability) < 1e-5 * probability : i == got.Count - 1 && Math.Abs(got[i].Probability - probability) < 1e-5 * probability;
            if (at != i && !tie)
                Failures.Add($"{prompt}: {where}[{i}] expected {want[i][0]} ({probability:R}), found {got[i].Id} ({got[i].Probability:R})");
            Compared++;
        }
    }

    /// <summary>A rank may move past tokens whose logit is within 1e-5 (relative) of the target's, no further.</summary>
    private void Rank(string where, int want, int got, int site, int target)
    {
        Compared++;
        if (want == got)
            return;
        float[] logits = _lens.Value.Row(site).ToArray();
        int near = logits.Where((v, i) => i != target && Math.Abs(v - logits[target]) < 1e-5 * Math.Max(1, Math.Abs(logits[target]))).Count();
        if (Math.Abs(want - got) > near)
            Failures.Add($"{prompt}: {where} expected {want}, found {got}; {near} tokens have nearly the same logit");
    }

    /// <summary>The count may move while the sum of probabilities stays within 1e-5 of 0.9.</summary>
    private void Count(string at, int want, TemperaturePoint got)
    {
        Compared++;
        if (want == got.TokensFor90Percent)
            return;
        float[] logits = _lens.Value.Row(_lens.Value.Rows - 1).ToArray();
        double[] weights = [.. logits.Select(v => Math.Exp((v - (double)logits.Max()) / got.Temperature)).OrderDescending()];
        double sum = weights.Take(want).Sum() / weights.Sum();
        if (Math.Abs(sum - 0.9) > 1e-5)
            Failures.Add($"{prompt}: {at} tokens_for_90_percent expected {want}, found {got.TokensFor90Percent}; {want} tokens have {sum:R}");
    }

    private void Equal<T>(string where, T want, T got)
    {
        Compared++;
        if (!EqualityComparer<T>.Default.Equals(want, got))
            Failures.Add($"{prompt}: {where} expected {want}, found {got}");
    }

    private void Relative(string where, double want, double got, double tolerance) => Absolute(where, want, got, tolerance * Math.Abs(want));

    private void Absolute(string where, double want, double got, double tolerance)
    {
        Compared++;
        double share = want == got ? 0 : Math.Abs(want - got) / tolerance;
        if (share > Worst.Share)
            Worst = (share, FormattableString.Invariant($"{where}, apart {Math.Abs(want - got):E1}"));
        if (!(share <= 1))
            Failures.Add(FormattableString.Invariant($"{prompt}: {where} expected {want:R}, found {got:R}, apart {Math.Abs(want - got):E1}, allowed {tolerance:E1}"));
    }

    /// <summary>Lens logits of every site at the last position [site, vocab], made a second way: from the run's parts.</summary>
    private static Matrix LensLogits(LanguageModel model, int[] ids)
    {
        Trace trace = model.Trace(ids, TraceSites.Residuals);
        var rows = new List<float>();
        rows.AddRange(trace.Embedding.Row(ids.Length - 1));
        for (int layer = 0; layer < trace.LayerCount; layer++)
        {
            foreach (TraceSites site in new[] { TraceSites.ResidMid, TraceSites.ResidPost }.Where(s => trace.Has(s, layer)))
                rows.AddRange(trace.Residual(site, layer).Row(ids.Length - 1));
        }

        int width = trace.Embedding.Columns;
        return model.Parts.Logits(model.Parts.ApplyFinalNorm(new Matrix(rows.Count / width, width, [.. rows])));
    }
}
