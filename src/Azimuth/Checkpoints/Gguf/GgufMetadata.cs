using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Azimuth.Checkpoints.Gguf;

/// <summary>The metadata of a GGUF file: keys in file order, values read when asked for. Immutable, safe for many threads.</summary>
public sealed class GgufMetadata : IReadOnlyDictionary<string, GgufValue>
{
    private readonly string _path;
    private readonly OrderedDictionary<string, GgufValue> _values;

    internal GgufMetadata(string path, OrderedDictionary<string, GgufValue> values) => (_path, _values) = (path, values);

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _values.Keys;

    /// <inheritdoc/>
    public IEnumerable<GgufValue> Values => _values.Values;

    /// <inheritdoc/>
    public int Count => _values.Count;

    /// <summary>The value of a key.</summary>
    /// <exception cref="CheckpointFormatException">There is no such key; the message lists the nearest.</exception>
    public GgufValue this[string key] =>
        _values.TryGetValue(key, out var value)
            ? value
            : throw new CheckpointFormatException(_path, $"the metadata has no {key}{NearestNames.Hint(key, _values.Keys)}", kind: "MetadataMissing");

    /// <summary>The value of a key, or null.</summary>
    public GgufValue? Find(string key) => _values.GetValueOrDefault(key);

    /// <summary>The text of a key.</summary>
    /// <exception cref="CheckpointFormatException">No such key, or not a text.</exception>
    public string GetString(string key) => this[key].AsString();

    /// <summary>The text of a key, or null where there is none of that name.</summary>
    /// <exception cref="CheckpointFormatException">Not a text.</exception>
    public string? FindString(string key) => Find(key)?.AsString();

    /// <summary>The whole number of a key.</summary>
    /// <exception cref="CheckpointFormatException">No such key, not a whole number, or beyond 31 bits.</exception>
    public int GetInt32(string key) => this[key].AsInt32();

    /// <summary>The whole number of a key, or null where there is none of that name.</summary>
    /// <exception cref="CheckpointFormatException">Not a whole number, or beyond 31 bits.</exception>
    public int? FindInt32(string key) => Find(key)?.AsInt32();

    /// <summary>The number of a key.</summary>
    /// <exception cref="CheckpointFormatException">No such key, or not a number.</exception>
    public double GetDouble(string key) => this[key].AsDouble();

    /// <summary>The number of a key, or null where there is none of that name.</summary>
    /// <exception cref="CheckpointFormatException">Not a number.</exception>
    public double? FindDouble(string key) => Find(key)?.AsDouble();

    /// <summary>The boolean of a key, or null where there is none of that name.</summary>
    /// <exception cref="CheckpointFormatException">Not a boolean.</exception>
    public bool? FindBool(string key) => Find(key)?.AsBool();

    /// <summary>The array of a key.</summary>
    /// <exception cref="CheckpointFormatException">No such key, or not an array.</exception>
    public GgufArray GetArray(string key) => this[key].AsArray();

    /// <summary>The array of a key, or null where there is none of that name.</summary>
    /// <exception cref="CheckpointFormatException">Not an array.</exception>
    public GgufArray? FindArray(string key) => Find(key)?.AsArray();

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _values.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out GgufValue value) => _values.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, GgufValue>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
