namespace Azimuth.Tokenization.Models;

/// <summary>How a unigram model treats what it has no token for, and which of the two libraries it follows.</summary>
internal sealed record UnigramOptions
{
    /// <summary>The token for characters the vocabulary lacks; null refuses texts that have some.</summary>
    public int? UnknownId { get; init; }

    /// <summary>The score of an unknown character.</summary>
    public required double UnknownScore { get; init; }

    /// <summary>Characters the vocabulary lacks become their UTF-8 bytes, tokens &lt;0x00&gt; to &lt;0xFF&gt;, when all of them exist.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Which tokens are found in text; all of them in the tokenizers library, also &lt;unk&gt; and the byte tokens.</summary>
    public Func<int, bool> IsFound { get; init; } = _ => true;

    /// <summary>Follow sentencepiece (sums of 32 bits, byte tokens with ranges of their own) rather than tokenizers.</summary>
    public bool IsSentencePiece { get; init; }
}
