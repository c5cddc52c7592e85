using System.Text.Json.Serialization;
using Azimuth.Embeddings;

namespace Azimuth.Vocabulary;

/// <summary>Whether a token can be the single most probable one.</summary>
public enum ReachVerdict
{
    /// <summary>A vector was found for which it wins, and checked against every other row.</summary>
    Reachable,

    /// <summary>Other rows make up its row, and their mixture was checked: it can tie at best.</summary>
    Unreachable,

    /// <summary>Neither could be shown in double precision.</summary>
    Undecided,
}

/// <summary>A row's share in a mixture.</summary>
/// <param name="Id">Row number.</param>
/// <param name="Weight">Above 0; the weights of a mixture add up to 1.</param>
public sealed record MixtureWeight(int Id, double Weight);

/// <summary>A token that cannot win, and why: its row is a mixture of other rows, so its logit is never above the highest of theirs.</summary>
public sealed record UnreachableToken
{
    /// <summary>Row number.</summary>
    public required int Id { get; init; }

    /// <summary>Decoded text, blanks as they are.</summary>
    public required string Text { get; init; }

    /// <summary>The other rows that make up its row, by id.</summary>
    public required IReadOnlyList<MixtureWeight> Certificate { get; init; }

    /// <summary>Largest absolute difference between the mixture and the row.</summary>
    public required double Residual { get; init; }

    /// <summary>The mixture's bias less the token's own, at least 0 up to rounding; null without a bias.</summary>
    public required double? BiasSlack { get; init; }

    /// <summary>True when another row has the very same numbers.</summary>
    public required bool IsDuplicate { get; init; }
}

/// <summary>A token for which neither proof holds in double precision.</summary>
/// <param name="Id">Row number.</param>
/// <param name="Text">Decoded text, blanks as they are.</param>
/// <param name="Margin">Its logit less the highest other one at the best vector found (of length 1 where there is no bias).</param>
/// <param name="MarginNeeded">The margin above which rounding cannot have made it.</param>
/// <param name="Residual">Largest absolute difference between its row and the best mixture of others.</param>
/// <param name="ResidualAllowed">The difference up to which a mixture counts as the row.</param>
public sealed record UndecidedToken(int Id, string Text, double Margin, double MarginNeeded, double Residual, double ResidualAllowed);

/// <summary>Which tokens of an output table can be the strict argmax of the logits for some vector before the unembedding.</summary>
public sealed record UnreachableReport
{
    /// <summary>The table's name.</summary>
    public required string Table { get; init; }

    /// <summary>Number of rows.</summary>
    public required int Rows { get; init; }

    /// <summary>Length of a row.</summary>
    public required int Columns { get; init; }

    /// <summary>Whether a bias is added to the logits.</summary>
    public required bool HasBias { get; init; }

    /// <summary>Tokens with a vector for which they win.</summary>
    public required int Reachable { get; init; }

    /// <summary>Of these, tokens that win with the direction of their own whitened row; the others needed a search.</summary>
    public required int ReachableByOwnDirection { get; init; }

    /// <summary>Tokens that cannot win, by id.</summary>
    public required IReadOnlyList<UnreachableToken> Unreachable { get; init; }

    /// <summary>Tokens for which neither could be shown, by id.</summary>
    public required IReadOnlyList<UndecidedToken> Undecided { get; init; }

    /// <summary>The largest difference between a row and its mixture that was accepted.</summary>
    public required double ResidualAllowed { get; init; }

    /// <summary>The verdict on each row, by id.</summary>
    [JsonIgnore]
    public IReadOnlyList<ReachVerdict> Verdicts { get; init; } = [];

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();

    [JsonIgnore]
    internal Func<int, double[]?> Winning { get; init; } = _ => null;

    /// <summary>
    /// A vector h [columns] for which the token wins: row·h + bias is above every other row's, checked in double. Null for a token that is not
    /// reachable. Computed again when asked for, where it follows from the token's own row.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    public double[]? WinningVector(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, Rows);
        return Verdicts[id] == ReachVerdict.Reachable ? Winning(id) : null;
    }
}
