namespace Azimuth.Cli.Tests;

/// <summary>The commands that the tests go through.</summary>
internal static class Verbs
{
    public static IReadOnlyList<string> Names { get; } =
    [
        "models", "inspect", "pull", "tokenize", "lookup", "neighbors", "roundtrip", "geometry",
        "analogy", "eval analogies", "eval similarity", "bias", "probe", "subspace",
        "align", "drift", "map", "gradient",
        "trace", "confidence", "generate", "eval perplexity",
        "positions", "attention", "contextualize", "bigrams",
        "check", "sizes", "glitch", "unreachable", "export", "verify", "report",
        "resize", "quantize", "convert",
        "train word2vec", "train glove", "train tokenizer", "train lm",
    ];
}
