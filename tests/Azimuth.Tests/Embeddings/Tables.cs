using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Tests.Geometry;

namespace Azimuth.Tests.Embeddings;

/// <summary>Tables that several tests look at. Token texts stand for themselves where no tokenizer is needed.</summary>
internal static class Tables
{
    internal static EmbeddingTable SmolLm2() => Open(TestFiles.Model("SmolLM2-135M-Instruct"), "token_embd.weight");

    internal static EmbeddingTable NovelsGpt() => Open(TestFiles.Traced("novels-gpt"), "wte.weight");

    internal static EmbeddingTable Stories() => Open(TestFiles.Shared("data", "stories260K"), "model.embed_tokens.weight");

    /// <summary>The input table of one file of fixtures/trace.</summary>
    internal static EmbeddingTable OfFixture(string name) => name switch
    {
        "smollm2" => SmolLm2(),
        "novels-gpt" => NovelsGpt(),
        _ => Stories(),
    };

    internal static EmbeddingTable OfNpy(string path)
    {
        var (rows, columns, values) = Npy.Read(path);
        return Of(rows, columns, Array.ConvertAll(values, v => (float)v));
    }

    internal static EmbeddingTable Of(int rows, int columns, float[] values) =>
        new("input table", StoredMatrix.FromFloats(values, rows, columns), id => $"<{id}>");

    /// <summary>Rows of standard normal numbers, the same on every run.</summary>
    internal static float[] Normal(int count, int seed)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return values;
    }

    private static EmbeddingTable Open(string path, string tensor) =>
        new("input table", ModelFolder.Open(path).Checkpoint.Matrix(tensor), id => $"<{id}>");
}
