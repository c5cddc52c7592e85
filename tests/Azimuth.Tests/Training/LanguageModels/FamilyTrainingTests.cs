using Azimuth.Numerics;
using Azimuth.Training.LanguageModels;
using Azimuth.Transformers;

namespace Azimuth.Tests.Training.LanguageModels;

/// <summary>Every family's model: what training computes is what the runner computes, or it is refused by name.</summary>
public sealed class FamilyTrainingTests
{
    private static readonly string[] Encoders = ["albert", "bert", "bert-legacy-names", "bert-pooler", "distilbert", "electra", "modernbert", "mpnet", "roberta"];

    public static TheoryData<string> Families => [.. Directory.GetDirectories(TestFiles.Fixture("families")).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Families))]
    public void The_loss_in_training_is_that_of_the_runners_logits(string family)
    {
        const int Sequences = 3, Length = 11;
        using var workers = new Workers(2);
        string folder = TestFiles.Fixture("families", family);
        if ((Encoders.Contains(family) ? "an encoder" : family == "opt-350m-style" ? "a token table of another width" : null) is { } reason)
        {
            Assert.Contains(reason, Assert.Throws<NotSupportedException>(() => TrainedModel.Open(folder, Sequences * Length, workers)).Message);
            return;
        }

        using TrainedModel trained = TrainedModel.Open(folder, Sequences * Length, workers);
        LanguageModel model = LanguageModel.Load(folder, workers);
        var random = new SeededRandom(7);
        int[] Ids() => [.. Enumerable.Range(0, Sequences * Length).Select(_ => random.NextInt32(model.Config.VocabSize))];
        int[] inputs = Ids(), targets = Ids();
        var losses = new double[inputs.Length];
        trained.Pass.Loss(inputs, targets, Sequences, losses);
        for (int sequence = 0; sequence < Sequences; sequence++)
        {
            Matrix logits = model.Logits(inputs.AsSpan(sequence * Length, Length));
            for (int i = 0; i < Length; i++)
                Assert.Equal(Softmax.LogSumExp(logits.Row(i)) - logits[i, targets[sequence * Length + i]], losses[sequence * Length + i], 2e-5);
        }
    }
}
