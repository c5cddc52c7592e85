using Azimuth.Checkpoints.WordVectors;
using Azimuth.Embeddings;

namespace Azimuth.Tests.Embeddings;

/// <summary>The word vectors that the word fixtures were computed on, read once.</summary>
internal static class GloVe
{
    private static readonly Lock Gate = new();
    private static EmbeddingTable? _table;

    /// <summary>50,000 words of 100 numbers; the test is skipped, saying so, where the file is absent.</summary>
    internal static EmbeddingTable Table
    {
        get
        {
            string path = TestFiles.Shared("data", "word-vectors", "glove-6b-100d-50k.txt.gz");
            lock (Gate)
                return _table ??= TableFile.Load(path).Table;
        }
    }

    internal static int Id(string word) => Table.Find(word) ?? throw new InvalidDataException($"{word} is not in the table");
}
