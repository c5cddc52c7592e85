using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Tokenization.Models;

namespace Azimuth.Tokenization.Files;

/// <summary>
/// The "model" of a tokenizer.json. The vocabulary is read as it streams by; merges are read a second time over once the vocabulary is known, because
/// JSON promises no order.
/// </summary>
internal sealed class ModelSection
{
    private readonly string _path;
    private readonly Dictionary<string, JsonElement> _settings = new(StringComparer.Ordinal);
    private List<(string Token, int Id)>? _vocabulary;
    private JsonElement? _merges;
    private JsonElement? _scoredTokens;

    private ModelSection(string path) => _path = path;

    /// <summary>Reads the section; the reader stands at its opening brace, and afterwards at its closing one.</summary>
    public static ModelSection Read(string path, ref Utf8JsonReader reader)
    {
        ModelSection section = new(path);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name == "vocab" && reader.TokenType == JsonTokenType.StartObject)
                section._vocabulary = VocabularyJson.Read(path, ref reader);
            else if (name == "vocab" && reader.TokenType == JsonTokenType.StartArray)
                section._scoredTokens = JsonElement.ParseValue(ref reader);
            else if (name == "merges" && reader.TokenType == JsonTokenType.StartArray)
                section._merges = JsonElement.ParseValue(ref reader);
            else
                section._settings[name] = JsonElement.ParseValue(ref reader);
        }

        return section;
    }

    /// <summary>The model.</summary>
    /// <exception cref="CheckpointFormatException">A kind of model that is not known, or a part of it that is missing or damaged.</exception>
    public ITokenModel Build()
    {
        JsonSection settings = new(_path, "model", JsonSerializer.SerializeToElement(_settings));

        // Files of before 2021 do not name the kind; only byte-pair encoding has merges, only Unigram scores.
        string type = settings.OptionalText("type") ?? (_merges is not null ? "BPE" : _scoredTokens is not null ? "Unigram" : settings.Type);
        return type switch
        {
            "BPE" => Bpe(settings),
            "Unigram" => UnigramPieces.Json(_path, settings, _scoredTokens ?? throw settings.Wrong("vocab", "a list of tokens and scores")),
            "WordLevel" => new WordLevelModel(_path, Tokens(settings), settings.OptionalText("unk_token") ?? "<unk>"),
            "WordPiece" => new WordPieceModel(
                _path, Tokens(settings), settings.OptionalText("unk_token") ?? "[UNK]", settings.OptionalText("continuing_subword_prefix") ?? "##",
                settings.Integer("max_input_chars_per_word", 100)),
            _ => throw settings.Unknown("model", type, ["BPE", "Unigram", "WordLevel", "WordPiece"]),
        };
    }

    private Models.Vocabulary Tokens(JsonSection settings)
        => new(_path, _vocabulary ?? throw settings.Wrong("vocab", "an object of tokens and ids"));

    private BpeModel Bpe(JsonSection settings)
    {
        if (settings.Find("dropout") is { } dropout && !(dropout.ValueKind == JsonValueKind.Number && dropout.GetDouble() == 0))
            throw settings.Wrong("dropout", "null or 0 (merges left out at random are for training only)");
        Models.Vocabulary vocabulary = Tokens(settings);
        if (_merges is not { } merges)
            throw settings.Wrong("merges", "a list of pairs");
        BpeOptions options = new()
        {
            UnknownToken = settings.OptionalText("unk_token"),
            ContinuingPrefix = NullWhenEmpty(settings.OptionalText("continuing_subword_prefix")),
            EndSuffix = NullWhenEmpty(settings.OptionalText("end_of_word_suffix")),
            FuseUnknown = settings.Flag("fuse_unk", false),
            ByteFallback = settings.Flag("byte_fallback", false),
            IgnoreMerges = settings.Flag("ignore_merges", false),
        };
        MergeList list = new(_path, vocabulary, merges.GetArrayLength(), options.ContinuingPrefix);
        foreach (JsonElement merge in merges.EnumerateArray())
        {
            if (merge.ValueKind == JsonValueKind.String)
                list.Add(merge.GetString());
            else if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2 && merge[0].ValueKind == JsonValueKind.String
                && merge[1].ValueKind == JsonValueKind.String)
                list.Add(merge[0].GetString(), merge[1].GetString());
            else
                throw new CheckpointFormatException(_path, $"model.merges: expected \"left right\" or [\"left\", \"right\"], found {merge.GetRawText()}.", kind: "BadMerge");
        }

        return new BpeModel(_path, vocabulary, list.Table, options);
    }

    private static string? NullWhenEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
