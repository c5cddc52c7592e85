using System.Text.Json;
using Azimuth.Checkpoints;

namespace Azimuth.Tokenization.Files;

/// <summary>An object of a JSON file with its place, so that every complaint says where. Reading a value checks its kind.</summary>
internal readonly record struct JsonSection(string File, string Place, JsonElement Element)
{
    /// <summary>The object a small file holds.</summary>
    /// <exception cref="CheckpointFormatException">No such file, or something other than a JSON object.</exception>
    public static JsonSection Open(string path) => new(path, System.IO.Path.GetFileName(path), JsonFile.ReadObject(path));

    /// <summary>The component's "type".</summary>
    public string Type => Text("type");

    /// <summary>A string that must be there.</summary>
    public string Text(string name) => OptionalText(name) ?? throw Wrong(name, "a string");

    /// <summary>A string, or null when absent or null.</summary>
    public string? OptionalText(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        _ => throw Wrong(name, "a string"),
    };

    /// <summary>A Boolean, or the default when absent or null.</summary>
    public bool Flag(string name, bool otherwise) => OptionalFlag(name) ?? otherwise;

    /// <summary>A Boolean, or null when absent or null.</summary>
    public bool? OptionalFlag(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Wrong(name, "true or false"),
    };

    /// <summary>A whole number from 0 to 2^31 − 1, or the default when absent or null.</summary>
    public int Integer(string name, int? otherwise = null)
    {
        if (Find(name) is not { } value)
            return otherwise ?? throw Wrong(name, "a whole number");
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= 0
            ? number
            : throw Wrong(name, "a whole number from 0 to 2147483647");
    }

    /// <summary>An object that must be there.</summary>
    public JsonSection Section(string name) => OptionalSection(name) ?? throw Wrong(name, "an object");

    /// <summary>An object, or null when absent or null.</summary>
    public JsonSection? OptionalSection(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new JsonSection(File, $"{Place}.{name}", value),
        _ => throw Wrong(name, "an object"),
    };

    /// <summary>A list of objects; empty when absent or null and not required.</summary>
    public IReadOnlyList<JsonSection> Sections(string name, bool required = true)
    {
        if (Find(name) is not { } list)
            return required ? throw Wrong(name, "a list") : [];
        if (list.ValueKind != JsonValueKind.Array)
            throw Wrong(name, "a list");
        List<JsonSection> sections = [];
        foreach (JsonElement item in list.EnumerateArray())
        {
            string place = FormattableString.Invariant($"{Place}.{name}[{sections.Count}]");
            if (item.ValueKind != JsonValueKind.Object)
                throw new CheckpointFormatException(File, $"{place}: expected an object, found {item.ValueKind}.", kind: "WrongJsonKind");
            sections.Add(new JsonSection(File, place, item));
        }

        return sections;
    }

    /// <summary>The value, or null when absent or null.</summary>
    public JsonElement? Find(string name)
        => Element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>The error for a value that is missing or of the wrong kind.</summary>
    public CheckpointFormatException Wrong(string name, string expected)
    {
        string found = Find(name) is { } value ? Shorten(value.GetRawText()) : "nothing";
        return new CheckpointFormatException(File, $"{Place}.{name}: expected {expected}, found {found}.", kind: "WrongJsonKind");
    }

    /// <summary>The error for a component this version does not know.</summary>
    public CheckpointFormatException Unknown(string what, string found, IEnumerable<string> known) => new(
        File, $"{Place}: the {what} \"{VisibleText.Show(Shorten(found))}\" is not supported; known: {string.Join(", ", known)}.", kind: "UnknownComponent");

    /// <summary>The text, or its beginning where it is long.</summary>
    public static string Shorten(string text) => text.Length <= 200 ? text : text[..200] + "…";
}
