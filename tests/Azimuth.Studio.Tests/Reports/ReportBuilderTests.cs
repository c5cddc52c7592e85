using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Studio.Reports;
using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Studio.Tests.Reports;

[Collection(ReportCollection.Name)]
public class ReportBuilderTests(ReportFixture fixture)
{
    private ReportData Report => fixture.Report;

    [Fact]
    public void Every_section_is_there_once_with_its_conventions()
    {
        Assert.Equal(
            ["prediction", "lookup", "norms", "neighbors", "roundTrip", "lens", "path", "plane", "contributions", "attention", "confidence", "geometry", "isotropy", "map", "health", "positions"],
            Report.Sections.Select(s => s.Id));
        Assert.All(Report.Sections, s => Assert.True(s.Title.Length > 3 && s.SmallPrint.Length > 20, s.Id));
    }

    [Fact]
    public void The_trace_is_the_one_a_direct_call_gives()
    {
        PromptTrace direct = PromptTracer.Run(
            fixture.Model, [.. fixture.Options.Ids], new PromptTraceOptions { Target = fixture.Options.Target, Rival = fixture.Options.Rival });

        Assert.Equal(direct.LogitTarget, Report.Trace.LogitTarget);
        Assert.Equal(direct.Sites.Select(s => s.Norm), Report.Trace.Sites.Select(s => s.Norm));
        Assert.Equal(direct.Contributions.OrderBy(c => c.Key), Report.Trace.Contributions.OrderBy(c => c.Key));
    }

    [Fact]
    public void Isotropy_is_that_of_a_direct_call_and_whitening_makes_it_perfect()
    {
        StoredMatrix rows = fixture.Model.TokenEmbedding.Rows;
        var direct = RepairComparison.Of(rows, TableSpectrum.Of(rows, fixture.Model.Workers), fixture.Model.Workers);

        IsotropyView view = Assert.Single(Report.Isotropy);
        Assert.Equal(direct, view.Repairs);
        Assert.Equal(1, view.Repairs.WhitenPca.IsoScore!.Value, 1e-6); // ε, added to every variance, leaves this much
    }

    [Fact]
    public void Every_direction_is_in_one_square_of_the_map_and_the_prompts_tokens_are_named()
    {
        Assert.Equal(Report.Map.Map.Rows - Report.Map.Map.RowsWithoutPoint, Report.Map.Counts.Sum(c => c.Count));
        Assert.All(Report.Map.Counts, c => Assert.InRange(c.Tokens.Count, 1, Math.Min(3, c.Count)));
        Assert.Superset(fixture.Options.Ids.Take(4).ToHashSet(), Report.Map.Marks.Where(m => m.InPrompt).Select(m => m.Id).ToHashSet());
        Assert.All(Report.Map.Marks, m => Assert.InRange(m.X * m.X + m.Y * m.Y, 0, 4.0001));
    }

    [Fact]
    public void Every_id_has_a_class_and_bytes_that_never_occur_are_the_most_suspect()
    {
        Assert.Equal(Report.Health.Rows, Report.Health.Classes!.Values.Sum());
        Assert.Equal(Report.Health.Rows, Report.Health.Histogram.Counts.Sum());
        Assert.StartsWith("<0x", Report.Health.TopSuspects[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Order_counts_only_where_the_model_has_positions()
    {
        OrderTestResult order = Assert.IsType<OrderTestResult>(Report.Positions.Order);
        Assert.True(order.WithPositions.FirstAttentionChange > 1000 * order.WithoutPositions.FirstAttentionChange);
        Assert.Equal(PositionKind.Learned, Assert.Single(Report.Positions.Schemes).Kind);

        ReportData alone = ReportBuilder.Build(fixture.Model, new ReportOptions { Ids = [262, 300] });
        Assert.Null(alone.Positions.Order);
    }

    [Fact]
    public void Attention_of_every_head_adds_up_to_one()
    {
        Assert.Equal(Report.Model.LayerCount, Report.Attention.Weights.Count);
        Assert.All(Report.Attention.Weights.SelectMany(heads => heads), head => Assert.Equal(1, head.Sum(), 1e-5));
    }

    [Fact]
    public void A_narrow_view_keeps_the_positions_with_the_most_attention()
    {
        PromptTrace whole = PromptTracer.Run(fixture.Model, [.. fixture.Options.Ids]);

        AttentionView view = AttentionView.Of(whole, 3);

        double[] sums = [.. whole.Ids.Select((_, p) => whole.AttentionLastPosition.SelectMany(h => h).Sum(head => (double)head[p]))];
        int[] best = [.. sums.Select((sum, p) => (sum, p)).OrderByDescending(x => x.sum).Take(3).Select(x => x.p).Order()];
        Assert.Equal(best, view.Positions);
        Assert.Equal(whole.Ids.Count, view.PromptLength);
        Assert.Equal(whole.AttentionLastPosition[1][0][best[1]], view.Weights[1][0][1]);
    }

    [Fact]
    public void Histograms_count_every_row_of_the_table()
    {
        NormView norms = Assert.Single(Report.Norms);

        Assert.Equal(norms.Rows, norms.Linear.Counts.Sum());
        Assert.Equal(norms.Rows - norms.ZeroRows, norms.Logarithmic.Counts.Sum());
        Assert.Equal(norms.Smallest[0].Norm, norms.Logarithmic.Edges[0], 1e-6);
    }

    [Fact]
    public void Target_and_rival_come_first_among_the_tokens_then_the_prompt_in_order()
    {
        int[] expected = [.. new[] { fixture.Options.Target!.Value, fixture.Options.Rival!.Value }.Concat(fixture.Options.Ids).Distinct()];

        Assert.Equal(expected, Report.Neighbors.Tokens.Select(a => a.Token.Id));
        Assert.Equal(expected, Report.RoundTrip.Tokens.Select(t => t.Token.Id));
        Assert.Equal(expected.Length, Report.Neighbors.DistinctTokens);
    }

    [Fact]
    public void A_long_prompt_shows_its_last_positions_and_says_of_how_many()
    {
        ReportData report = ReportBuilder.Build(fixture.Model, fixture.Options with { PositionCount = 4, TokenCount = 3, ListLength = 2 });

        Assert.Equal(fixture.Options.Ids.Count - 4, report.Lookup.FirstPosition);
        Assert.Equal(fixture.Options.Ids.TakeLast(4), report.Lookup.Lookup.Tokens.Select(t => t.Id));
        Assert.Equal(4, report.Attention.Positions.Count);
        Assert.Equal(3, report.Neighbors.Tokens.Count);
        Assert.Equal(Report.Neighbors.DistinctTokens, report.Neighbors.DistinctTokens);
        Assert.All(report.Neighbors.Tokens, audit => Assert.Equal(2, audit.Cosine.Count));
    }

    [Fact]
    public void The_model_is_summed_up_from_its_header()
    {
        Assert.Equal("novels-gpt", Report.Model.Name);
        Assert.Equal(6, Report.Model.LayerCount);
        Assert.True(Report.Model.IsTied);
        Assert.InRange(Report.Model.ParameterCount, 3_000_000, 4_000_000);
        Assert.Equal("F16", Report.Model.StoredTypes);
        Assert.StartsWith("learned", Report.Model.Positions, StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_counts_every_step_once()
    {
        Assert.Equal(Enumerable.Range(0, fixture.Progress[0].Total), fixture.Progress.Select(p => p.Done));
        Assert.All(fixture.Progress, p => Assert.NotEmpty(p.Step));
    }

    [Fact]
    public void A_cancelled_report_stops()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => ReportBuilder.Build(fixture.Model, fixture.Options, cancellation: cancelled.Token));
    }

    [Fact]
    public void An_empty_prompt_is_refused() =>
        Assert.Contains("at least one token", Assert.Throws<ArgumentException>(() => ReportBuilder.Build(fixture.Model, new ReportOptions { Ids = [] })).Message, StringComparison.Ordinal);

    [Fact]
    public void The_angle_between_target_and_rival_is_the_output_rows_angle()
    {
        double? expected = Azimuth.Numerics.Vectors.AngleDegrees(
            fixture.Model.Unembedding.Vector(fixture.Options.Target!.Value), fixture.Model.Unembedding.Vector(fixture.Options.Rival!.Value));

        Assert.Equal(expected!.Value, Report.TargetRivalAngleDegrees!.Value, 1e-9);
    }
}
