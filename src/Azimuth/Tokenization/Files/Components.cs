using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Tokenization.Decoders;
using Azimuth.Tokenization.Normalizers;
using Azimuth.Tokenization.Patterns;
using Azimuth.Tokenization.PostProcessors;
using Azimuth.Tokenization.PreTokenizers;

namespace Azimuth.Tokenization.Files;

/// <summary>
/// The components of tokenizer.json this version knows, by stage. A new one is a file in its stage's folder and a line here.
/// </summary>
internal sealed class Components
{
    private const string DefaultMark = "▁";

    private readonly Func<int, string> _spellings;

    /// <summary>Readers for one file.</summary>
    /// <param name="spellings">Token id to string, for post-processors that look at tokens; asked only after loading.</param>
    public Components(Func<int, string> spellings)
    {
        _spellings = spellings;
        Normalizers = new ComponentRegistry<INormalizer>("normalizer", new Dictionary<string, Func<JsonSection, INormalizer>>
        {
            ["BertNormalizer"] = Bert,
            ["ByteLevel"] = _ => new ByteLevelNormalizer(),
            ["Lowercase"] = _ => new Lowercase(),
            ["NFC"] = _ => new UnicodeForm(compatible: false, composes: true),
            ["NFD"] = _ => new UnicodeForm(compatible: false, composes: false),
            ["NFKC"] = _ => new UnicodeForm(compatible: true, composes: true),
            ["NFKD"] = _ => new UnicodeForm(compatible: true, composes: false),
            ["Nmt"] = _ => CharacterNormalizers.Nmt,
            ["Precompiled"] = Precompiled,
            ["Prepend"] = section => new Prepend(section.Text("prepend")),
            ["Replace"] = section => new Replace(Pattern(section), section.Text("content")),
            ["Sequence"] = section => new NormalizerSequence(Normalizers!.ReadAll(section, "normalizers")),
            ["Strip"] = section => new Strip(section.Flag("strip_left", true), section.Flag("strip_right", true)),
            ["StripAccents"] = _ => CharacterNormalizers.StripAccents,
        });
        PreTokenizers = new ComponentRegistry<IPreTokenizer>("pre-tokenizer", new Dictionary<string, Func<JsonSection, IPreTokenizer>>
        {
            ["BertPreTokenizer"] = _ => BertPreTokenizer.Create(),
            ["ByteLevel"] = section => new ByteLevel(section.Flag("add_prefix_space", true), section.Flag("use_regex", true)),
            ["CharDelimiterSplit"] = section => new Splitter(new LiteralPattern(OneCharacter(section, "delimiter")), SplitBehavior.Removed, invert: false),
            ["Digits"] = section => Each(CharacterPattern.Numbers, section.Flag("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
            ["FixedLength"] = section => new FixedLength(section.Integer("length", 5) is var length and > 0 ? length : throw section.Wrong("length", "at least 1")),
            ["Metaspace"] = Metaspace,
            ["Punctuation"] = section => Each(CharacterPattern.Punctuation, Behavior(section, SplitBehavior.Isolated)),
            ["Sequence"] = section => new PreTokenizerSequence(PreTokenizers!.ReadAll(section, "pretokenizers")),
            ["Split"] = section => new Splitter(Pattern(section), Behavior(section), section.Flag("invert", false)),
            ["UnicodeScripts"] = _ => new UnicodeScripts(),
            ["Whitespace"] = _ => new Splitter(new WhitespacePattern(), SplitBehavior.Removed, invert: true),
            ["WhitespaceSplit"] = _ => Each(CharacterPattern.WhiteSpace, SplitBehavior.Removed),
        });
        PostProcessors = new ComponentRegistry<IPostProcessor>("post-processor", new Dictionary<string, Func<JsonSection, IPostProcessor>>
        {
            ["BertProcessing"] = section => new SeparatorProcessing(PairId(section, "cls"), PairId(section, "sep"), isRoberta: false),
            ["ByteLevel"] = Trimming,
            ["RobertaProcessing"] = section => new PostProcessorSequence(
                [Trimming(section), new SeparatorProcessing(PairId(section, "cls"), PairId(section, "sep"), isRoberta: true)]),
            ["Sequence"] = section => new PostProcessorSequence(PostProcessors!.ReadAll(section, "processors")),
            ["TemplateProcessing"] = TemplateReader.Read,
        });
        Decoders = new ComponentRegistry<ITokenDecoder>("decoder", new Dictionary<string, Func<JsonSection, ITokenDecoder>>
        {
            ["BPEDecoder"] = section => new SuffixDecoder(NotEmpty(section, "suffix", "</w>")),
            ["ByteFallback"] = _ => new ByteFallbackDecoder(),
            ["ByteLevel"] = _ => new ByteLevelDecoder(),
            ["CTC"] = section => new CtcDecoder(
                section.OptionalText("pad_token") ?? "<pad>", NotEmpty(section, "word_delimiter_token", "|"), section.Flag("cleanup", true)),
            ["Fuse"] = _ => new FuseDecoder(),
            ["Metaspace"] = MetaspaceDecoder,
            ["Replace"] = section => Bounded(section, new ReplaceDecoder(Pattern(section), section.Text("content"))),
            ["Sequence"] = section => Bounded(section, new DecoderSequence(Decoders!.ReadAll(section, "decoders"))),
            ["Strip"] = section => new StripDecoder(OneCharacter(section, "content"), section.Integer("start"), section.Integer("stop")),
            ["WordPiece"] = section => new WordPieceDecoder(section.OptionalText("prefix") ?? "##", section.Flag("cleanup", true)),
        });
    }

    public ComponentRegistry<INormalizer> Normalizers { get; }

    public ComponentRegistry<IPreTokenizer> PreTokenizers { get; }

    public ComponentRegistry<IPostProcessor> PostProcessors { get; }

    public ComponentRegistry<ITokenDecoder> Decoders { get; }

    private static Precompiled Precompiled(JsonSection section)
    {
        byte[] table = section.Find("precompiled_charsmap") is { ValueKind: JsonValueKind.String } text && text.TryGetBytesFromBase64(out byte[]? bytes) ? bytes : [];
        return new Precompiled(CharacterMap.Read(section.File, table) ?? throw section.Wrong("precompiled_charsmap", "a normalization table in base64"));
    }

    private static Metaspace Metaspace(JsonSection section)
        => new(char.ConvertToUtf32(Mark(section), 0), Scheme(section), section.Flag("split", true));

    private static MetaspaceDecoder MetaspaceDecoder(JsonSection section) => new(Mark(section), Scheme(section) != PrependScheme.Never);

    private static string Mark(JsonSection section)
    {
        string mark = section.OptionalText("replacement") ?? section.OptionalText("str_rep") ?? DefaultMark;
        return Text.CodePoints.Of(mark) is [not 0xFFFD] ? mark : throw section.Wrong("replacement", "one character");
    }

    // Older files say add_prefix_space where newer ones say prepend_scheme.
    private static PrependScheme Scheme(JsonSection section)
    {
        string scheme = section.OptionalText("prepend_scheme") ?? (section.Flag("add_prefix_space", true) ? "always" : "never");
        return scheme switch
        {
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            "always" => PrependScheme.Always,
            _ => throw section.Unknown("prepend_scheme", scheme, ["always", "first", "never"]),
        };
    }

    private static ISplitPattern Pattern(JsonSection section)
    {
        JsonSection pattern = section.Section("pattern");
        if (pattern.OptionalText("String") is { Length: > 0 } literal)
            return new LiteralPattern(literal);

        // The reference makes a string a regular expression too: an empty one matches everywhere.
        string regex = pattern.OptionalText("String") ?? pattern.Text("Regex");
        return SplitPatterns.Find(regex) as ISplitPattern ?? new RegexPattern(pattern.File, regex, PatternSyntax.Oniguruma);
    }

    private static Splitter Each(CharacterPattern characters, SplitBehavior behavior) => new(characters, behavior, invert: false);

    // Accents go with capitals unless the file says otherwise.
    private static INormalizer Bert(JsonSection section)
    {
        bool lowercases = section.Flag("lowercase", true);
        return BertNormalizer.Create(
            section.Flag("clean_text", true), section.Flag("handle_chinese_chars", true), section.OptionalFlag("strip_accents") ?? lowercases, lowercases);
    }

    private static string NotEmpty(JsonSection section, string name, string otherwise)
        => (section.OptionalText(name) ?? otherwise) is { Length: > 0 } text ? text : throw section.Wrong(name, "a string that is not empty");

    private static string OneCharacter(JsonSection section, string name)
        => section.Text(name) is var text && Text.CodePoints.Of(text) is [not 0xFFFD] ? text : throw section.Wrong(name, "one character");

    private static SplitBehavior Behavior(JsonSection section, SplitBehavior? otherwise = null)
    {
        if (otherwise is { } known && section.Find("behavior") is null)
            return known;
        string behavior = section.Text("behavior");
        return Enum.TryParse(behavior, out SplitBehavior value) && value.ToString() == behavior
            ? value
            : throw section.Unknown("behavior", behavior, Enum.GetNames<SplitBehavior>());
    }

    // Steps that each write ten characters for one would make a text of any size of one token.
    private static ITokenDecoder Bounded(JsonSection section, ITokenDecoder decoder)
    {
        const double MostGrowth = 1024;
        return decoder.Growth <= MostGrowth ? decoder : throw new CheckpointFormatException(
            section.File, FormattableString.Invariant($"{section.Place}: it writes {decoder.Growth:g3} characters for one, expected at most {MostGrowth}; use another tokenizer."), kind: "TextTooLong");
    }

    private static int PairId(JsonSection section, string name)
    {
        JsonElement? pair = section.Find(name);
        bool isPair = pair is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() == 2
            && list[1].ValueKind == JsonValueKind.Number && list[1].TryGetInt32(out int value) && value >= 0;
        return isPair ? pair!.Value[1].GetInt32() : throw section.Wrong(name, "a token and its id");
    }

    private IPostProcessor Trimming(JsonSection section) => section.Flag("trim_offsets", true)
        ? new OffsetTrimming(_spellings, section.Flag("add_prefix_space", true))
        : new PostProcessorSequence([]);
}
