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
        ["gpt-2"] = Gpt2,
        ["llama-bpe"] = () => new GgufSplit(Pattern(new Llama3Pattern(3)), IgnoreMerges: true, AddsBegin: true),
        ["mpt"] = Gpt2,
        ["qwen2"] = () => new GgufSplit(Pattern(new Llama3Pattern(1))),
        ["refact"] = SingleDigits,
        ["smollm"] = SingleDigits,
        ["starcoder"] = SingleDigits,
    };

    /// <summary>The names that are known.</summary>
    public static IEnumerable<string> Names => Known.Keys.Order(StringComparer.Ordinal);

    /// <summary>The splitting of that name, or null.</summary>
    public static GgufSplit? Find(string name) => Known.TryGetValue(name, out Func<GgufSplit>? create) ? create() : null;

    private static GgufSplit Gpt2() => new(new ByteLevel(addPrefixSpace: false, useRegex: true));

    private static GgufSplit SingleDigits()
        => new(new PreTokenizerSequence([new Splitter(CharacterPattern.Numbers, SplitBehavior.Isolated, invert: false), new ByteLevel(addPrefixSpace: false, useRegex: true)]));

    private static PreTokenizerSequence Pattern(ISplitPattern pattern)
        => new([new Splitter(pattern, SplitBehavior.Isolated, invert: false), new ByteLevel(addPrefixSpace: false, useRegex: false)]);
}
