namespace Azimuth.Training.TokenizerTraining;

/// <summary>The kinds of tokenizer that are trained here.</summary>
public enum TokenizerModel
{
    /// <summary>Byte-level byte pair encoding (Sennrich et al. 2016, Radford et al. 2019): GPT-2's.</summary>
    Bpe,

    /// <summary>BERT's pieces with ## inside words (Devlin et al. 2018), trained as the tokenizers library does, by counts of pairs.</summary>
    WordPiece,

    /// <summary>The unigram language model (Kudo 2018): the vocabulary under which the text is likely.</summary>
    Unigram,
}

/// <summary>What a tokenizer is trained to be.</summary>
public sealed record TokenizerTrainingOptions
{
    /// <summary>The kind.</summary>
    public required TokenizerModel Model { get; init; }

    /// <summary>Tokens in all: special tokens, alphabet and learned ones. Fewer come out when the text runs out of pairs.</summary>
    public int VocabSize { get; init; } = 32_000;

    /// <summary>A pair is merged when it occurs at least so often; at least 1. Unigram does not ask.</summary>
    public long MinFrequency { get; init; } = 2;

    /// <summary>Get the first ids, in this order; null for those of <see cref="SpecialTokensOf"/>.</summary>
    public IReadOnlyList<string>? SpecialTokens { get; init; }

    /// <summary>WordPiece: everything in lower case and without accents, as in BERT's uncased models.</summary>
    public bool Lowercase { get; init; }

    /// <summary>WordPiece: of more characters than these the most frequent stay, of equal ones those with the lower code points; the others become unknown.</summary>
    public int AlphabetLimit { get; init; } = 1000;

    /// <summary>Unigram: pieces to begin with, the best by length times frequency.</summary>
    public int SeedPieces { get; init; } = 1_000_000;

    /// <summary>Unigram: the longest piece in characters, 1 to 64.</summary>
    public int LongestPiece { get; init; } = 16;

    /// <summary>The special tokens in use.</summary>
    public IReadOnlyList<string> Special => SpecialTokens ?? SpecialTokensOf(Model);

    /// <summary>The special tokens of each kind: GPT-2's end of text; BERT's five; the unknown token, which Unigram needs, with the beginning and end of a text.</summary>
    public static IReadOnlyList<string> SpecialTokensOf(TokenizerModel model) => model switch
    {
        TokenizerModel.Bpe => ["<|endoftext|>"],
        TokenizerModel.WordPiece => ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        _ => ["<unk>", "<s>", "</s>"],
    };

    /// <summary>Checks that the values fit together.</summary>
    /// <exception cref="ArgumentException">One sentence.</exception>
    public void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MinFrequency, 1, nameof(MinFrequency));
        ArgumentOutOfRangeException.ThrowIfLessThan(AlphabetLimit, 1, nameof(AlphabetLimit));
        ArgumentOutOfRangeException.ThrowIfLessThan(SeedPieces, 1, nameof(SeedPieces));
        if (LongestPiece is < 1 or > 64)
            throw new ArgumentOutOfRangeException(nameof(LongestPiece), LongestPiece, "a piece has 1 to 64 characters");
        if (Special.Any(token => token.Length == 0) || Special.Distinct(StringComparer.Ordinal).Count() < Special.Count)
            throw new ArgumentException("expected special tokens that are not empty and all different, found one that is empty or twice there");
        if (Special.Any(token => token.Contains('\n', StringComparison.Ordinal) || token.Contains('\r', StringComparison.Ordinal)))
            throw new ArgumentException("expected special tokens without line ends, since vocab.txt has a token a line, found one with a line end");
        string? needed = Model switch
        {
            TokenizerModel.WordPiece => SpecialTokensOf(Model).FirstOrDefault(token => token != "[PAD]" && token != "[MASK]" && !Special.Contains(token)),
            TokenizerModel.Unigram => Special.Contains("<unk>") ? null : "<unk>",
            _ => null,
        };
        if (needed is not null)
            throw new ArgumentException($"expected {needed} among the special tokens, which such a tokenizer needs, found {string.Join(", ", Special)}");
        int least = Special.Count + (Model == TokenizerModel.Bpe ? 256 : 1);
        if (VocabSize < least || VocabSize > 1 << 24)
            throw new ArgumentException(FormattableString.Invariant($"expected a vocabulary of {least} (special tokens{(Model == TokenizerModel.Bpe ? " and 256 bytes" : " and a character")}) to {1 << 24} tokens, found {VocabSize}"));
    }
}
