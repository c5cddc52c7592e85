using System.Globalization;
using System.Text.Json;
using Azimuth.Checkpoints;

namespace Azimuth.Transformers.Architectures;

/// <summary>
/// Reads a config.json key by key. A value of the wrong kind or outside its range is an error that names key and file; a key that is missing or null
/// takes the default given, or is an error where there is none.
/// </summary>
internal sealed class ConfigReader
{
    /// <summary>The most layers that are taken: far beyond any model, and a bound on what a config costs before a tensor is looked for.</summary>
    internal const int MostLayers = 4096;

    /// <summary>The most query heads where a slope is made for each: far beyond any model, too.</summary>
    internal const int MostHeads = 1 << 16;

    private const int LargestCount = 1 << 24;
    private readonly JsonElement _object;
    private readonly string _prefix;

    /// <param name="config">A JSON object.</param>
    /// <param name="file">Its file, for messages.</param>
    /// <param name="weights">The checkpoint beside it, which tells which heads there are; null where only the config is read.</param>
    public ConfigReader(JsonElement config, string file, Checkpoint? weights = null) : this(config, file, weights, "") { }

    private ConfigReader(JsonElement config, string file, Checkpoint? weights, string prefix) => (_object, File, Weights, _prefix) = (config, file, weights, prefix);

    /// <summary>The checkpoint beside it, or null.</summary>
    public Checkpoint? Weights { get; }

    /// <summary>The file it was read from.</summary>
    public string File { get; }

    /// <summary>True when the key is there and not null.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>True when the key is there, be it null: null says "none", which is not the default of every family.</summary>
    public bool States(string key) => _object.TryGetProperty(key, out _);

    /// <summary>The number of layers.</summary>
    public int LayerCount(string key, int? fallback = null) => Count(key, fallback, MostLayers);

    /// <summary>The number of query heads of a family with a slope for each: bounded, as slopes are made before a tensor is looked at.</summary>
    public int HeadCount(string key, int? fallback = null) => Count(key, fallback, MostHeads);

    /// <summary>A whole number from 1 on.</summary>
    public int Count(string key, int? fallback = null) => Count(key, fallback, LargestCount);

    private int Count(string key, int? fallback, int most)
    {
        if (Find(key) is not { } value)
            return fallback ?? throw Missing(key);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number > 0 && number <= most
            ? number
            : throw Error(key, $"expected a whole number from 1 to {most}, found {Show(value)}");
    }

    /// <summary>A whole number from 1 on, null where the key is null; where it is missing, <paramref name="unstated"/>.</summary>
    public int? OptionalCount(string key, int? unstated = null) => Has(key) ? Count(key) : States(key) ? null : unstated;

    /// <summary>A finite number.</summary>
    public double Number(string key, double? fallback = null)
    {
        if (Find(key) is not { } value)
            return fallback ?? throw Missing(key);
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw Error(key, $"expected a number, found {Show(value)}");
    }

    /// <summary>A finite number above zero.</summary>
    public double Positive(string key, double? fallback = null) =>
        Number(key, fallback) is > 0 and var number ? number : throw Error(key, $"expected a number above zero, found {Show(Find(key)!.Value)}");

    /// <summary>A number above zero, null where the key is null; where it is missing, <paramref name="unstated"/>.</summary>
    public float? OptionalPositive(string key, float? unstated = null) => Has(key) ? (float)Positive(key) : States(key) ? null : unstated;

    /// <summary>true or false.</summary>
    public bool Flag(string key, bool? fallback = null)
    {
        if (Find(key) is not { } value)
            return fallback ?? throw Missing(key);
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Error(key, $"expected true or false, found {Show(value)}"),
        };
    }

    /// <summary>A text.</summary>
    public string Text(string key, string? fallback = null)
    {
        if (Find(key) is not { } value)
            return fallback ?? throw Missing(key);
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Error(key, $"expected a text, found {Show(value)}");
    }

    /// <summary>A list of numbers.</summary>
    public IReadOnlyList<double> Numbers(string key, int length)
    {
        JsonElement value = Find(key) ?? throw Missing(key);
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != length || value.EnumerateArray().Any(v => v.ValueKind != JsonValueKind.Number))
            throw Error(key, $"expected a list of {length} numbers, found {Show(value)}");
        return [.. value.EnumerateArray().Select(v => v.GetDouble())];
    }

    /// <summary>A list of texts, or null where the key is missing or null.</summary>
    public IReadOnlyList<string>? OptionalTexts(string key, int length)
    {
        if (Find(key) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != length || value.EnumerateArray().Any(v => v.ValueKind != JsonValueKind.String))
            throw Error(key, $"expected a list of {length} texts, one a layer, found {Show(value)}");
        return [.. value.EnumerateArray().Select(v => v.GetString()!)];
    }

    /// <summary>Groups of texts, each with how often it comes, written out: [[["global", "local"], 2]] is four texts; null where the key is missing or null.</summary>
    public IReadOnlyList<string>? OptionalGroups(string key, int length)
    {
        if (Find(key) is not { } value)
            return null;
        var texts = new List<string>();
        foreach (JsonElement group in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : default)
        {
            if (group.ValueKind != JsonValueKind.Array || group.GetArrayLength() != 2 || group[0].ValueKind != JsonValueKind.Array || group[0].EnumerateArray().Any(v => v.ValueKind != JsonValueKind.String))
                throw Error(key, $"expected groups of texts, each with a number, found {Show(value)}");
            for (int count = Integer(key, group[1]); count > 0 && group[0].GetArrayLength() > 0 && texts.Count <= length; count--)
                texts.AddRange(group[0].EnumerateArray().Select(v => v.GetString()!));
        }

        return texts.Count == length ? texts : throw Error(key, $"expected {length} texts, one a layer, found {Show(value)}");
    }

    /// <summary>A list of whole numbers, or null where the key is missing or null.</summary>
    public IReadOnlyList<int>? OptionalIntegers(string key, int length)
    {
        if (Find(key) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == length
            ? [.. value.EnumerateArray().Select(v => Integer(key, v))]
            : throw Error(key, $"expected a list of {length} whole numbers, one a layer, found {Show(value)}");
    }

    /// <summary>True when there is a checkpoint with a tensor whose name begins so.</summary>
    public bool HasTensors(string start) => Weights?.Tensors.Any(tensor => tensor.Name.StartsWith(start, StringComparison.Ordinal)) ?? false;

    /// <summary>True when <c>architectures</c> names a class with this ending ("ForMaskedLM").</summary>
    public bool IsMadeFor(string ending) => Find("architectures") is { ValueKind: JsonValueKind.Array } list
        && list.EnumerateArray().Any(name => name.ValueKind == JsonValueKind.String && name.GetString()!.EndsWith(ending, StringComparison.Ordinal));

    /// <summary>Token ids: one, a list, or none where the key is missing or null.</summary>
    public IReadOnlyList<int> OptionalIds(string key) => Find(key) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(v => Integer(key, v))],
        { } one => [Integer(key, one)],
    };

    /// <summary>An object inside this one, or null where the key is missing or null.</summary>
    public ConfigReader? OptionalObject(string key)
    {
        if (Find(key) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.Object
            ? new ConfigReader(value, File, Weights, $"{_prefix}{key}.")
            : throw Error(key, $"expected an object, found {Show(value)}");
    }

    /// <summary>The activation a key names.</summary>
    public Activation Activation(string key, string? fallback = null)
    {
        string name = Text(key, fallback);
        return Activations.TryGetValue(name, out Activation activation)
            ? activation
            : throw Error(key, $"expected one of {string.Join(", ", Activations.Keys.Order(StringComparer.Ordinal))}, found \"{name}\"");
    }

    /// <summary>The width divided by the number of heads.</summary>
    public int HeadDim(int modelDim, int headCount, string modelKey, string headKey) =>
        modelDim % headCount == 0
            ? modelDim / headCount
            : throw Error(headKey, $"expected a divisor of {modelKey} ({modelDim}), found {headCount}");

    /// <summary>The number of key-value heads, which divides that of the query heads: that of the query heads where the key is null.</summary>
    /// <param name="key">The key.</param>
    /// <param name="headCount">Query heads.</param>
    /// <param name="headKey">Their key, for messages.</param>
    /// <param name="unstated">The family's default where the key is missing; null for as many as query heads.</param>
    public int KeyValueHeads(string key, int headCount, string headKey, int? unstated = null)
    {
        int count = OptionalCount(key, unstated) ?? headCount;
        return headCount % count == 0 ? count : throw Error(key, $"expected a divisor of {headKey} ({headCount}), found {count}");
    }

    /// <summary>Refuses a setting that this family's computation does not know.</summary>
    public void Require(string key, bool expected, bool fallback)
    {
        if (Flag(key, fallback) != expected)
            throw Error(key, $"expected {(expected ? "true" : "false")}, the only form of this family that is computed");
    }

    /// <summary>An error about one key.</summary>
    public CheckpointFormatException Error(string key, string problem) =>
        new(File, $"{_prefix}{key}: {problem}. Check {Path.GetFileName(File)} against the weights", kind: "Config");

    private static readonly Dictionary<string, Activation> Activations = new(StringComparer.Ordinal)
    {
        ["gelu"] = Transformers.Activation.Gelu,
        ["gelu_new"] = Transformers.Activation.GeluTanh,
        ["gelu_fast"] = Transformers.Activation.GeluTanh,
        ["gelu_pytorch_tanh"] = Transformers.Activation.GeluTanh,
        ["quick_gelu"] = Transformers.Activation.GeluQuick,
        ["relu"] = Transformers.Activation.Relu,
        ["silu"] = Transformers.Activation.Silu,
        ["swish"] = Transformers.Activation.Silu,
    };

    private JsonElement? Find(string key) =>
        _object.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private int Integer(string key, JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
        ? number
        : throw Error(key, $"expected a whole number, found {Show(value)}");

    private CheckpointFormatException Missing(string key) => Error(key, "expected a value, found none");

    private static string Show(JsonElement value)
    {
        const int Longest = 60;
        string text = value.GetRawText();
        return string.Create(CultureInfo.InvariantCulture, $"{(text.Length <= Longest ? text : text[..Longest] + "…")}");
    }
}
