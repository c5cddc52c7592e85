using System.Text.Json;
using System.Text.Json.Serialization;
using Azimuth.Embeddings;

namespace Azimuth.Transformers.Tracing;

/// <summary>
/// What following one prompt through the model shows (DESIGN §7). Serialised in camelCase it is one entry of <c>prompts[]</c> of
/// <c>azimuth trace --json</c> and the trace section of the report. Natural logarithms, degrees; rank 1 is highest, equal values by lower id.
/// </summary>
public sealed record PromptTrace
{
    /// <summary>The prompt; null when only ids were given.</summary>
    public required string? Text { get; init; }

    /// <summary>Token ids as they were run.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>The same ids with their texts.</summary>
    public required IReadOnlyList<TokenRef> Tokens { get; init; }

    /// <summary>The position looked at; the last one unless asked otherwise.</summary>
    public required int Position { get; init; }

    /// <summary>The token asked about; the most probable one unless given.</summary>
    public required TokenRef Target { get; init; }

    /// <summary>The rival; the most probable other token unless given.</summary>
    public required TokenRef Rival { get; init; }

    /// <summary>The target's logit at <see cref="Position"/>.</summary>
    public required double LogitTarget { get; init; }

    /// <summary>The rival's logit.</summary>
    public required double LogitRival { get; init; }

    /// <summary>The target's probability.</summary>
    public required double ProbabilityTarget { get; init; }

    /// <summary>The target's rank among all logits.</summary>
    public required int RankTarget { get; init; }

    /// <summary>The ten most probable next tokens.</summary>
    public required IReadOnlyList<TokenProbability> Top10 { get; init; }

    /// <summary>−ln p of each token given those before it, from the second token on: [ids − 1].</summary>
    public required IReadOnlyList<double> LossNatsPerPosition { get; init; }

    /// <summary>One entry for the embedding, then for each layer <c>resid_mid.L</c> (absent in parallel blocks) and <c>resid_post.L</c>.</summary>
    public required IReadOnlyList<TraceSite> Sites { get; init; }

    /// <summary>
    /// Direct contributions through the final norm at its actual scale: <c>tokenEmbedding</c>, <c>positionEmbedding</c>, <c>head.L.H</c> (without the
    /// output bias), <c>attentionBias.L</c>, <c>mlp.L</c>. With <see cref="BiasTerm"/> they add up to the logit.
    /// </summary>
    public required IReadOnlyDictionary<string, Contribution> Contributions { get; init; }

    /// <summary>What the final norm's bias (and the unembedding's) adds.</summary>
    public required Contribution BiasTerm { get; init; }

    /// <summary>Temperature sweep.</summary>
    public required IReadOnlyList<TemperaturePoint> Confidence { get; init; }

    /// <summary>softmax(s · logits): scaling the final vector by s.</summary>
    public required IReadOnlyList<LengthPoint> Length { get; init; }

    /// <summary>Attention from <see cref="Position"/>: [layer][head][position].</summary>
    public required IReadOnlyList<IReadOnlyList<IReadOnlyList<float>>> AttentionLastPosition { get; init; }

    /// <summary>Greedy continuation of the prompt, 20 tokens.</summary>
    public required IReadOnlyList<TokenRef> Greedy20 { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();
}

/// <summary>The residual stream at one site, at the traced position.</summary>
public sealed record TraceSite
{
    /// <summary><c>embedding</c>, <c>resid_mid.L</c> or <c>resid_post.L</c>.</summary>
    public required string Site { get; init; }

    /// <summary>Euclidean length.</summary>
    public required double Norm { get; init; }

    /// <summary>The length at every position.</summary>
    public required IReadOnlyList<double> NormAllPositions { get; init; }

    /// <summary>Angle in degrees to the last residual stream, before the final norm.</summary>
    public required double? AngleToFinal { get; init; }

    /// <summary>Angle in degrees between the site itself and the target's output row.</summary>
    public required double? AngleToTargetRaw { get; init; }

    /// <summary>The same after the final norm (gain and bias included).</summary>
    public required double? AngleToTargetNormed { get; init; }

    /// <summary>Logit lens: final norm of the site, the unembedding, softmax.</summary>
    public required IReadOnlyList<TokenProbability> LensTop5 { get; init; }

    /// <summary>The target's probability by the lens.</summary>
    public required double TargetProbability { get; init; }

    /// <summary>The target's rank by the lens.</summary>
    public required int TargetRank { get; init; }

    /// <summary>The normed vector in the plane of target and rival.</summary>
    public required PlanePoint PlaneNormed { get; init; }

    /// <summary>The site itself in that plane.</summary>
    public required PlanePoint PlaneRaw { get; init; }
}

/// <summary>
/// Coordinates along e1 = U[target]/|U[target]| and e2 = U[rival] without its part along e1, normalised; <paramref name="InPlane"/> = √(x² + y²)/|v|.
/// </summary>
/// <param name="X">Along the target's output direction.</param>
/// <param name="Y">Across it, towards the rival.</param>
/// <param name="InPlane">Share of the vector's length inside the plane, 0 to 1.</param>
public sealed record PlanePoint(double X, double Y, double InPlane);

/// <summary>Part of a logit, and of the difference of two logits.</summary>
/// <param name="Target">Onto the target's output row.</param>
/// <param name="TargetMinusRival">Onto target row minus rival row.</param>
public sealed record Contribution(double Target, double TargetMinusRival);

/// <summary>The next-token distribution at one temperature; <paramref name="Temperature"/> may be 0 (argmax) or +∞ (uniform; "inf" in JSON).</summary>
/// <param name="Temperature">0 to +∞.</param>
/// <param name="ProbabilityTarget">The target's probability.</param>
/// <param name="ProbabilityTop">The largest probability.</param>
/// <param name="EntropyNats">Entropy in nats.</param>
/// <param name="TokensFor90Percent">How many of the most probable tokens make up 90 %.</param>
public sealed record TemperaturePoint([property: JsonConverter(typeof(InfinityJsonConverter))] double Temperature, double ProbabilityTarget, double ProbabilityTop, double EntropyNats, int TokensFor90Percent)
{
    /// <summary>The same entropy in bits.</summary>
    public double EntropyBits => EntropyNats / Math.Log(2);
}

/// <summary>The target's probability when the final vector is scaled.</summary>
/// <param name="Scale">Factor s.</param>
/// <param name="ProbabilityTarget">softmax(s · logits)[target].</param>
/// <param name="EntropyNats">Entropy in nats.</param>
public sealed record LengthPoint(double Scale, double ProbabilityTarget, double EntropyNats);

/// <summary>Writes +∞, which JSON has no number for, as the string "inf", and reads it back; every other number as a number.</summary>
internal sealed class InfinityJsonConverter : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("inf"u8) ? double.PositiveInfinity : reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsPositiveInfinity(value))
            writer.WriteStringValue("inf");
        else
            writer.WriteNumberValue(value);
    }
}
