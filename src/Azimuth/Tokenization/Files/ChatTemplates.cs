using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;

namespace Azimuth.Tokenization.Files;

/// <summary>
/// Chat templates as folders have them (chat_template.jinja, or under chat_template in tokenizer_config.json a text or a list of named ones) and as GGUF files do
/// (<c>tokenizer.chat_template</c> for the default, <c>tokenizer.chat_template.NAME</c> for the others, and the others' names).
/// </summary>
internal static class ChatTemplates
{
    private const string Key = "tokenizer.chat_template", NamesKey = "tokenizer.chat_templates", Default = "default";

    /// <summary>Adds a folder's templates.</summary>
    public static void Write(GgufKeys keys, string folder)
    {
        List<(string Name, string Template)> templates = Of(folder);
        foreach ((string name, string template) in templates)
            keys.Set(name == Default ? Key : $"{Key}.{name}", template);
        string[] others = [.. templates.Select(template => template.Name).Where(name => name != Default)];
        if (others.Length > 0)
            keys.Set(NamesKey, others);
    }

    /// <summary>A file's templates as tokenizer_config.json has them: a text, a list where there are several, null where there are none.</summary>
    public static JsonNode? Read(GgufMetadata metadata)
    {
        string? main = metadata.FindString(Key);
        string[] names = metadata.FindArray(NamesKey)?.ToStrings() ?? [];
        (string Name, string? Template)[] others = [.. names.Where(name => name != Default).Distinct().Select(name => (name, metadata.FindString($"{Key}.{name}")))];
        if (!Array.Exists(others, other => other.Template is not null))
            return main;
        JsonNode Named(string name, string template) => new JsonObject { ["name"] = name, ["template"] = template };
        return new JsonArray([.. others.Prepend((Name: Default, Template: main)).Where(other => other.Template is not null).Select(other => Named(other.Name, other.Template!))]);
    }

    private static List<(string Name, string Template)> Of(string folder)
    {
        string config = Path.Combine(folder, "tokenizer_config.json"), alone = Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(alone))
            return [(Default, SmallFile.ReadText(alone))];
        if (!File.Exists(config) || !JsonFile.ReadObject(config).TryGetProperty("chat_template", out JsonElement found))
            return [];
        return found.ValueKind switch
        {
            JsonValueKind.String => [(Default, found.GetString()!)],
            JsonValueKind.Array => [.. found.EnumerateArray().Select(entry => Named(config, entry))],
            _ => [],
        };
    }

    private static (string Name, string Template) Named(string file, JsonElement entry)
    {
        string? Text(string key) => entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(key, out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
        return Text("name") is { Length: > 0 } name && Text("template") is { } template
            ? (name, template)
            : throw new CheckpointFormatException(file, "chat_template: expected a text or a list of objects with a name and a template, found another entry.", kind: "WrongJsonKind");
    }
}
