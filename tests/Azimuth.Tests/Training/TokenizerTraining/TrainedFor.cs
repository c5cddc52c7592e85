using Azimuth.Numerics;
using Azimuth.Training.Corpora;
using Azimuth.Training.TokenizerTraining;

namespace Azimuth.Tests.Training.TokenizerTraining;

/// <summary>Trains to the end in one go.</summary>
internal static class TrainedFor
{
    /// <summary>The 60 kB of Shakespeare that the reference was trained on.</summary>
    public static string Corpus => TestFiles.Fixture("training", "tokenizers", "corpus.txt");

    public static TrainedTokenizer Run(TokenizerTrainingOptions options, params IReadOnlyList<string> files)
    {
        using var workers = new Workers(2);
        using var trainer = new TokenizerTrainer(TextCorpus.Open(files), options, workers);
        while (!trainer.Finished)
            trainer.Advance();
        return trainer.Result;
    }
}
