using System.Text.Json;
using System.Text.Unicode;

namespace Azimuth.Checkpoints;

/// <summary>Reads the small JSON files of a model folder.</summary>
public static class JsonFile
{
    /// <summary>Several times the largest known config.json; a bound on what a hostile one can cost.</summary>
    private const int MaximumBytes = 8 << 20;

    /// <summary>The object in a JSON file of at most 8 MiB. Every text in it has been checked, so that reading it later cannot fail.</summary>
    /// <exception cref="CheckpointFormatException">Missing, unreadable, too large, not JSON, a name twice in one object, or no object.</exception>
    public static JsonElement ReadObject(string path)
    {
        var bytes = MappedFile.Open(path);
        if (bytes.Length > MaximumBytes)
            throw new CheckpointFormatException(path, $"expected a JSON file of at most {MaximumBytes} bytes, found {bytes.Length}", kind: "JsonTooLarge");
        byte[] json = WithoutMark(bytes.Span(0, (int)bytes.Length)).ToArray();
        GC.KeepAlive(bytes);
        if (json.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) < 0)
            throw new CheckpointFormatException(path, "expected a JSON object, found an empty file. Download it again", kind: "JsonMalformed");
        try
        {
            CheckTexts(json, path);
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new CheckpointFormatException(path, $"expected a JSON object, found {Name(document.RootElement.ValueKind)}{CheckpointFormatException.Malformed}", kind: "JsonMalformed");
        }
        catch (JsonException e)
        {
            throw new CheckpointFormatException(path, $"expected JSON, found {Problem(e)}{ForeignFormat.HintOrMalformed(bytes)}", kind: "JsonMalformed");
        }
    }

    /// <summary>Where a text stops being JSON, without .NET's words: it says no line where a name comes twice, and has another exception for texts that are not Unicode.</summary>
    internal static string Problem(Exception e) => e is not JsonException json ? "a text that is not Unicode"
        : json.LineNumber is long line ? FormattableString.Invariant($"something else in line {line + 1}, column {json.BytePositionInLine + 1}")
        : "a name twice in one object";

    private static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    /// <summary>A document checks its texts only when they are asked for, far from here.</summary>
    private static void CheckTexts(ReadOnlySpan<byte> json, string path)
    {
        if (!Utf8.IsValid(json))
            throw new CheckpointFormatException(path, $"expected JSON in UTF-8, found other bytes{CheckpointFormatException.Malformed}", kind: "JsonMalformed");
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.ValueIsEscaped)
                    reader.GetString();
            }
        }
        catch (InvalidOperationException)
        {
            throw new CheckpointFormatException(path, "a text holds half of a surrogate pair" + CheckpointFormatException.Malformed, offset: reader.TokenStartIndex, kind: "JsonMalformed");
        }
    }

    /// <summary>Windows editors put a byte order mark before the text.</summary>
    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> json) => json.StartsWith("\uFEFF"u8) ? json[3..] : json;
}
