using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Tracing;
using Azimuth.Vocabulary;

namespace Azimuth.Studio.Reports;

/// <summary>Measures everything a report shows.</summary>
public static class ReportBuilder
{
    private const int Bins = 64;

    /// <summary>The test of order runs the prompt 18 times.</summary>
    private const int OrderTokens = 128;

    /// <summary>
    /// Temperatures of the report's curves: the usual ones, and between 0.1 and 20 as many as a curve needs to look like itself.
    /// </summary>
    private static readonly double[] Temperatures =
        [0, .. Enumerable.Range(0, 24).Select(i => Math.Round(0.1 * Math.Pow(200, i / 23.0), 3)).Union([0.1, 0.5, 0.7, 1, 1.5, 2, 10]).Order(), double.PositiveInfinity];

    private static readonly double[] Scales = [.. Enumerable.Range(0, 33).Select(i => i / 8.0)];

    /// <summary>Follows the prompt and measures the model's tables. Writes nothing and prints nothing.</summary>
    /// <param name="model">The model; its own workers are used.</param>
    /// <param name="options">Prompt, target and rival.</param>
    /// <param name="progress">Told before each step.</param>
    /// <param name="cancellation">Checked between the steps and inside the long ones.</param>
    /// <exception cref="ArgumentException">An option out of its range, an id the model has no row for, equal target and rival, a prompt longer than the context.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A weight or an activation is NaN or infinite; the first place is named.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ReportData Build(LanguageModel model, ReportOptions options, IProgress<ReportProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        EmbeddingTable[] tables = model.IsTied ? [model.TokenEmbedding] : [model.TokenEmbedding, model.Unembedding];
        int done = 0, total = 8 + 2 * tables.Length;

        Next("following the prompt");
        int[] ids = [.. options.Ids];
        PromptTrace trace = PromptTracer.Run(
            model,
            ids,
            new PromptTraceOptions
            {
                Text = options.Text,
                BeginTokenAdded = options.BeginTokenAdded,
                Target = options.Target,
                Rival = options.Rival,
                Temperatures = Temperatures,
                Scales = Scales,
            },
            cancellation);

        Next("looking up rows");
        int first = Math.Max(0, ids.Length - options.PositionCount);
        TokenLookup lookup = TokenLookup.Of(model.TokenEmbedding, ids.AsSpan(first), model.Workers);

        int[] distinct = [.. new[] { trace.Target.Id, trace.Rival.Id }.Concat(ids).Distinct()];
        int[] shown = distinct[..Math.Min(distinct.Length, options.TokenCount)];
        Next("searching neighbours");
        MetricAudit[] audits = Each(shown, id => Neighbors.Audit(model.TokenEmbedding, id, options.ListLength, model.Workers));

        Next("sending tokens back to the vocabulary");
        RoundTrip roundTrip = RoundTrip.Prepare(model.TokenEmbedding, model.Workers, cancellation);
        TokenRoundTrip[] trips = Each(shown, id => roundTrip.OfToken(id, options.ListLength));

        TableGeometry[] geometry =
        [
            .. tables.Select(table =>
            {
                Next($"measuring the {table.Name}");
                return TableMeasures.Of(table, model.Workers, cancellation);
            }),
        ];

        IsotropyView[] isotropy =
        [
            .. tables.Select(table =>
            {
                Next($"repairing the {table.Name}");
                TableSpectrum spectrum = TableSpectrum.Of(table.Rows, model.Workers, cancellation);
                return new IsotropyView(table.Name, table.ModelDim, RepairComparison.Of(table.Rows, spectrum, model.Workers, cancellation: cancellation));
            }),
        ];

        Next("drawing the map");
        MapView map = MapView.Of(model.TokenEmbedding, shown, model.Workers, cancellation);

        Next("looking for tokens that were never trained");
        UnderTrainedReport underTrained = UnderTrainedTokens.Find(
            model.TokenEmbedding, model.Unembedding, model.IsTied, model.Tokenizer, new UnderTrainedOptions { Listed = 2 * options.ListLength }, model.Workers, null, cancellation);

        Next("putting the prompt in other orders");
        PositionsView positions = Positions(model, ids, options.BeginTokenAdded == true, cancellation);

        Next("putting the report together");
        NormView[] norms = [.. tables.Zip(geometry, (table, measured) => Lengths(table, measured, trace))];
        return new ReportData
        {
            Generator = ReportWriter.Generator,
            Model = ModelSummary.Of(model, options.BeginTokenAdded),
            Sections = ReportSections.For(trace, lookup, audits, trips, norms, [.. geometry.Select(g => g.Conventions)], isotropy[0].Repairs, map, underTrained.Conventions, positions),
            Lookup = new LookupView(lookup, first, ids.Length),
            Norms = norms,
            Neighbors = new PerToken<MetricAudit>(audits, distinct.Length, model.TokenEmbedding.Count),
            RoundTrip = new PerToken<TokenRoundTrip>(trips, distinct.Length, model.TokenEmbedding.Count),
            Attention = AttentionView.Of(trace, options.PositionCount),
            // The attention of a long prompt would outweigh the rest of the file many times; the view above keeps what is shown.
            Trace = trace with { AttentionLastPosition = [] },
            TargetRivalAngleDegrees = Vectors.AngleDegrees(model.Parts.OutputDirection(trace.Target.Id), model.Parts.OutputDirection(trace.Rival.Id)),
            Geometry = geometry,
            Isotropy = isotropy,
            Map = map,
            Health = VocabularyHealth.Of(underTrained),
            Positions = positions,
        };

        void Next(string step)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report(new ReportProgress(done++, total, step));
        }

        T[] Each<T>(int[] tokens, Func<int, T> measure)
        {
            var results = new T[tokens.Length];
            for (int i = 0; i < tokens.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                results[i] = measure(tokens[i]);
            }

            return results;
        }
    }

    private static PositionsView Positions(LanguageModel model, int[] ids, bool beginTokenAdded, CancellationToken cancellation)
    {
        int[] start = ids[..Math.Min(ids.Length, OrderTokens)];
        int kept = beginTokenAdded ? 1 : 0;
        bool reorders = start.Length > kept + 2 && start.AsSpan(kept, start.Length - 1 - kept).ContainsAnyExcept(start[kept]);
        OrderTestResult? order = reorders ? OrderTest.Run(model, start, new OrderTestOptions { KeptInFront = kept }, null, cancellation) : null;
        return new PositionsView(PositionSchemes.Of(model, cancellation: cancellation), order, start.Length);
    }

    private static NormView Lengths(EmbeddingTable table, TableGeometry measured, PromptTrace trace) => new()
    {
        Table = table.Name,
        Rows = measured.Rows,
        Mean = measured.NormMean,
        StandardDeviation = measured.NormSdPopulation,
        Quantiles = measured.NormQuantiles,
        ZeroRows = measured.ZeroRows,
        Linear = Histogram.Linear(measured.Norms, Bins),
        Logarithmic = Histogram.Logarithmic(measured.Norms, Bins),
        Smallest = measured.SmallestNorm,
        Largest = measured.LargestNorm,
        Target = new TokenNorm(trace.Target.Id, trace.Target.Text, measured.Norms[trace.Target.Id]),
        Rival = new TokenNorm(trace.Rival.Id, trace.Rival.Text, measured.Norms[trace.Rival.Id]),
    };
}
