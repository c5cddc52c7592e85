using Azimuth.Checkpoints;
using Azimuth.Embeddings;
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
        var options = new GloveOptions { Dimensions = 20, Window = 5, Epochs = 2, ChunkPairs = 5000, PileBytes = 1 << 16 };
        GlovePairs pairs = Pairs("a", options, workers);
        Assert.True(pairs.File.Chunks > 3, "too few chunks to stop within a pass");
        float[] whole = Train(pairs, options, workers, null, int.MaxValue);
        pairs = Pairs("b", options, workers);
        string state = Directory.CreateDirectory(Path.Combine(_folder, "state")).FullName;
        Train(pairs, options, workers, null, 3, state);
        Assert.True(whole.AsSpan().SequenceEqual(Train(pairs, options, workers, state, int.MaxValue)), "a resumed run ended with other vectors");
    }

    [Fact]
    public void The_cost_of_a_pass_does_not_depend_on_readings_or_on_a_stop()
    {
        using var workers = new Workers(2);
        var options = new GloveOptions { Dimensions = 20, Window = 5, Epochs = 2, ChunkPairs = 5000, PileBytes = 1 << 16 };
        GlovePairs pairs = Pairs("a", options, workers);
        using GloveTrainer whole = GloveTrainer.Begin(pairs, options, workers);
        var costs = new List<double>();
        while (!whole.Finished)
        {
            whole.Advance();
            costs.Add(whole.Read().Cost!.Value * pairs.File.PairsOf((int)((whole.Step - 1) % pairs.File.Chunks)));
        }

        double mean = costs.Skip(pairs.File.Chunks).Sum() / pairs.Count;
        Assert.Equal(mean, whole.Read().PassCost!.Value, 1e-12 * mean);
        GloveTrainer parted = GloveTrainer.Begin(pairs, options, workers);
        for (int part = 0; !parted.Finished; part++)
        {
            parted.Advance();
            string state = Directory.CreateDirectory(Path.Combine(_folder, $"state{part}")).FullName;
            parted.Save(state);
            parted.Dispose();
            parted = GloveTrainer.Open(state, pairs, options, workers);
        }

        Assert.Equal(whole.Read().PassCost, parted.Read().PassCost);
        Assert.Null(parted.Read().Cost);
        Assert.Null(parted.Read().LossNats);
        parted.Dispose();
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
            double loss = trainer.Read().Cost!.Value;
            Assert.InRange(loss, 0, before);
            before = loss;
        }

        Assert.True(trainer.Finished);
    }

    [Fact]
    public void Every_pair_is_in_the_file_once_in_the_block_of_its_groups_with_its_logarithm_and_weight()
    {
        using var workers = new Workers(3);
        var options = new GloveOptions { Window = 5, MaximumCount = 7, Power = 0.6, ChunkPairs = 5000, PileBytes = 1 << 16 };
        GlovePairs pairs = Pairs("a", options, workers);
        Dictionary<(int, int), double> counts = Counts("a", options, workers);
        Assert.True(pairs.File.Chunks > 3 && counts.Values.Max() > 7, "too little text for several chunks and both kinds of weights");
        var seen = new HashSet<(int, int)>();
        var group = new Dictionary<int, int>();
        for (int chunk = 0; chunk < pairs.File.Chunks; chunk++)
        {
            for (int block = 0; block < 9; block++)
            {
                foreach (TrainedPair pair in pairs.File.Block(chunk, block / 3, block % 3))
                {
                    Assert.True(seen.Add((pair.Word, pair.Context)), "a pair came twice");
                    double count = counts[(Math.Min(pair.Word, pair.Context), Math.Max(pair.Word, pair.Context))];
                    // Rounded to single precision.
                    Assert.Equal(Math.Log(count), pair.Log, 1e-6);
                    Assert.Equal(count < 7 ? Math.Pow(count / 7, 0.6) : 1, pair.Weight, 1e-7);
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
        text = TrainingText.Prepare(TextCorpus.Open([Path.Combine(lonely, "text")]), new VocabularyOptions { MinCount = 1 }, lonely, workers, cancellation: TestContext.Current.CancellationToken);
        Assert.Contains("meet on a line", Assert.Throws<TrainingException>(() => GlovePairs.Prepare(text, options, lonely, workers, cancellation: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(lonely), path => Path.GetFileName(path).Contains("pairs", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Each_step_moves_the_words_of_its_chunk(int threads)
    {
        using var workers = new Workers(threads);
        var options = new GloveOptions { Dimensions = 4, Window = 5, Epochs = 2, ChunkPairs = 500 };
        GlovePairs pairs = Pairs("a", options, workers);
        using GloveTrainer trainer = GloveTrainer.Begin(pairs, options, workers);
        for (int step = 0; step < 2 * pairs.File.Chunks; step++)
        {
            var expected = new HashSet<int>();
            for (int block = 0; block < threads * threads; block++)
            {
                foreach (TrainedPair pair in pairs.File.Block(step % pairs.File.Chunks, block / threads, block % threads))
                    expected.UnionWith([pair.Word, pair.Context]);
            }

            EmbeddingTable before = trainer.Table!;
            trainer.Advance();
            EmbeddingTable after = trainer.Table!;
            var moved = Enumerable.Range(0, pairs.Words.Count).Where(id => !before.Vector(id).AsSpan().SequenceEqual(after.Vector(id))).ToHashSet();
            Assert.Subset(expected, moved);
            // A pair that is fitted already moves nothing.
            Assert.InRange(moved.Count, 0.99 * expected.Count, pairs.Words.Count - 1);
        }

        Assert.True(trainer.Finished);
    }

    private GlovePairs Pairs(string name, GloveOptions options, Workers workers)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        TrainingText text = TrainingText.Prepare(TextCorpus.Open([TestFiles.Model("novels-gpt/heldout.txt")]), new VocabularyOptions(), folder, workers, cancellation: TestContext.Current.CancellationToken);
        return GlovePairs.Prepare(text, options, folder, workers, cancellation: TestContext.Current.CancellationToken);
    }

    private Dictionary<(int, int), double> Counts(string name, GloveOptions options, Workers workers)
    {
        string folder = Path.Combine(_folder, name);
        using PairCounter counter = GlovePairs.Counted(TrainingText.Open(folder)!, options, folder, workers, _ => { }, TestContext.Current.CancellationToken);
        return Enumerable.Range(0, workers.ThreadCount).SelectMany(counter.Pairs).ToDictionary(pair => (pair.Row, pair.Column), pair => pair.Value);
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
