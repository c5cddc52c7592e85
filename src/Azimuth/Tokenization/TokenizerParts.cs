using Azimuth.Tokenization.AddedTokens;
using Azimuth.Tokenization.Decoders;
using Azimuth.Tokenization.Models;
using Azimuth.Tokenization.Normalizers;
using Azimuth.Tokenization.PostProcessors;
using Azimuth.Tokenization.PreTokenizers;

namespace Azimuth.Tokenization;

/// <summary>What the readers of the different files hand to <see cref="Tokenizer"/>: one component a stage; null leaves a stage out.</summary>
internal sealed record TokenizerParts
{
    /// <summary>The file, for errors and reports.</summary>
    public required string Source { get; init; }

    public INormalizer? Normalizer { get; init; }

    public IPreTokenizer? PreTokenizer { get; init; }

    public required ITokenModel Model { get; init; }

    public IPostProcessor? PostProcessor { get; init; }

    public ITokenDecoder? Decoder { get; init; }

    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    /// <summary>Entries that the file marks as unused: they fill up a table's rows, and no text is meant to make them.</summary>
    public IReadOnlySet<int> UnusedIds { get; init; } = new HashSet<int>();

    /// <summary>Tokens that are markers rather than text although they are not looked for in text.</summary>
    public IReadOnlySet<int> Markers { get; init; } = new HashSet<int>();

    public SpecialTokenIds Special { get; init; } = new();

    /// <summary>What the file says of the length of encodings.</summary>
    public LengthOptions Lengths { get; init; } = new();
}

/// <summary>Ids with a role, as far as the files name them.</summary>
internal sealed record SpecialTokenIds
{
    public int? Begin { get; init; }

    public int? End { get; init; }

    public int? Pad { get; init; }

    public int? Unknown { get; init; }
}
