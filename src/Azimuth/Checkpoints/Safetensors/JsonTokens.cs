using System.Text;
using System.Text.Json;

namespace Azimuth.Checkpoints.Safetensors;

/// <summary>What the readers of the header and of the index share.</summary>
internal static class JsonTokens
{
    /// <summary>Advances to the next name of the current object; null at its end.</summary>
    public static string? NextProperty(this ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.PropertyName ? reader.GetString() : null;
    }

    /// <summary>The current token in the words of an error message.</summary>
    public static string Found(this in Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.ValueSpan.Length <= 40 => Encoding.UTF8.GetString(reader.ValueSpan),
        JsonTokenType.Number => "a long number",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.String => "a text",
        JsonTokenType.EndArray => "the end of the array",
        JsonTokenType.EndObject => "the end of the object",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.Null => "null",
        _ => "nothing",
    };
}
