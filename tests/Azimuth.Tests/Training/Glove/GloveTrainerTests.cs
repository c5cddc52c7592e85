using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Training;
using Azimuth.Training.Corpora;
using Azimuth.Training.Glove;

namespace Azimuth.Tests.Training.Glove;

public sealed class GloveTrainerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Equal_seeds_and_threads_give_equal_bits_and_a_resumed_run_ends_with_them(int threads)
    {
        using var workers = new Workers(threads);
        var options = new GloveOptions { Dimensions = 20, Window = 5, Epochs = 6 };
        float[] whole = Train(Pairs("a", options, workers), options, workers, null, int.MaxValue);
        GlovePairs pairs = Pairs("b", options, workers);
        string state = Directory.CreateDirectory(Path.Combine(_folder, "state")).FullName;
        Train(pairs, options, workers, null, 3, state);
        Assert.True(whole.AsSpan().SequenceEqual(Train(pairs, options, workers, state, int.MaxValue)), "a resumed run ended with other vectors");
    }

    [Fact]
    public void Each_pass_fits_the_logarithms_of_counts_better()
    {
        using var workers = new Workers(2);
        var options = new GloveOptions { Dimensions = 30, Window = 5, Epochs = 12 };
        GlovePairs pairs = Pairs("a", options, workers);
        using GloveTrainer trainer = GloveTrainer.Begin(pairs, options, workers);
        double before = double.PositiveInfinity;
        for (int pass = 0; pass < options.Epochs; pass++)
        {
            for (int chunk = 0; chunk < pairs.File.Chunks; chunk++)
                trainer.Advance();
            double loss = trainer.Read().LossNats!.Value;
            Assert.InRange(loss, 0, before);
            before = loss;
        }

        Assert.True(trainer.Finished);
    }

    [Fact]
    public void Every_pair_is_in_the_file_once_in_the_block_of_its_groups()
    {
        using var workers = new Workers(3);
        var options = new GloveOptions { Window = 5 };
        GlovePairs pairs = Pairs("a", options, workers);
        var seen = new HashSet<(int, int)>();
        var group = new Dictionary<int, int>();
        for (int chunk = 0; chunk < pairs.File.Chunks; chunk++)
        {
            for (int block = 0; block < 9; block++)
            {
                foreach (TrainedPair pair in pairs.File.Block(chunk, block / 3, block % 3))
                {
                    Assert.True(seen.Add((pair.Word, pair.Context)), "a pair came twice");
                    Assert.Equal(block / 3, group.TryGetValue(pair.Word, out int known) ? known : group[pair.Word] = block / 3);
                    Assert.Equal(block % 3, group.TryGetValue(pair.Context, out known) ? known : group[pair.Context] = block % 3);
                }
            }
        }

        Assert.Equal(pairs.Count, seen.Count);
        Assert.All(seen, pair => Assert.Contains((pair.Item2, pair.Item1), seen));
    }

    [Fact]
    public void A_damaged_file_of_pairs_and_a_text_without_pairs_are_one_sentence()
    {
        using var workers = new Workers(1);
        var options = new GloveOptions { Window = 5 };
        Pairs("a", options, workers);
        string file = Path.Combine(_folder, "a", "pairs");
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^7]);
        TrainingText text = TrainingText.Open(Path.Combine(_folder, "a"))!;
        Assert.Throws<CheckpointFormatException>(() => GlovePairs.Open(text, Path.Combine(_folder, "a"), workers));
        string lonely = Directory.CreateDirectory(Path.Combine(_folder, "lonely")).FullName;
        File.WriteAllText(Path.Combine(lonely, "text"), "one\ntwo\none\ntwo\n");
        text = TrainingText.Prepare(TextCorpus.Open([Path.Combine(lonely, "text")]), new VocabularyOptions { MinCount = 1 }, lonely, cancellation: TestContext.Current.CancellationToken);
        Assert.Contains("meet on a line", Assert.Throws<TrainingException>(() => GlovePairs.Prepare(text, options, lonely, workers, cancellation: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(lonely), path => Path.GetFileName(path).Contains("pairs", StringComparison.Ordinal));
    }

    private GlovePairs Pairs(string name, GloveOptions options, Workers workers)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        TrainingText text = TrainingText.Prepare(TextCorpus.Open([TestFiles.Model("novels-gpt/heldout.txt")]), new VocabularyOptions(), folder, cancellation: TestContext.Current.CancellationToken);
        return GlovePairs.Prepare(text, options, folder, workers, cancellation: TestContext.Current.CancellationToken);
    }

    private static float[] Train(GlovePairs pairs, GloveOptions options, Workers workers, string? from, int steps, string? save = null)
    {
        using GloveTrainer trainer = from is null ? GloveTrainer.Begin(pairs, options, workers) : GloveTrainer.Open(from, pairs, options, workers);
        for (int i = 0; i < steps && !trainer.Finished; i++)
            trainer.Advance();
        if (save is not null)
            trainer.Save(save);
        return [.. Enumerable.Range(0, pairs.Words.Count).SelectMany(id => trainer.Table!.Vector(id))];
    }
}
