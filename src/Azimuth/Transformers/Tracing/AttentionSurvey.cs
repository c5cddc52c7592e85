using System.Text.Json.Serialization;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Transformers.Tracing;

/// <summary>
/// What every head of a model does on a prompt, in a few numbers each: looking at the token before, at the first token, at itself, and on a repeated random sequence at what
/// came after the same token last time (Olsson et al. 2022, "In-context Learning and Induction Heads").
/// </summary>
public sealed record AttentionSurvey
{
    /// <summary>Queries before this position see too little for their looking to mean anything: from here on the token before is not the first one.</summary>
    private const int FirstQuery = 2;

    /// <summary>Every head, layer by layer.</summary>
    public required IReadOnlyList<HeadSummary> Heads { get; init; }

    /// <summary>Tokens of the random sequence that was run twice in a row; 0 where the context has no room for it.</summary>
    public required int RepeatedTokens { get; init; }

    /// <summary>Which random sequence.</summary>
    public required ulong Seed { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();

    /// <summary>Runs a prompt and a repeated random sequence.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ids">The prompt, at least three tokens.</param>
    /// <param name="options">The random sequence.</param>
    /// <param name="progress">The share of heads done.</param>
    /// <param name="cancellation">Checked between heads.</param>
    /// <exception cref="ArgumentException">Less than three tokens, an id outside the table, or more than the context.</exception>
    public static AttentionSurvey Of(
        LanguageModel model, ReadOnlySpan<int> ids, AttentionSurveyOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.RequireCausal();
        options ??= new AttentionSurveyOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.RepeatedTokens, nameof(options));
        if (ids.Length <= FirstQuery)
            throw new ArgumentException($"at least {FirstQuery + 1} tokens are needed, found {ids.Length}", nameof(ids));
        Trace prompt = model.Trace(ids, TraceSites.Query | TraceSites.Key, cancellation);
        int repeated = Math.Min(options.RepeatedTokens, (model.Config.LongestRun - options.Prefix.Count) / 2);
        Trace? twice = repeated < 2 ? null : model.Trace(Twice(model, options, repeated), TraceSites.Query | TraceSites.Key, cancellation);
        (int Layer, int Head)[] heads = [.. Enumerable.Range(0, model.Config.LayerCount)
            .SelectMany(layer => Enumerable.Range(0, model.Config.Layers[layer].Attention.HeadCount).Select(head => (layer, head)))];
        var summaries = new HeadSummary[heads.Length];
        int done = 0;
        model.Workers.Run(heads.Length, i =>
        {
            (int layer, int head) = heads[i];
            cancellation.ThrowIfCancellationRequested();
            AttentionConfig config = model.Config.Layers[layer].Attention;
            HeadSummary summary = Summarise(new HeadScores(config, prompt.Query(layer), prompt.Key(layer), head), prompt.Positions, layer, head, cancellation);
            summaries[i] = twice is null ? summary : summary with
            {
                Induction = Induction(new HeadScores(config, twice.Query(layer), twice.Key(layer), head), options.Prefix.Count, repeated),
            };
            progress?.Report((double)Interlocked.Increment(ref done) / heads.Length);
        });
        return new AttentionSurvey
        {
            Heads = summaries,
            RepeatedTokens = twice is null ? 0 : repeated,
            Seed = options.Seed,
            Conventions = ConventionsOf(twice is null ? 0 : repeated, options),
        };
    }

    private static HeadSummary Summarise(HeadScores scores, int positions, int layer, int head, CancellationToken cancellation)
    {
        double previous = 0, first = 0, self = 0, entropy = 0, nearest = 0;
        var buffer = new double[positions];
        for (int position = FirstQuery; position < positions; position++)
        {
            if (position % 256 == 0)
                cancellation.ThrowIfCancellationRequested();
            int low = scores.FirstSeen(position), seen = position - low + 1;
            Span<double> row = buffer.AsSpan(0, seen);
            scores.Products(position, row);
            int closest = Closest(scores, low, row);
            double nats = scores.Weights(position, row, row);
            previous += seen > 1 ? row[^2] : 0;
            first += low == 0 ? row[0] : 0;
            self += row[^1];
            entropy += seen > 1 ? nats / Math.Log(seen) : 0;
            nearest += HeadScores.Largest(row) == closest ? 1 : 0;
        }

        int queries = positions - FirstQuery;
        return new HeadSummary
        {
            Layer = layer,
            Head = head,
            PreviousToken = previous / queries,
            FirstToken = first / queries,
            Self = self / queries,
            EntropyShare = entropy / queries,
            NearestShare = nearest / queries,
        };
    }

    /// <summary>The key with the largest cosine to the query, whose own length is the same for all; zero keys have no direction.</summary>
    private static int Closest(HeadScores scores, int low, ReadOnlySpan<double> products)
    {
        int best = -1;
        double largest = double.NegativeInfinity;
        for (int i = 0; i < products.Length; i++)
        {
            double cosine = products[i] / scores.KeyNorm(low + i);
            if (cosine > largest)
                (best, largest) = (i, cosine);
        }

        return best;
    }

    /// <summary>Mean weight, over the second copy, on the token that followed the same token in the first.</summary>
    private static double Induction(HeadScores scores, int prefix, int repeated)
    {
        double sum = 0;
        var buffer = new double[prefix + 2 * repeated];
        for (int position = prefix + repeated; position < buffer.Length; position++)
        {
            int low = scores.FirstSeen(position), target = position - repeated + 1;
            Span<double> row = buffer.AsSpan(0, position - low + 1);
            scores.Products(position, row);
            scores.Weights(position, row, row);
            sum += target >= low ? row[target - low] : 0;
        }

        return sum / repeated;
    }

    private static int[] Twice(LanguageModel model, AttentionSurveyOptions options, int repeated)
    {
        var random = new SeededRandom(options.Seed);
        int[] sequence = [.. Enumerable.Range(0, repeated).Select(_ => random.NextInt32(model.Config.VocabSize))];
        return [.. options.Prefix, .. sequence, .. sequence];
    }

    private static Conventions ConventionsOf(int repeated, AttentionSurveyOptions options) => new()
    {
        NaturalLog = true,
        Angles = "degrees",
        Notes =
        [
            FormattableString.Invariant($"means over the queries from position {FirstQuery} on, all heads, nothing sampled"),
            "previousToken, firstToken, self: mean weight on the token before, on position 0, on the query's own position",
            "entropyShare: entropy of the weights over ln(positions seen), 0 to 1",
            "nearestShare: how often the largest weight is on the key with the smallest angle to the query",
            repeated == 0
                ? "no induction score: the context has no room for a repeated sequence"
                : FormattableString.Invariant($"induction: {repeated} random ids twice, seed {options.Seed}"),
            "induction: mean weight, over the second copy, on the position after the same token in the first",
        ],
    };
}

/// <summary>The random sequence of the induction score.</summary>
public sealed record AttentionSurveyOptions
{
    /// <summary>Tokens of the sequence that is run twice; 0 for no induction score.</summary>
    public int RepeatedTokens { get; init; } = 32;

    /// <summary>Which random sequence.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Ids in front of it, such as a begin token.</summary>
    public IReadOnlyList<int> Prefix { get; init; } = [];
}

/// <summary>What one head does on a prompt.</summary>
public sealed record HeadSummary
{
    /// <summary>The layer, from 0.</summary>
    public required int Layer { get; init; }

    /// <summary>The head, from 0.</summary>
    public required int Head { get; init; }

    /// <summary>Mean weight on the position before the query's.</summary>
    public required double PreviousToken { get; init; }

    /// <summary>Mean weight on position 0: heads with nothing to do put it there (Xiao et al. 2023, "attention sinks").</summary>
    public required double FirstToken { get; init; }

    /// <summary>Mean weight on the query's own position.</summary>
    public required double Self { get; init; }

    /// <summary>Mean entropy of the weights as a share of ln(positions seen): 1 where all are equal.</summary>
    public required double EntropyShare { get; init; }

    /// <summary>How often the largest weight is on the key nearest by angle.</summary>
    public required double NearestShare { get; init; }

    /// <summary>Mean weight on what followed the same token in the first copy of a repeated random sequence; null where there was no room for one.</summary>
    public double? Induction { get; init; }
}
