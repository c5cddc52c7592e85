using System.Globalization;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;

namespace Azimuth.Benchmarks;

/// <summary>Random matrices and models of real sizes.</summary>
internal static class Data
{
    /// <summary>
    /// Uniform in ±<paramref name="scale"/>, the same for the same seed: each value is made from its place alone (SplitMix64, Steele et al. 2014), so that a peer can make the same ones at once.
    /// </summary>
    public static float[] Random(long count, ulong seed, float scale = 1)
    {
        var values = new float[count];
        for (int i = 0; i < values.Length; i++)
        {
            ulong z = ((seed << 40) + (ulong)i + 1) * 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            values[i] = (float)((((z ^ (z >> 31)) >> 40) * (1.0 / (1 << 23)) - 1) * scale);
        }

        return values;
    }

    /// <summary>A matrix [rows, columns] in single precision.</summary>
    public static StoredMatrix Matrix(int rows, int columns, ulong seed) =>
        StoredMatrix.FromFloats(Random((long)rows * columns, seed), rows, columns);

    /// <summary>
    /// Writes a model of GPT-2's shape with random weights in single precision: 124 million parameters, 498 MB, tied. The caller deletes it.
    /// </summary>
    /// <param name="folder">Where; a new one in the temporary folder when null.</param>
    public static string Gpt2Folder(string? folder = null)
    {
        const int layers = 12, model = 768, heads = 12, vocab = 50257, context = 1024;
        folder = folder is null ? Directory.CreateTempSubdirectory("azimuth-bench-").FullName : Directory.CreateDirectory(folder).FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), string.Create(CultureInfo.InvariantCulture, $$"""
            {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_layer": {{layers}}, "n_head": {{heads}}, "n_embd": {{model}},
             "n_positions": {{context}}, "n_ctx": {{context}}, "vocab_size": {{vocab}}, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5}
            """));
        ulong seed = 1;
        var entries = new List<SafetensorsEntry> { Weights("wte.weight", vocab, model), Weights("wpe.weight", context, model), Ones("ln_f.weight", model), Zeros("ln_f.bias", model) };
        for (int i = 0; i < layers; i++)
        {
            string at = string.Create(CultureInfo.InvariantCulture, $"h.{i}.");
            entries.AddRange(
            [
                Ones(at + "ln_1.weight", model), Zeros(at + "ln_1.bias", model), Ones(at + "ln_2.weight", model), Zeros(at + "ln_2.bias", model),
                Weights(at + "attn.c_attn.weight", model, 3 * model), Zeros(at + "attn.c_attn.bias", 3 * model),
                Weights(at + "attn.c_proj.weight", model, model), Zeros(at + "attn.c_proj.bias", model),
                Weights(at + "mlp.c_fc.weight", model, 4 * model), Zeros(at + "mlp.c_fc.bias", 4 * model),
                Weights(at + "mlp.c_proj.weight", 4 * model, model), Zeros(at + "mlp.c_proj.bias", model),
            ]);
        }

        SafetensorsWriter.Save(Path.Combine(folder, "model.safetensors"), entries);
        return folder;

        SafetensorsEntry Weights(string name, int rows, int columns) => SafetensorsEntry.From(name, Random((long)rows * columns, seed++, 0.035f), rows, columns);
        static SafetensorsEntry Zeros(string name, int length) => SafetensorsEntry.From(name, new float[length], length);
        static SafetensorsEntry Ones(string name, int length) => SafetensorsEntry.From(name, Enumerable.Repeat(1f, length).ToArray(), length);
    }

    /// <summary>Token ids spread over a vocabulary.</summary>
    public static int[] Ids(int count, int vocab) => [.. Enumerable.Range(0, count).Select(i => (int)(1000 + i * 7919L % (vocab - 2000)))];
}
