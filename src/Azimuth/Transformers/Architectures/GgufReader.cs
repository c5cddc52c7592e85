using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;

namespace Azimuth.Transformers.Architectures;

/// <summary>Reads the metadata of one architecture in a GGUF file; keys are given without the architecture's name that precedes them.</summary>
internal sealed class GgufReader(GgufFile file, string architecture)
{
    private const int LargestCount = 1 << 24;

    /// <summary>True when the key is there.</summary>
    public bool Has(string key) => file.Metadata.ContainsKey($"{architecture}.{key}");

    /// <summary>True when the file has a tensor of that name.</summary>
    public bool HasTensor(string name) => file.Find(name) is not null;

    /// <summary>A vector's values.</summary>
    public float[] Vector(string name, int length) => file.Vector(name, length);

    /// <summary>Rows of the token table; the metadata often leave them out.</summary>
    public int VocabSize => Has("vocab_size") && file.Find("token_embd.weight") is null
        ? Count("vocab_size")
        : checked((int)file.Matrix("token_embd.weight").Rows);

    /// <summary>True where no output table of its own is stored.</summary>
    public bool IsTied => !HasTensor("output.weight");

    /// <summary>The number of layers.</summary>
    public int LayerCount => Count("block_count", fallback: null, ConfigReader.MostLayers);

    /// <summary>A whole number from 1 on.</summary>
    public int Count(string key, int? fallback = null) => Count(key, fallback, LargestCount);

    private int Count(string key, int? fallback, int most)
    {
        if (fallback is { } value && !Has(key))
            return value;
        int number = file.Metadata.GetInt32($"{architecture}.{key}");
        return number > 0 && number <= most ? number : throw Error(key, $"expected a whole number from 1 to {most}, found {number}");
    }

    /// <summary>A finite number.</summary>
    public double Number(string key, double? fallback = null)
    {
        if (fallback is { } value && !Has(key))
            return value;
        double number = file.Metadata.GetDouble($"{architecture}.{key}");
        return double.IsFinite(number) ? number : throw Error(key, "expected a finite number");
    }

    /// <summary>A norm's ε, stored in single precision: the decimal number it was made from.</summary>
    public double Epsilon(string key) => Number(key) is >= 0 and var epsilon ? epsilon : throw Error(key, "expected a number from 0 on");

    /// <summary>A text, or null.</summary>
    public string? Text(string key) => file.Metadata.FindString($"{architecture}.{key}");

    /// <summary>The width divided by the number of heads.</summary>
    public int HeadDim(int modelDim, int headCount) => modelDim % headCount == 0
        ? modelDim / headCount
        : throw Error("attention.head_count", $"expected a divisor of {architecture}.embedding_length ({modelDim}), found {headCount}");

    /// <summary>An error about one key.</summary>
    public CheckpointFormatException Error(string key, string problem) => new(file.Path, $"{architecture}.{key}: {problem}", kind: "Config");
}
