using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Training.Corpora;
using Azimuth.Training.Word2Vec;

namespace Azimuth.Tests.Training.Word2Vec;

/// <summary>A text made of topics: words of one topic stand together.</summary>
internal static class TopicText
{
    private const int Topics = 8, WordsATopic = 12;

    /// <summary>A short run that learns the topics.</summary>
    public static Word2VecOptions Options(bool cbow, bool tree) => new()
    {
        Dimensions = 20,
        Window = 3,
        Cbow = cbow,
        HierarchicalSoftmax = tree,
        Sample = 0.01,
        Seed = 11,
        Vocabulary = new VocabularyOptions { MinCount = 1 },
    };

    /// <summary>Writes the text and makes it ready in a folder.</summary>
    public static TrainingText Prepare(TemporaryFolder folder, int words)
    {
        var random = new SeededRandom(2);
        using (StreamWriter writer = new(folder.File("text.txt")))
        {
            for (int written = 0; written < words;)
            {
                int topic = random.NextInt32(Topics), length = 5 + random.NextInt32(20);
                for (int i = 0; i < length; i++)
                    writer.Write($"t{topic}-{(int)(random.NextDouble() * random.NextDouble() * WordsATopic)} ");
                writer.Write('\n');
                written += length;
            }
        }

        using var workers = new Workers(1);
        return TrainingText.Prepare(TextCorpus.Open([folder.File("text.txt")]), new VocabularyOptions { MinCount = 1 }, folder.Path, workers);
    }
}
