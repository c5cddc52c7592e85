using System.Text.Json.Serialization;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Transformers.Tracing;

/// <summary>
/// Where one head looks from one position, as a search for neighbours: softmax of scaled products is a soft nearest neighbour, in which a key's length counts beside its
/// angle to the query.
/// </summary>
public sealed record AttentionRow
{
    /// <summary>The layer, from 0.</summary>
    public required int Layer { get; init; }

    /// <summary>The head, from 0.</summary>
    public required int Head { get; init; }

    /// <summary>The key-value head it reads; several heads may share one.</summary>
    public required int KeyHead { get; init; }

    /// <summary>The query's position.</summary>
    public required int Position { get; init; }

    /// <summary>The query's token.</summary>
    public required TokenRef Token { get; init; }

    /// <summary>|q|, after norm and rotation.</summary>
    public required double QueryNorm { get; init; }

    /// <summary>Factor on q·k.</summary>
    public required double Scale { get; init; }

    /// <summary>c of c·tanh(score/c); null without a soft cap.</summary>
    public required double? SoftCap { get; init; }

    /// <summary>How much a score falls a position of distance; null without ALiBi.</summary>
    public required double? AlibiSlope { get; init; }

    /// <summary>The positions it sees, ascending.</summary>
    public required IReadOnlyList<AttentionKey> Keys { get; init; }

    /// <summary>Entropy of the weights, 0 to ln(positions seen).</summary>
    public required double EntropyNats { get; init; }

    /// <summary>The position with the largest weight, the lowest of equal ones.</summary>
    public required int Largest { get; init; }

    /// <summary>The position whose key has the smallest angle to the query, the lowest of equal ones; −1 where none has a direction.</summary>
    public required int Nearest { get; init; }

    /// <summary>Largest difference between the run's own weights and the softmax of the scores shown here.</summary>
    public required double ReproductionError { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();

    /// <summary>Runs a prompt and reads one head's attention from one position.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ids">The prompt.</param>
    /// <param name="layer">From 0.</param>
    /// <param name="head">From 0.</param>
    /// <param name="position">The query's; the last one when null.</param>
    /// <param name="cancellation">Checked between the parts of the run.</param>
    /// <exception cref="ArgumentException">No such layer, head or position, no ids, an id outside the table, or more than the context.</exception>
    public static AttentionRow Of(LanguageModel model, ReadOnlySpan<int> ids, int layer, int head, int? position = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.RequireCausal();
        ArgumentOutOfRangeException.ThrowIfNegative(layer);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(layer, model.Config.LayerCount);
        AttentionConfig config = model.Config.Layers[layer].Attention;
        ArgumentOutOfRangeException.ThrowIfNegative(head);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(head, config.HeadCount);
        int at = position ?? ids.Length - 1;
        if ((uint)at >= (uint)ids.Length && ids.Length > 0)
            throw new ArgumentOutOfRangeException(nameof(position), position, $"the prompt has positions 0 to {ids.Length - 1}");

        Trace trace = model.Trace(ids, TraceSites.Query | TraceSites.Key | TraceSites.AttentionPattern, at, cancellation);
        var scores = new HeadScores(config, trace.Query(layer), trace.Key(layer), head);
        int low = scores.FirstSeen(at);
        var products = new double[at - low + 1];
        scores.Products(at, products);
        var weights = new double[products.Length];
        double entropy = scores.Weights(at, products, weights);
        ReadOnlySpan<float> own = trace.AttentionPattern(layer)[head].Row(0)[low..(at + 1)];
        var keys = new AttentionKey[products.Length];
        double error = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            int key = low + i;
            error = Math.Max(error, Math.Abs(own[i] - weights[i]));
            keys[i] = new AttentionKey
            {
                Position = key,
                Token = new TokenRef(ids[key], model.TokenEmbedding.Text(ids[key])),
                Weight = own[i],
                Score = scores.Score(at, key, products[i]),
                ScaledProduct = products[i] * config.Scale,
                AlibiBias = scores.AlibiBias(at, key),
                Cosine = Vectors.Cosine(scores.Query(at), scores.Key(key)),
                AngleDegrees = Vectors.AngleDegrees(scores.Query(at), scores.Key(key)),
                KeyNorm = scores.KeyNorm(key),
            };
        }

        return new AttentionRow
        {
            Layer = layer,
            Head = head,
            KeyHead = scores.KeyHead,
            Position = at,
            Token = new TokenRef(ids[at], model.TokenEmbedding.Text(ids[at])),
            QueryNorm = Vectors.Norm(scores.Query(at)),
            Scale = config.Scale,
            SoftCap = config.SoftCap,
            AlibiSlope = scores.Slope,
            Keys = keys,
            EntropyNats = entropy,
            Largest = keys.MaxBy(key => key.Weight)!.Position,
            Nearest = keys.Where(key => key.Cosine is not null).MaxBy(key => key.Cosine)?.Position ?? -1,
            ReproductionError = error,
            Conventions = new Conventions
            {
                NaturalLog = true,
                Angles = "degrees",
                Notes =
                [
                    SiteOf(config),
                    "score: what goes into the softmax, q·k times scale" + (config.SoftCap is null ? "" : ", soft cap") + (config.HasAlibi ? ", ALiBi" : ""),
                ],
            },
        };
    }

    /// <summary>Where queries and keys are looked at.</summary>
    internal static string SiteOf(AttentionConfig config) =>
        "queries and keys as they meet, " + (config.QueryKeyNorm is null ? "" : "after their norm and ") + (config.Rotary is null ? "not rotated in this layer" : "rotated by position");
}

/// <summary>One position that a query sees.</summary>
public sealed record AttentionKey
{
    /// <summary>The key's position.</summary>
    public required int Position { get; init; }

    /// <summary>Its token.</summary>
    public required TokenRef Token { get; init; }

    /// <summary>Its share of the attention, from the run itself; all add up to 1.</summary>
    public required double Weight { get; init; }

    /// <summary>What goes into the softmax: scaled product, soft cap, ALiBi.</summary>
    public required double Score { get; init; }

    /// <summary>q·k · scale.</summary>
    public required double ScaledProduct { get; init; }

    /// <summary>What ALiBi adds; null without it.</summary>
    public required double? AlibiBias { get; init; }

    /// <summary>Cosine of query and key; null where either is zero.</summary>
    public required double? Cosine { get; init; }

    /// <summary>Angle between them; null where either is zero.</summary>
    public required double? AngleDegrees { get; init; }

    /// <summary>|k|.</summary>
    public required double KeyNorm { get; init; }
}
