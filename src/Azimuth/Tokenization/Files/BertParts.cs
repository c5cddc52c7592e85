using Azimuth.Tokenization.AddedTokens;
using Azimuth.Tokenization.Decoders;
using Azimuth.Tokenization.Models;
using Azimuth.Tokenization.Normalizers;
using Azimuth.Tokenization.PostProcessors;
using Azimuth.Tokenization.PreTokenizers;

namespace Azimuth.Tokenization.Files;

/// <summary>BERT's pipeline (Devlin et al. 2018) around a vocabulary that comes without one: a vocab.txt, or the vocabulary of a GGUF file.</summary>
internal sealed record BertParts
{
    private const int LongestWord = 100;

    /// <summary>Named in errors.</summary>
    public required string File { get; init; }

    /// <summary>Tokens that continue a word begin with ##.</summary>
    public required Models.Vocabulary Vocabulary { get; init; }

    /// <summary>The token for words that cannot be spelled.</summary>
    public required string Unknown { get; init; }

    /// <summary>The id in front of a text.</summary>
    public required int Class { get; init; }

    /// <summary>The id behind each text.</summary>
    public required int Separator { get; init; }

    public int? Pad { get; init; }

    /// <summary>Tokens found literally in text; class, separator and so on are among them.</summary>
    public required IReadOnlyList<AddedToken> AddedTokens { get; init; }

    public bool Lowercases { get; init; } = true;

    public bool SeparatesChinese { get; init; } = true;

    /// <summary>Null: accents go with capitals.</summary>
    public bool? StripsAccents { get; init; }

    /// <summary>The whole pipeline.</summary>
    public TokenizerParts Build() => new()
    {
        Source = File,
        Model = new WordPieceModel(File, Vocabulary, Unknown, "##", LongestWord),
        Normalizer = BertNormalizer.Create(cleanText: true, SeparatesChinese, StripsAccents ?? Lowercases, Lowercases),
        PreTokenizer = BertPreTokenizer.Create(),
        PostProcessor = new SeparatorProcessing(Class, Separator, isRoberta: false),
        Decoder = new WordPieceDecoder("##", cleanup: true),
        AddedTokens = AddedTokens,
        Special = new SpecialTokenIds { Begin = Class, End = Separator, Pad = Pad, Unknown = Vocabulary.Id(Unknown) },
    };
}
