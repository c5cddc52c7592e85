using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Transformers.Tracing;

/// <summary>
/// Follows one prompt through a model and measures what DESIGN §7 lists: one traced run, one product of all sites with the output table, and a
/// greedy continuation.
/// </summary>
public static class PromptTracer
{
    private const TraceSites Kept =
        TraceSites.Embedding | TraceSites.ResidMid | TraceSites.ResidPost | TraceSites.AttentionPattern | TraceSites.HeadOutput
        | TraceSites.AttentionOut | TraceSites.MlpOut | TraceSites.FinalNorm;

    /// <summary>Runs <paramref name="ids"/> and measures what happens at one position.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ids">At least one token, taken as they are.</param>
    /// <param name="options">What to look at; the most probable tokens at the last position unless it says otherwise.</param>
    /// <param name="cancellation">Checked between the steps.</param>
    /// <exception cref="ArgumentException">No ids, an id, position or token out of range, equal target and rival, or a prompt longer than the context.</exception>
    /// <exception cref="CheckpointFormatException">The run met NaN or an infinity; the first such site and position is named.</exception>
    public static PromptTrace Run(LanguageModel model, ReadOnlySpan<int> ids, PromptTraceOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.RequireCausal();
        options ??= new PromptTraceOptions();
        if (ids.IsEmpty)
            throw new ArgumentException("at least one token is needed to trace, found none", nameof(ids));
        int position = options.Position ?? ids.Length - 1;
        if ((uint)position >= (uint)ids.Length)
            throw new ArgumentOutOfRangeException(nameof(options), position, $"the prompt has positions 0 to {ids.Length - 1}");

        Trace trace = model.Trace(ids, Kept, position, cancellation);
        cancellation.ThrowIfCancellationRequested();
        (string Name, Matrix Rows)[] sites = Sites(trace);
        RequireFinite(model, sites);
        float[] logits = model.Parts.Logits(Rows(trace.FinalNorm, position, 1)).Values; // [vocab]
        NextToken[] predicted = model.Parts.Predict(Rows(trace.FinalNorm, 0, ids.Length - 1), ids[1..].ToArray(), cancellation: cancellation);
        var (target, rival) = Choose(logits, options);
        float[] targetDirection = model.Parts.OutputDirection(target), rivalDirection = model.Parts.OutputDirection(rival);
        double total = Softmax.LogSumExp(logits);
        cancellation.ThrowIfCancellationRequested();
        int[] greedy = Generator.Greedy(model, ids, Math.Clamp(model.Config.ContextLength - ids.Length, 0, Math.Max(0, options.GreedyTokens)));
        return new PromptTrace
        {
            Text = options.Text,
            Ids = ids.ToArray(),
            Tokens = [.. ids.ToArray().Select(id => Named(model.TokenEmbedding, id))],
            Position = position,
            Target = Named(model.Unembedding, target),
            Rival = Named(model.Unembedding, rival),
            LogitTarget = logits[target],
            LogitRival = logits[rival],
            ProbabilityTarget = Math.Exp(logits[target] - total),
            RankTarget = TopK.Rank(logits, target),
            Top10 = Predictions.Top(model.Unembedding, logits, 10),
            LossNatsPerPosition = Array.ConvertAll(predicted, token => token.LossNats),
            Sites = new SiteMeasures(model, sites, position).Of(target, targetDirection, rivalDirection),
            Contributions = new DirectContributions(model, trace, position).Of(targetDirection, rivalDirection),
            BiasTerm = BiasTerm(model, target, rival, targetDirection, rivalDirection),
            Confidence = TemperatureSweep.Of(logits, target, options.Temperatures),
            Length = LengthSweep.Of(logits, target, options.Scales),
            AttentionLastPosition = Attention(trace, position),
            Greedy20 = [.. greedy.Select(id => Named(model.Unembedding, id))],
            Conventions = ConventionsOf(model, options),
        };
    }

    private static TokenRef Named(EmbeddingTable table, int id) => new(id, Predictions.Text(table, id));

    /// <summary>The residual stream's stations in order, [position, model] each; blocks without a middle have none.</summary>
    private static (string Name, Matrix Rows)[] Sites(Trace trace)
    {
        var sites = new List<(string, Matrix)> { ("embedding", trace.Embedding) };
        for (int layer = 0; layer < trace.LayerCount; layer++)
        {
            if (trace.Has(TraceSites.ResidMid, layer))
                sites.Add(($"resid_mid.{layer}", trace.Residual(TraceSites.ResidMid, layer)));
            sites.Add(($"resid_post.{layer}", trace.Residual(TraceSites.ResidPost, layer)));
        }

        return [.. sites];
    }

    private static void RequireFinite(LanguageModel model, (string Name, Matrix Rows)[] sites)
    {
        foreach (var (name, rows) in sites)
        {
            int at = Array.FindIndex(rows.Values, v => !float.IsFinite(v));
            if (at >= 0)
            {
                throw new CheckpointFormatException(
                    model.Path,
                    FormattableString.Invariant($"the residual stream at {name}, position {at / rows.Columns}, holds {rows.Values[at]}, expected finite numbers. The weights before it hold NaN or are too large."),
                    kind: "NonFiniteActivation");
            }
        }
    }

    private static Matrix Rows(Matrix rows, int first, int count) => new(count, rows.Columns, rows.Values[(first * rows.Columns)..((first + count) * rows.Columns)]);

    private static (int Target, int Rival) Choose(float[] logits, PromptTraceOptions options)
    {
        foreach (int? id in new[] { options.Target, options.Rival })
        {
            if (id is not null && (uint)id >= (uint)logits.Length)
                throw new ArgumentOutOfRangeException(nameof(options), id, $"the model predicts tokens 0 to {logits.Length - 1}");
        }

        if (logits.Length < 2)
            throw new ArgumentException("target and rival are two different tokens, the model predicts only one", nameof(options));
        Scored[] best = TopK.Largest(logits, 2);
        int target = options.Target ?? best.First(b => b.Index != options.Rival).Index;
        int rival = options.Rival ?? best.First(b => b.Index != target).Index;
        return target != rival
            ? (target, rival)
            : throw new ArgumentException($"target and rival are both token {target}: two different tokens span a plane", nameof(options));
    }

    private static Contribution BiasTerm(LanguageModel model, int target, int rival, float[] targetDirection, float[] rivalDirection)
    {
        Contribution norm = DirectContributions.Onto(model.Parts.FinalNormBias, targetDirection, rivalDirection);
        double bias = model.Parts.OutputBias(target);
        return new Contribution(norm.Target + bias, norm.TargetMinusRival + bias - model.Parts.OutputBias(rival));
    }

    /// <summary>The run kept this position's attention only: a pattern's one row.</summary>
    private static float[][][] Attention(Trace trace, int position) // [layer][head][key]
    {
        var layers = new float[trace.LayerCount][][];
        for (int layer = 0; layer < layers.Length; layer++)
            layers[layer] = [.. trace.AttentionPattern(layer).Select(head => head.Row(0)[..(position + 1)].ToArray())];
        return layers;
    }

    private static Conventions ConventionsOf(LanguageModel model, PromptTraceOptions options)
    {
        var notes = new List<string>
        {
            "rank 1 is highest, equal values by lower id",
            "lens: final norm of the site, then the unembedding, then softmax",
            "plane: e1 = U[target]/|U[target]|, e2 = U[rival] without its part along e1, normalised; inPlane = sqrt(x^2 + y^2)/|v|; normed = after the final norm, raw = the site itself",
        };
        if (DirectContributions.Exists(model.Config))
            notes.Add("contributions: direct, through the final norm at its actual scale; with biasTerm they add up to the logit");
        if (DirectContributions.Remark(model.Config) is { } remark)
            notes.Add(remark);
        return new Conventions
        {
            NaturalLog = true,
            Angles = "degrees",
            Tied = model.IsTied,
            StoredType = model.Unembedding.Rows.Type.ToString(),
            BeginTokenAdded = options.BeginTokenAdded,
            FinalNormApplied = model.Config.FinalNorm is not null,
            Notes = notes,
        };
    }
}
