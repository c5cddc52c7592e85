using Azimuth.Tokenization.Patterns;
using Azimuth.Tokenization.PreTokenizers;

namespace Azimuth.Tokenization.Files;

/// <summary>How byte-level text is split before merging, under the names GGUF files use (<c>tokenizer.ggml.pre</c>).</summary>
/// <param name="PreTokenizer">Splits, then goes over to the byte alphabet.</param>
/// <param name="IgnoreMerges">Whole pieces that are tokens are taken as they are.</param>
/// <param name="AddsBegin">Whether the beginning token is put in front where the file does not say.</param>
internal sealed record GgufSplit(IPreTokenizer PreTokenizer, bool IgnoreMerges = false, bool AddsBegin = false)
{
    private static readonly Dictionary<string, Func<GgufSplit>> Known = new(StringComparer.Ordinal)
    {
        ["chameleon"] = () => Patterns(GgufPatterns.Chameleon),
        ["command-r"] = SingleDigits,
        ["deepseek-coder"] = () => Patterns(GgufPatterns.DeepSeekCoder),
        ["deepseek-llm"] = () => Patterns(GgufPatterns.DeepSeekLlm),
        ["deepseek-r1-qwen"] = Qwen2,
        ["deepseek-v3"] = () => Patterns(GgufPatterns.DeepSeekV3),
        ["falcon"] = Falcon,
        ["gpt-2"] = Gpt2,
        ["gpt-4o"] = () => new GgufSplit(Pattern(new O200kPattern())),
        ["llama-bpe"] = () => new GgufSplit(Pattern(new Llama3Pattern(3)), IgnoreMerges: true, AddsBegin: true),
        ["mpt"] = Gpt2,
        ["qwen2"] = Qwen2,
        ["refact"] = SingleDigits,
        ["roberta-bpe"] = Gpt2,
        ["smollm"] = SingleDigits,
        ["starcoder"] = SingleDigits,
    };

    /// <summary>The names that are known.</summary>
    public static IEnumerable<string> Names => Known.Keys.Order(StringComparer.Ordinal);

    /// <summary>The splitting of that name, or null.</summary>
    public static GgufSplit? Find(string name) => Known.TryGetValue(name, out Func<GgufSplit>? create) ? create() : null;

    private static GgufSplit Gpt2() => new(new ByteLevel(addPrefixSpace: false, useRegex: true));

    private static GgufSplit Qwen2() => new(Pattern(new Llama3Pattern(1)));

    private static GgufSplit SingleDigits() => new(new PreTokenizerSequence([Each(CharacterPattern.Numbers, SplitBehavior.Isolated), new ByteLevel(addPrefixSpace: false, useRegex: true)]));

    // Punctuation in runs, GPT-2's words, then numbers in groups of three from the left.
    private static GgufSplit Falcon() => new(new PreTokenizerSequence(
    [
        Each(CharacterPattern.Punctuation, SplitBehavior.Contiguous), new ByteLevel(addPrefixSpace: false, useRegex: true), Each(CharacterPattern.Numbers, SplitBehavior.Contiguous),
        Each(new RegexPattern("falcon", "[0-9][0-9][0-9]", PatternSyntax.Oniguruma), SplitBehavior.Isolated),
    ]));

    private static GgufSplit Patterns(IReadOnlyList<string> patterns) => new(new PreTokenizerSequence(
    [
        .. patterns.Select(pattern => Each(new RegexPattern("tokenizer.ggml.pre", pattern, PatternSyntax.Oniguruma), SplitBehavior.Isolated)),
        new ByteLevel(addPrefixSpace: false, useRegex: false),
    ]));

    private static Splitter Each(ISplitPattern pattern, SplitBehavior behavior) => new(pattern, behavior, invert: false);

    private static PreTokenizerSequence Pattern(ISplitPattern pattern) => new([Each(pattern, SplitBehavior.Isolated), new ByteLevel(addPrefixSpace: false, useRegex: false)]);
}
