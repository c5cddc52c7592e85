using System.Text.Json.Nodes;
using Azimuth.Transformers.Positions;

namespace Azimuth.Transformers.Architectures;

/// <summary>Rotary scaling as config.json's <c>rope_scaling</c>.</summary>
internal static class FolderRotary
{
    public static JsonObject? Scaling(RotaryConfig rotary, int contextLength) => rotary.Scaling switch
    {
        RotaryScaling.Linear linear => new() { ["rope_type"] = "linear", ["factor"] = linear.Factor },
        RotaryScaling.Yarn yarn => new()
        {
            ["rope_type"] = "yarn",
            ["factor"] = yarn.Factor,
            ["original_max_position_embeddings"] = yarn.OriginalContext,
            ["attention_factor"] = yarn.AttentionFactor,
            ["beta_fast"] = FolderConfigWriter.Number((float)yarn.BetaFast),
            ["beta_slow"] = FolderConfigWriter.Number((float)yarn.BetaSlow),
        },
        RotaryScaling.Long factors => new()
        {
            ["rope_type"] = "longrope",
            ["short_factor"] = List(factors.ShortFactors),
            ["long_factor"] = List(factors.LongFactors),
            ["attention_factor"] = factors.AttentionFactor,
        },
        RotaryScaling.Divisors divisors => Llama3(rotary, divisors, contextLength),
        _ => null,
    };

    private static JsonArray List(IReadOnlyList<double> values) => new([.. values.Select(value => JsonValue.Create(FolderConfigWriter.Number((float)value)))]);

    /// <summary>
    /// GGUF files hold llama3 scaling worked into a divisor a pair. Its factor is the largest divisor; with the two bounds that every published model has, 1 and 4, a
    /// pair in the passage between them tells the original context.
    /// </summary>
    private static JsonObject Llama3(RotaryConfig rotary, RotaryScaling.Divisors divisors, int contextLength)
    {
        double factor = Math.Round(divisors.Factors.Max(), 4);
        double[] plain = RotaryFrequencies.Of(rotary with { Scaling = RotaryScaling.None }, contextLength);
        double original = 8192;
        for (int i = 0; i < plain.Length; i++)
        {
            double kept = (1 / divisors.Factors[i] - 1 / factor) / (1 - 1 / factor);
            if (kept is > 0.001 and < 0.999)
                original = Math.Round((3 * kept + 1) * 2 * Math.PI / plain[i]);
        }

        return new JsonObject
        {
            ["rope_type"] = "llama3",
            ["factor"] = factor,
            ["low_freq_factor"] = 1.0,
            ["high_freq_factor"] = 4.0,
            ["original_max_position_embeddings"] = (int)Math.Clamp(original, 1, 1 << 24),
        };
    }
}
