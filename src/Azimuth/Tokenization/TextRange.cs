namespace Azimuth.Tokenization;

/// <summary>A half-open stretch [<paramref name="Start"/>, <paramref name="End"/>) of a text; the unit (code points or UTF-8 bytes) is that of whoever holds it.</summary>
/// <param name="Start">First unit.</param>
/// <param name="End">One past the last unit.</param>
public readonly record struct TextRange(int Start, int End)
{
    /// <summary>How many units it covers.</summary>
    public int Length => End - Start;

    /// <summary>"3..7".</summary>
    public override string ToString() => FormattableString.Invariant($"{Start}..{End}");
}
