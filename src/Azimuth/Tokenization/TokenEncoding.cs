namespace Azimuth.Tokenization;

/// <summary>
/// What <see cref="Tokenizer.Encode(string, bool)"/> makes of a text: parallel arrays, one entry a token. Ranges of tokens that share a character overlap
/// (a byte-level token that holds part of 😀 carries the whole of it); tokens the post-processor added have the range 0..0.
/// </summary>
public sealed record TokenEncoding
{
    /// <summary>Token ids.</summary>
    public required int[] Ids { get; init; }

    /// <summary>The tokens as the vocabulary spells them ("Ġnext", "▁next"); one that takes blanks along, with them (" &lt;mask&gt;").</summary>
    public required string[] Tokens { get; init; }

    /// <summary>The part of the text each token stands for, in Unicode code points (an unpaired surrogate counts as one).</summary>
    public required TextRange[] Characters { get; init; }

    /// <summary>The same in bytes of the text's UTF-8 form (an unpaired surrogate counts as U+FFFD, three bytes).</summary>
    public required TextRange[] Bytes { get; init; }

    /// <summary>True for tokens the post-processor added (beginning, end, separators) and for padding; false for every token of the text, also a literal "&lt;/s&gt;".</summary>
    public required bool[] SpecialMask { get; init; }

    /// <summary>Segment numbers of encoder models: 0 for the first text, usually 1 for the second.</summary>
    public required int[] TypeIds { get; init; }

    /// <summary>Which of the two texts a token belongs to: 0, 1, or null for tokens the post-processor added and for padding. Ranges count within that text.</summary>
    public required int?[] SequenceIds { get; init; }

    /// <summary>What a model looks at: false for padding only.</summary>
    public bool[] AttentionMask
    {
        get => field ??= [.. Ids.Select(_ => true)];
        init;
    }

    /// <summary>
    /// What truncation cut off, as further encodings in the reference library's order; none without truncation. Made anew each time it is gone through: for two texts
    /// there are as many as the product of their windows.
    /// </summary>
    public IEnumerable<TokenEncoding> Overflowing { get; init; } = [];

    /// <summary>Number of tokens.</summary>
    public int Count => Ids.Length;
}
