using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Tests.Embeddings;

/// <summary>Small tables of words with a planted structure.</summary>
internal static class WordTables
{
    internal static EmbeddingTable Of(IReadOnlyList<string> words, int columns, float[] values) =>
        new("word vectors", StoredMatrix.FromFloats(values, words.Count, columns), id => words[id]);

    /// <summary>
    /// Pairs "a0" → "b0", "a1" → "b1", … whose rows differ by one offset of length 2 and noise, among words without relation "w0", "w1", ….
    /// </summary>
    internal static EmbeddingTable Planted(int pairs = 30, int others = 400, int columns = 24, double noise = 0.05, int seed = 5)
    {
        float[] values = Tables.Normal((2 * pairs + others + 1) * columns, seed);
        float[] offset = values[^columns..];
        double length = Vectors.Norm(offset);
        List<string> words = [];
        for (int p = 0; p < pairs; p++)
        {
            words.Add($"a{p}");
            words.Add($"b{p}");
            for (int c = 0; c < columns; c++)
                values[(2 * p + 1) * columns + c] = (float)(values[2 * p * columns + c] + 2 * offset[c] / length * Math.Sqrt(columns) / 2 + noise * values[(2 * p + 1) * columns + c]);
        }

        words.AddRange(Enumerable.Range(0, others).Select(i => $"w{i}"));
        return Of(words, columns, values[..(words.Count * columns)]);
    }

    /// <summary>Every ordered pair of the planted relation as a question, in a section of its own.</summary>
    internal static string Questions(int pairs) =>
        ": planted\n" + string.Concat(Enumerable.Range(0, pairs).SelectMany(i => Enumerable.Range(0, pairs).Where(j => j != i).Select(j => $"a{i} b{i} a{j} b{j}\n")));
}
