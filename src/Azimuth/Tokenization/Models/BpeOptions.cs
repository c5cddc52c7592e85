using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Models;

/// <summary>How byte-pair encoding treats what its merges say nothing about.</summary>
internal sealed record BpeOptions
{
    /// <summary>The token for characters the vocabulary lacks; null drops them.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>Put before every character but a piece's first ("##"); null for none.</summary>
    public string? ContinuingPrefix { get; init; }

    /// <summary>Put after a piece's last character ("&lt;/w&gt;"); null for none.</summary>
    public string? EndSuffix { get; init; }

    /// <summary>Neighbouring unknown characters become one token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>A character the vocabulary lacks becomes its UTF-8 bytes, tokens &lt;0x00&gt; to &lt;0xFF&gt;, when all of them exist.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Texts that are one token each wherever they occur, and merge with nothing (user-defined symbols); null for none.</summary>
    public PointTrie? Symbols { get; init; }

    /// <summary>Tokens that merges pass through, but that are taken apart again in the end; null for none.</summary>
    public IReadOnlySet<int>? Unused { get; init; }

    /// <summary>An unknown token is shown as the text it stands for.</summary>
    public bool ShowsUnknownText { get; init; }

    /// <summary>A piece that is a token as a whole is that token, whatever the merges would make of it.</summary>
    public bool IgnoreMerges { get; init; }
}
