using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;

namespace Azimuth.Transformers.Architectures;

/// <summary>Reads the metadata of one architecture in a GGUF file; keys are given without the architecture's name that precedes them.</summary>
/// <param name="file">The file.</param>
/// <param name="architecture">Its <c>general.architecture</c>.</param>
/// <param name="planned">Names of tensors that will be in the file, where it is only about to be written.</param>
internal sealed class GgufReader(GgufFile file, string architecture, IReadOnlySet<string>? planned = null)
{
    private const int LargestCount = 1 << 24;

    /// <summary>True when the key is there.</summary>
    public bool Has(string key) => file.Metadata.ContainsKey($"{architecture}.{key}");

    /// <summary>True when the file has a tensor of that name.</summary>
    public bool HasTensor(string name) => file.Find(name) is not null || (planned?.Contains(name) ?? false);

    /// <summary>A vector's values.</summary>
    public float[] Vector(string name, int length) => file.Vector(name, length);

    /// <summary>Rows of the token table; the metadata often leave them out.</summary>
    public int VocabSize => Has("vocab_size") && file.Find("token_embd.weight") is null
        ? Count("vocab_size")
        : checked((int)file.Matrix("token_embd.weight").Rows);

    /// <summary>Rows of an encoder's table of token types; 0 where there is none.</summary>
    public int TokenTypes => !HasTensor("token_types.weight") ? 0
        : file.Find("token_types.weight") is null ? file.Metadata.GetInt32("tokenizer.ggml.token_type_count")
        : checked((int)file.Matrix("token_types.weight").Rows);

    /// <summary>True where no output table of its own is stored.</summary>
    public bool IsTied => !HasTensor("output.weight");

    /// <summary>The number of layers.</summary>
    public int LayerCount => Count("block_count", fallback: null, ConfigReader.MostLayers);

    /// <summary>The number of query heads; bounded, as slopes are made for each before a tensor is looked at.</summary>
    public int HeadCount => Count("attention.head_count", fallback: null, ConfigReader.MostHeads);

    /// <summary>A whole number from 1 on.</summary>
    public int Count(string key, int? fallback = null) => Count(key, fallback, LargestCount);

    private int Count(string key, int? fallback, int most)
    {
        if (fallback is { } value && !Has(key))
            return value;
        int number = file.Metadata.GetInt32($"{architecture}.{key}");
        return number > 0 && number <= most ? number : throw Error(key, $"expected a whole number from 1 to {most}, found {number}");
    }

    /// <summary>A whole number from 1 on; null where the key is missing or 0, as converters write "none".</summary>
    public int? OptionalCount(string key) => !Has(key) || file.Metadata.GetInt32($"{architecture}.{key}") == 0 ? null : Count(key);

    /// <summary>A finite number.</summary>
    public double Number(string key, double? fallback = null)
    {
        if (fallback is { } value && !Has(key))
            return value;
        double number = file.Metadata.GetDouble($"{architecture}.{key}");
        return double.IsFinite(number) ? number : throw Error(key, "expected a finite number");
    }

    /// <summary>A number above zero; null where the key is missing or 0, as converters write "none".</summary>
    public float? OptionalPositive(string key) => Number(key, 0) switch
    {
        0 => null,
        > 0 and var number => (float)number,
        _ => throw Error(key, "expected a number from 0 on"),
    };

    /// <summary>true or false.</summary>
    public bool Flag(string key, bool fallback) => file.Metadata.FindBool($"{architecture}.{key}") ?? fallback;

    /// <summary>A norm's ε, stored in single precision: the decimal number it was made from.</summary>
    public double Epsilon(string key) => Number(key) is >= 0 and var epsilon ? epsilon : throw Error(key, "expected a number from 0 on");

    /// <summary>A text, or null.</summary>
    public string? Text(string key) => file.Metadata.FindString($"{architecture}.{key}");

    /// <summary>The width divided by the number of heads.</summary>
    public int HeadDim(int modelDim, int headCount) => modelDim % headCount == 0
        ? modelDim / headCount
        : throw Error("attention.head_count", $"expected a divisor of {architecture}.embedding_length ({modelDim}), found {headCount}");

    /// <summary>
    /// The window of each layer, null for all positions. <c>sliding_window_pattern</c> is a yes or no for each layer, or a period p: all but each p-th layer have the
    /// window, none with p = 1, all with p = 0 (llama.cpp's set_swa_pattern).
    /// </summary>
    /// <param name="layers">How many.</param>
    /// <param name="period">The family's, where the file does not say.</param>
    public int?[] Windows(int layers, int period)
    {
        const string Key = "attention.sliding_window_pattern";
        int? window = OptionalCount("attention.sliding_window");
        GgufValue? pattern = file.Metadata.Find($"{architecture}.{Key}");
        if (pattern?.Type == GgufType.Array)
        {
            GgufArray array = pattern.AsArray();
            return array.ElementType == GgufType.Bool && array.Count >= layers
                ? [.. array.Take(layers).Select(slides => slides.AsBool() ? window : null)]
                : throw Error(Key, $"expected a yes or no for each of {layers} layers, found {array}");
        }

        int every = pattern?.AsInt32() ?? period;
        return every >= 0
            ? [.. Enumerable.Range(0, layers).Select(layer => every == 0 || layer % every < every - 1 ? window : null)]
            : throw Error(Key, $"expected a number from 0 on, found {every}");
    }

    /// <summary>An error about one key.</summary>
    public CheckpointFormatException Error(string key, string problem) => new(file.Path, $"{architecture}.{key}: {problem}", kind: "Config");
}
