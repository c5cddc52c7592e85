using System.Text.Json;
using Azimuth.Checkpoints;

namespace Azimuth.Tokenization.Files;

/// <summary>What tokenizer_config.json, special_tokens_map.json and config.json say of special tokens; what none of them says is null or false.</summary>
internal sealed record TokenizerConfig
{
    private const int DefaultExtraIds = 100;

    public string? Class { get; init; }

    public string? Begin { get; init; }

    public string? End { get; init; }

    public string? Pad { get; init; }

    public string? Unknown { get; init; }

    public string? Mask { get; init; }

    /// <summary>From config.json, where no string is named.</summary>
    public int? BeginId { get; init; }

    /// <summary>From config.json, where no string is named; the first where it lists several.</summary>
    public int? EndId { get; init; }

    /// <summary>Null where nothing is said.</summary>
    public bool? AddsBegin { get; init; }

    public bool AddsEnd { get; init; }

    public bool AddsPrefixSpace { get; init; }

    /// <summary>BERT: capitals become small letters; so where nothing is said.</summary>
    public bool Lowercases { get; init; }

    /// <summary>BERT: Chinese characters are words; so where nothing is said.</summary>
    public bool SeparatesChinese { get; init; }

    /// <summary>BERT: null where nothing is said.</summary>
    public bool? StripsAccents { get; init; }

    /// <summary>T5: how many tokens stand for blanks in a text; 100 where nothing is said.</summary>
    public int ExtraIds { get; init; }

    /// <summary>Added tokens by id, in files since 2023.</summary>
    public JsonSection? AddedTokensDecoder { get; init; }

    /// <summary>Reads whichever of the files the folder has.</summary>
    /// <exception cref="CheckpointFormatException">A file that is not a JSON object, or a value of the wrong kind.</exception>
    public static TokenizerConfig Read(string folder)
    {
        JsonSection? config = Open(folder, "tokenizer_config.json");
        JsonSection? map = Open(folder, "special_tokens_map.json");
        JsonSection? model = Open(folder, "config.json");
        string? Token(string name) => Spelling(config, name) ?? Spelling(map, name);
        return new TokenizerConfig
        {
            Class = config?.OptionalText("tokenizer_class"),
            Begin = Token("bos_token") ?? Token("cls_token"),
            End = Token("eos_token") ?? Token("sep_token"),
            Pad = Token("pad_token"),
            Unknown = Token("unk_token"),
            Mask = Token("mask_token"),
            BeginId = Id(model, "bos_token_id"),
            EndId = Id(model, "eos_token_id"),
            AddsBegin = config?.OptionalFlag("add_bos_token"),
            AddsEnd = config?.Flag("add_eos_token", false) ?? false,
            AddsPrefixSpace = config?.Flag("add_prefix_space", false) ?? false,
            Lowercases = config?.Flag("do_lower_case", true) ?? true,
            SeparatesChinese = config?.Flag("tokenize_chinese_chars", true) ?? true,
            StripsAccents = config?.OptionalFlag("strip_accents"),
            ExtraIds = config?.Integer("extra_ids", DefaultExtraIds) ?? DefaultExtraIds,
            AddedTokensDecoder = config?.OptionalSection("added_tokens_decoder"),
        };
    }

    private static JsonSection? Open(string folder, string name)
        => Path.Combine(folder, name) is var path && File.Exists(path) ? JsonSection.Open(path) : null;

    // A token is a string, or an object whose "content" is it.
    private static string? Spelling(JsonSection? section, string name) => section?.Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } => section.Value.Section(name).Text("content"),
        _ => section.Value.OptionalText(name),
    };

    private static int? Id(JsonSection? section, string name) => section?.Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } list when list.GetArrayLength() > 0 => Number(list[0]),
        { } value => Number(value),
    };

    private static int? Number(JsonElement value)
        => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= 0 ? number : null;
}
