using System.Text.Json;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Safetensors;

/// <summary>One tensor as the JSON text announces it; offsets are still relative to the data.</summary>
internal readonly record struct SafetensorsHeaderEntry(string Name, string TypeName, int TypeBits, TensorType? Type, long[] Shape, ulong Begin, ulong End);

/// <summary>Reads the JSON text of a header token by token, never building a document: a hostile text costs no more than its own entries.</summary>
internal readonly struct SafetensorsHeaderParser(string path)
{
    /// <summary>More dimensions than any library has; a bound so that a header of "1,1,1,…" costs little.</summary>
    private const int MaximumDimensions = 64;

    public (List<SafetensorsHeaderEntry> Entries, Dictionary<string, string> Metadata) Parse(ReadOnlySpan<byte> json)
    {
        var entries = new List<SafetensorsHeaderEntry>();
        Dictionary<string, string>? metadata = null;
        var names = new HashSet<string>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(json);
        try
        {
            reader.Read();
            while (reader.NextProperty() is { } name)
            {
                if (!names.Add(name))
                    throw Bad("the name appears twice in the header", name, "DuplicateTensor");
                if (name == "__metadata__")
                    metadata = ParseMetadata(ref reader);
                else if (entries.Count == SafetensorsHeader.MaximumTensors)
                    throw Bad($"expected at most {SafetensorsHeader.MaximumTensors} tensors, found more", null, "TooManyTensors");
                else
                    entries.Add(ParseEntry(ref reader, name));
            }

            // Only whitespace may follow the object: anything else makes this call throw.
            reader.Read();
        }
        catch (JsonException e)
        {
            throw Bad($"expected a header in JSON, found {JsonFile.Problem(e)}", null, "InvalidHeaderDeserialization", reader.TokenStartIndex);
        }
        catch (InvalidOperationException)
        {
            throw Bad("expected a header in JSON, found a text with half of a surrogate pair", null, "InvalidHeaderDeserialization", reader.TokenStartIndex);
        }

        return (entries, metadata ?? []);
    }

    private Dictionary<string, string> ParseMetadata(ref Utf8JsonReader reader)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        Expect(ref reader, JsonTokenType.StartObject, "an object of texts", "__metadata__");
        while (reader.NextProperty() is { } key)
        {
            Expect(ref reader, JsonTokenType.String, $"a text for {key}", "__metadata__");
            if (!metadata.TryAdd(key, reader.GetString()!))
                throw Bad($"the key {key} appears twice", "__metadata__", "InvalidHeaderDeserialization", reader.TokenStartIndex);
        }

        return metadata;
    }

    private SafetensorsHeaderEntry ParseEntry(ref Utf8JsonReader reader, string name)
    {
        (string? dtype, long[]? shape, (ulong Begin, ulong End)? offsets) = (null, null, null);
        Expect(ref reader, JsonTokenType.StartObject, "an object with dtype, shape and data_offsets", name);
        while (reader.NextProperty() is { } key)
        {
            if (key switch { "dtype" => dtype is not null, "shape" => shape is not null, "data_offsets" => offsets is not null, _ => false })
                throw Bad($"{key} is given twice", name, "InvalidHeaderDeserialization", reader.TokenStartIndex);
            switch (key)
            {
                case "dtype":
                    Expect(ref reader, JsonTokenType.String, "a text for dtype", name);
                    dtype = reader.GetString();
                    break;
                case "shape":
                    shape = ParseShape(ref reader, name);
                    break;
                case "data_offsets":
                    offsets = ParseOffsets(ref reader, name);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (dtype is null || shape is null || offsets is null)
            throw Bad("expected dtype, shape and data_offsets, found no " + (dtype is null ? "dtype" : shape is null ? "shape" : "data_offsets"), name, "InvalidHeaderDeserialization");
        if (!SafetensorsTypes.TryFind(dtype, out int bits, out var type))
            throw Bad($"unknown dtype {dtype}{NearestNames.Hint(dtype, SafetensorsTypes.Names)}", name, "UnknownType");
        return new SafetensorsHeaderEntry(name, dtype, bits, type, shape, offsets.Value.Begin, offsets.Value.End);
    }

    private long[] ParseShape(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.StartArray, "an array for shape", name);
        var shape = new List<long>(4);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            ulong dimension = ParseNumber(ref reader, "a dimension", name);
            if (dimension > long.MaxValue)
                throw Bad($"the dimension {dimension} of its shape exceeds 63 bits", name, "ValidationOverflow", reader.TokenStartIndex);
            if (shape.Count == MaximumDimensions)
                throw Bad($"expected at most {MaximumDimensions} dimensions, found more", name, "TensorInvalidInfo", reader.TokenStartIndex);
            shape.Add((long)dimension);
        }

        return [.. shape];
    }

    private (ulong Begin, ulong End) ParseOffsets(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.StartArray, "two numbers for data_offsets", name);
        reader.Read();
        ulong begin = ParseNumber(ref reader, "data_offsets", name);
        reader.Read();
        ulong end = ParseNumber(ref reader, "data_offsets", name);
        Expect(ref reader, JsonTokenType.EndArray, "exactly two data_offsets", name);
        return (begin, end);
    }

    private ulong ParseNumber(ref Utf8JsonReader reader, string what, string name) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out ulong value)
            ? value
            : throw Bad($"expected a whole number from 0 to 2^64 - 1 for {what}, found {reader.Found()}", name, "InvalidHeaderDeserialization", reader.TokenStartIndex);

    private void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what, string name)
    {
        reader.Read();
        if (reader.TokenType != type)
            throw Bad($"expected {what}, found {reader.Found()}", name, "InvalidHeaderDeserialization", reader.TokenStartIndex);
    }

    private CheckpointFormatException Bad(string problem, string? tensor, string kind, long? jsonOffset = null) =>
        new(path, problem.TrimEnd('.') + CheckpointFormatException.Malformed, tensor, jsonOffset is null ? null : jsonOffset + sizeof(ulong), kind);
}
