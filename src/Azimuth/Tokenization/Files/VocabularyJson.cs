using System.Text.Json;
using Azimuth.Checkpoints;

namespace Azimuth.Tokenization.Files;

/// <summary>Reads {"token": id, …}: a vocab.json, or the "vocab" inside a tokenizer.json.</summary>
internal static class VocabularyJson
{
    /// <summary>The entries of a vocab.json.</summary>
    /// <exception cref="CheckpointFormatException">Not an object of whole numbers.</exception>
    public static List<(string Token, int Id)> Read(string path)
    {
        ReadOnlySpan<byte> json = SmallFile.ReadBytes(path);
        if (json.StartsWith("\uFEFF"u8))
            json = json[3..];
        try
        {
            Utf8JsonReader reader = new(json);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new CheckpointFormatException(path, $"expected an object of tokens and ids, found {reader.TokenType}.", kind: "BadJson");
            List<(string Token, int Id)> entries = Read(path, ref reader);
            reader.Read();
            return entries;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new CheckpointFormatException(path, $"expected tokens and ids as JSON, found {JsonFile.Problem(error)}; fetch the file again.", kind: "BadJson");
        }
    }

    /// <summary>The entries of an object; the reader stands at its opening brace, and afterwards at its closing one.</summary>
    public static List<(string Token, int Id)> Read(string path, ref Utf8JsonReader reader)
    {
        List<(string Token, int Id)> entries = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string token = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int id))
            {
                throw new CheckpointFormatException(
                    path, $"token \"{VisibleText.Show(token)}\" has no whole number as its id; the vocabulary is damaged.", offset: reader.TokenStartIndex, kind: "TokenIdOutOfRange");
            }

            entries.Add((token, id));
        }

        return entries;
    }
}
