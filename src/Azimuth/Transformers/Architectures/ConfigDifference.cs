using System.Globalization;
using Azimuth.Transformers.Positions;

namespace Azimuth.Transformers.Architectures;

/// <summary>A setting in which two configs compute different things.</summary>
/// <param name="Setting">In words.</param>
/// <param name="Expected">The first config's value.</param>
/// <param name="Found">The second's.</param>
internal sealed record ConfigDifference(string Setting, string Expected, string Found)
{
    /// <summary>Numbers that went through single precision agree to this share.</summary>
    private const double Rounding = 1e-6;

    private static readonly (string Name, Func<TransformerConfig, object?> Of)[] Parts =
    [
        ("the size of the vocabulary", c => c.VocabSize),
        ("the context", c => c.ContextLength),
        ("the width", c => c.ModelDim),
        ("the width of the token table", c => c.Embedding.Dim),
        ("the projection of the token table", c => c.Embedding.Projection),
        ("the factor on the embedding", c => c.Embedding.Scale),
        ("the token types", c => c.Embedding.TokenTypes),
        ("the norm of the embedding", c => Plain(c.Embedding.Norm)),
        ("the table of positions", c => c.Embedding.Positions),
        ("the final norm", c => Plain(c.FinalNorm)),
        ("a tied output table", c => c.Output.Tied),
        ("a bias on the logits", c => c.Output.HasBias),
        ("logits", c => c.Output.HasLogits),
        ("the head before the logits", c => c.Output.Head),
        ("the pooler", c => c.HasPooler),
        ("the factor on the logits", c => c.Output.LogitScale),
        ("the cap on the logits", c => c.Output.LogitSoftCap),
        ("the number of layers", c => c.LayerCount),
    ];

    private static readonly (string Name, Func<LayerConfig, object?> Of)[] LayerParts =
    [
        ("where the norms stand", l => l.Shape),
        ("the norms", l => Plain(l.Norm)),
        ("a norm before the attention", l => l.HasAttentionNorm),
        ("weights of another layer", l => l.WeightsOf),
        ("the factor on what is added", l => l.ResidualScale),
        ("the attention heads", l => l.Attention.HeadCount),
        ("the key-value heads", l => l.Attention.KeyValueHeadCount),
        ("the width of a head", l => l.Attention.HeadDim),
        ("the factor on attention scores", l => l.Attention.Scale),
        ("biases of queries, keys and values", l => l.Attention.HasInputBias),
        ("the bias after attention", l => l.Attention.HasOutputBias),
        ("attention to what comes before alone", l => l.Attention.IsCausal),
        ("the window", l => l.Attention.Window),
        ("the cap on attention scores", l => l.Attention.SoftCap),
        ("the clipping of queries, keys and values", l => l.Attention.Clip),
        ("the norm of queries and keys", l => l.Attention.QueryKeyNorm is { } norm ? norm with { Norm = Plain(norm.Norm)! } : null),
        ("ALiBi", l => l.Attention.AlibiSlopes is { } slopes ? $"{string.Join(' ', slopes)} times {l.Attention.AlibiScale}{(l.Attention.AlibiIsRounded ? ", rounded" : "")}" : null),
        ("biases by distance", l => l.Attention.RelativeBias),
        ("rotary positions", l => l.Attention.Rotary is { } rotary ? (rotary.Dim, rotary.Pairing) : null),
        ("the activation", l => l.Mlp.Activation),
        ("the gate", l => l.Mlp.IsGated),
        ("the inner width", l => l.Mlp.HiddenDim),
        ("biases of the MLP", l => l.Mlp.HasBias),
        ("the experts", l => l.Mlp.Experts),
    ];

    /// <summary>The first setting that differs, or null. Family names and whether gains are stored as their difference from one do not count: they change no number.</summary>
    public static ConfigDifference? Find(TransformerConfig expected, TransformerConfig found)
    {
        foreach (var (name, of) in Parts)
        {
            if (Compare(name, of(expected), of(found)) is { } difference)
                return difference;
        }

        for (int layer = 0; layer < expected.LayerCount; layer++)
        {
            LayerConfig one = expected.Layers[layer], other = found.Layers[layer];
            foreach (var (name, of) in LayerParts)
            {
                if (Compare($"{name} in layer {layer}", of(one), of(other)) is { } difference)
                    return difference;
            }

            if (one.Attention.Rotary is { } rotary && !TurnsAlike(rotary, other.Attention.Rotary!, expected.ContextLength))
                return new ConfigDifference($"the rotary frequencies in layer {layer}", Describe(rotary), Describe(other.Attention.Rotary!));
        }

        return null;
    }

    private static ConfigDifference? Compare(string name, object? expected, object? found) =>
        Equals(expected, found) ? null : new ConfigDifference(name, Show(expected), Show(found));

    private static NormConfig? Plain(NormConfig? norm) => norm is null ? null : norm with { GainIsOffset = false };

    /// <summary>Scalings of different kinds may come to the same: llama3's is worked into a divisor a pair.</summary>
    private static bool TurnsAlike(RotaryConfig one, RotaryConfig other, int contextLength)
    {
        bool Near(double a, double b) => Math.Abs(a - b) <= Rounding * Math.Abs(a);
        if (one.Scaling.DependsOnLength != other.Scaling.DependsOnLength || !Near(RotaryFrequencies.AttentionFactor(one.Scaling), RotaryFrequencies.AttentionFactor(other.Scaling)))
            return false;
        int[] lengths = one.Scaling switch
        {
            RotaryScaling.Long factors => [1, factors.OriginalContext, factors.OriginalContext + 1, contextLength],
            RotaryScaling.Dynamic dynamic => [1, dynamic.OriginalContext, 2 * dynamic.OriginalContext],
            _ => [1],
        };
        return lengths.All(length => RotaryFrequencies.Of(one, length).Zip(RotaryFrequencies.Of(other, length)).All(pair => Near(pair.First, pair.Second)));
    }

    private static string Describe(RotaryConfig rotary) => FormattableString.Invariant($"base {rotary.Base} {(rotary.Scaling is RotaryScaling.Unscaled ? "without" : $"with {rotary.Scaling.GetType().Name.ToLowerInvariant()}")} scaling");

    private static string Show(object? value) => value switch
    {
        null => "none",
        bool flag => flag ? "yes" : "no",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "none",
    };
}
