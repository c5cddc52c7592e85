using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Tokenization.AddedTokens;
using Azimuth.Tokenization.Lengths;
using Azimuth.Tokenization.Models;

namespace Azimuth.Tokenization.Files;

/// <summary>
/// Reads tokenizer.json (https://huggingface.co/docs/tokenizers): the vocabulary and merges as a stream, everything else through
/// <see cref="Components"/>. Padding and truncation sections are read, and applied only on request: whoever runs a model decides on those.
/// </summary>
internal static class TokenizerJsonFile
{
    // Nested pre-tokenizer sequences are two or three deep; deeper ones could only exhaust the stack.
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 32 };

    /// <summary>The file's parts.</summary>
    /// <exception cref="CheckpointFormatException">Not such a file, damaged, or with a component that is not known.</exception>
    public static TokenizerParts Read(string path) => Read(path, SmallFile.ReadBytes(path));

    /// <summary>The same from memory.</summary>
    public static TokenizerParts Read(string path, ReadOnlySpan<byte> json)
    {
        if (json.StartsWith("\uFEFF"u8))
            json = json[3..];
        try
        {
            return ReadParts(path, json);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // InvalidOperationException is how the reader reports text that is not UTF-8 and lone surrogates.
            throw new CheckpointFormatException(path, $"expected a tokenizer as JSON, found {JsonFile.Problem(error)}; fetch the file again.", kind: "BadJson");
        }
    }

    private static TokenizerParts ReadParts(string path, ReadOnlySpan<byte> json)
    {
        Dictionary<string, JsonElement> sections = new(StringComparer.Ordinal);
        ModelSection? model = null;
        Utf8JsonReader reader = new(json, ReaderOptions);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new CheckpointFormatException(path, $"expected a JSON object, found {reader.TokenType}; this is not a tokenizer.json.", kind: "BadJson");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name == "model" && reader.TokenType == JsonTokenType.StartObject)
                model = ModelSection.Read(path, ref reader);
            else
                sections[name] = JsonElement.ParseValue(ref reader);
        }

        // A second value behind the object is damage the loop above does not see.
        reader.Read();
        if (model is null)
            throw new CheckpointFormatException(path, "expected a \"model\" with a vocabulary, found none; this is not a tokenizer.json.", kind: "ModelMissing");
        return Join(path, sections, model);
    }

    private static TokenizerParts Join(string path, Dictionary<string, JsonElement> sections, ModelSection modelSection)
    {
        ITokenModel model = modelSection.Build();
        IReadOnlyList<AddedToken> added = AddedTokenList(path, sections);
        Dictionary<int, string> addedSpellings = [];
        foreach (AddedToken token in added)
            addedSpellings[token.Id] = token.Content;
        Components components = new(id => addedSpellings.TryGetValue(id, out string? content) ? content : model.Vocabulary.Token(id) ?? "");
        return new TokenizerParts
        {
            Source = path,
            Model = model,
            AddedTokens = added,
            Normalizer = Section(path, sections, "normalizer") is { } normalizer ? components.Normalizers.Read(normalizer) : null,
            PreTokenizer = Section(path, sections, "pre_tokenizer") is { } preTokenizer ? components.PreTokenizers.Read(preTokenizer) : null,
            PostProcessor = Section(path, sections, "post_processor") is { } postProcessor ? components.PostProcessors.Read(postProcessor) : null,
            Decoder = Section(path, sections, "decoder") is { } decoder ? components.Decoders.Read(decoder) : null,
            Special = new SpecialTokenIds { Unknown = model.UnknownId },
            Lengths = new LengthOptions
            {
                Truncation = Section(path, sections, "truncation") is { } truncation ? LengthSections.Truncation(truncation) : null,
                Padding = Section(path, sections, "padding") is { } padding ? LengthSections.Padding(padding) : null,
            },
        };
    }

    private static JsonSection? Section(string path, Dictionary<string, JsonElement> sections, string name)
    {
        if (!sections.TryGetValue(name, out JsonElement element) || element.ValueKind == JsonValueKind.Null)
            return null;
        return element.ValueKind == JsonValueKind.Object
            ? new JsonSection(path, name, element)
            : throw new CheckpointFormatException(path, $"{name}: expected an object, found {element.ValueKind}.", kind: "WrongJsonKind");
    }

    private static List<AddedToken> AddedTokenList(string path, Dictionary<string, JsonElement> sections)
    {
        if (!sections.TryGetValue("added_tokens", out JsonElement list) || list.ValueKind == JsonValueKind.Null)
            return [];
        if (list.ValueKind != JsonValueKind.Array)
            throw new CheckpointFormatException(path, $"added_tokens: expected a list, found {list.ValueKind}.", kind: "WrongJsonKind");
        List<AddedToken> tokens = new(list.GetArrayLength());
        foreach (JsonElement item in list.EnumerateArray())
        {
            string place = FormattableString.Invariant($"added_tokens[{tokens.Count}]");
            if (item.ValueKind != JsonValueKind.Object)
                throw new CheckpointFormatException(path, $"{place}: expected an object, found {item.ValueKind}.", kind: "WrongJsonKind");
            JsonSection section = new(path, place, item);
            tokens.Add(AddedTokenFiles.Read(section, section.Integer("id")));
        }

        return tokens;
    }
}
