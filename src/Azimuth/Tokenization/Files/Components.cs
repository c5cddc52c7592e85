using System.Text.Json;
using Azimuth.Tokenization.Decoders;
using Azimuth.Tokenization.Normalizers;
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
            ["Prepend"] = section => new Prepend(section.Text("prepend")),
            ["Replace"] = section => new Replace(Literal(section, "normalizer"), section.Text("content")),
            ["Sequence"] = section => new NormalizerSequence(Normalizers!.ReadAll(section, "normalizers")),
        });
        PreTokenizers = new ComponentRegistry<IPreTokenizer>("pre-tokenizer", new Dictionary<string, Func<JsonSection, IPreTokenizer>>
        {
            ["ByteLevel"] = section => new ByteLevel(section.Flag("add_prefix_space", true), section.Flag("use_regex", true)),
            ["Digits"] = section => new Digits(section.Flag("individual_digits", false)),
            ["Metaspace"] = Metaspace,
            ["Sequence"] = section => new PreTokenizerSequence(PreTokenizers!.ReadAll(section, "pretokenizers")),
            ["Split"] = section => new Splitter(Pattern(section), Behavior(section), section.Flag("invert", false)),
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
            ["ByteFallback"] = _ => new ByteFallbackDecoder(),
            ["ByteLevel"] = _ => new ByteLevelDecoder(),
            ["Fuse"] = _ => new FuseDecoder(),
            ["Metaspace"] = MetaspaceDecoder,
            ["Replace"] = section => new ReplaceDecoder(Literal(section, "decoder"), section.Text("content")),
            ["Sequence"] = section => new DecoderSequence(Decoders!.ReadAll(section, "decoders")),
            ["Strip"] = section => new StripDecoder(section.Text("content"), section.Integer("start"), section.Integer("stop")),
        });
    }

    public ComponentRegistry<INormalizer> Normalizers { get; }

    public ComponentRegistry<IPreTokenizer> PreTokenizers { get; }

    public ComponentRegistry<IPostProcessor> PostProcessors { get; }

    public ComponentRegistry<ITokenDecoder> Decoders { get; }

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
        if (pattern.OptionalText("String") is { } literal)
            return new LiteralPattern(literal);
        string regex = pattern.Text("Regex");
        return SplitPatterns.Find(regex) ?? throw pattern.Unknown("splitting pattern", regex, SplitPatterns.Names);
    }

    private static string Literal(JsonSection section, string stage)
    {
        JsonSection pattern = section.Section("pattern");
        return pattern.OptionalText("String")
            ?? throw pattern.Unknown($"{stage} Replace with the regular expression", pattern.Text("Regex"), ["String patterns"]);
    }

    private static SplitBehavior Behavior(JsonSection section)
    {
        string behavior = section.Text("behavior");
        return Enum.TryParse(behavior, out SplitBehavior value) && value.ToString() == behavior
            ? value
            : throw section.Unknown("behavior", behavior, Enum.GetNames<SplitBehavior>());
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
