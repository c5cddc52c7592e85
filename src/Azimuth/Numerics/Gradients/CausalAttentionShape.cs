namespace Azimuth.Numerics;

/// <summary>What an attention computes, for training: each position looks at itself and those before it.</summary>
internal sealed record CausalAttentionShape
{
    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key-value heads, a divisor of the query heads.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width of a head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Factor on q·k.</summary>
    public required float Scale { get; init; }

    /// <summary>Positions less than this away are seen, the own one included; null for all before.</summary>
    public int? Window { get; init; }

    /// <summary>c in c·tanh(score / c); null for none.</summary>
    public float? SoftCap { get; init; }

    /// <summary>[head][distance]: added to the scores; null for none.</summary>
    public float[][]? BiasByDistance { get; init; }

    /// <summary>[head][key]: added to the scores of a key for every query, a constant for each query apart; null for none.</summary>
    public float[][]? BiasByKey { get; init; }

    /// <summary>Width of a row [queries | keys | values].</summary>
    public int RowWidth => (Heads + 2 * KeyValueHeads) * HeadDim;

    /// <summary>Width of all query heads.</summary>
    public int QueryWidth => Heads * HeadDim;
}
