namespace Azimuth.Tokenization;

/// <summary>A stretch of normalised text that no token crosses, as the pre-tokenizer made it.</summary>
/// <param name="Text">The piece, perhaps rewritten: a byte-level pre-tokenizer spells it in its alphabet ("Ġnext").</param>
/// <param name="Range">Where it lies in the normalised text, in code points.</param>
public sealed record TokenPiece(string Text, TextRange Range);

/// <summary>A text on its way to tokens: what <see cref="Tokenizer.Stages"/> shows.</summary>
/// <param name="Normalized">The normalised text.</param>
/// <param name="Pieces">The pieces the model sees, one after the other.</param>
public sealed record TokenStages(string Normalized, IReadOnlyList<TokenPiece> Pieces);
