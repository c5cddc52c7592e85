namespace Azimuth.Tokenization.Patterns;

/// <summary>A parsed regular expression.</summary>
internal abstract record PatternNode;

/// <summary>One code point of a class.</summary>
internal sealed record OneOf(PointClass Class) : PatternNode;

/// <summary>One after the other; none matches the empty text.</summary>
internal sealed record InOrder(IReadOnlyList<PatternNode> Parts) : PatternNode;

/// <summary>The first of several that lets the rest match.</summary>
internal sealed record Alternatives(IReadOnlyList<PatternNode> Parts) : PatternNode;

/// <summary>A part repeated; <see cref="Unlimited"/> for no upper bound.</summary>
internal sealed record Repeated(PatternNode Part, int Minimum, int Maximum, Greed Greed) : PatternNode
{
    /// <summary>No upper bound.</summary>
    public const int Unlimited = int.MaxValue;
}

/// <summary>A part that is not tried again in another way once it matched.</summary>
internal sealed record Atomic(PatternNode Part) : PatternNode;

/// <summary>Whether a part matches here, ahead of or behind the place, without moving.</summary>
internal sealed record Look(PatternNode Part, bool Behind, bool Negative) : PatternNode;

/// <summary>A place.</summary>
internal sealed record At(Place Place) : PatternNode;

/// <summary>How many repetitions are tried first.</summary>
internal enum Greed
{
    /// <summary>As many as possible.</summary>
    Greedy,

    /// <summary>As few as possible.</summary>
    Lazy,

    /// <summary>As many as possible, and never fewer.</summary>
    Possessive,
}

/// <summary>Places that match nothing.</summary>
internal enum Place
{
    /// <summary>\A</summary>
    TextStart,

    /// <summary>\z</summary>
    TextEnd,

    /// <summary>\Z: the end, or before a line feed there.</summary>
    TextEndOrLastLine,

    /// <summary>^ of Oniguruma: the text's start, or behind a line feed that does not end the text.</summary>
    LineStart,

    /// <summary>$ of Oniguruma: the text's end, or before a line feed.</summary>
    LineEnd,

    /// <summary>\b</summary>
    WordBoundary,

    /// <summary>\B</summary>
    NoWordBoundary,
}
