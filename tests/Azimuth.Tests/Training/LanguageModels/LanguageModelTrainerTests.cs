using System.Text;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Training;
using Azimuth.Training.Corpora;
using Azimuth.Training.LanguageModels;
using Azimuth.Transformers;

namespace Azimuth.Tests.Training.LanguageModels;

public sealed class LanguageModelTrainerTests : IDisposable
{
    private static readonly string Novels = TestFiles.Model("novels-gpt");
    private static readonly ModelShape Small = new() { Architecture = "llama", Layers = 2, Width = 24, Heads = 4, KeyValueHeads = 2, Context = 32 };
    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth").FullName;
    private readonly Workers _workers = new(2);

    public void Dispose()
    {
        _workers.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(OptimizerKind.AdamW)]
    [InlineData(OptimizerKind.Muon)]
    public void A_run_that_was_interrupted_ends_with_the_bits_of_one_that_was_not(OptimizerKind kind)
    {
        ModelSource source = ModelSource.New(Small, Novels);
        TokenSpool spool = Spool(source);
        LanguageModelSettings settings = Settings(9) with { Accumulate = 2, Optimizer = new OptimizerSettings { Kind = kind } };
        using LanguageModelTrainer whole = LanguageModelTrainer.Begin(source, spool, settings, _workers);
        while (!whole.Finished)
            whole.Advance();
        Save(whole, "whole");

        using (LanguageModelTrainer first = LanguageModelTrainer.Begin(source, spool, settings, _workers))
        {
            for (int i = 0; i < 4; i++)
                first.Advance();
            Save(first, "part");
        }

        using var others = new Workers(3);
        string part = Path.Combine(_folder, "part");
        using LanguageModelTrainer second = LanguageModelTrainer.Resume(part, ModelSource.Of(LanguageModel.Load(part, others), part), spool, settings, others);
        Assert.Equal(4, second.Step);
        Directory.Delete(Path.Combine(_folder, "part"), recursive: true); // as older states are
        while (!second.Finished)
        {
            second.Advance();
            second.Read();
        }

        Assert.Equal(whole.Read().RecentLossNats, second.Read().RecentLossNats);
        Save(second, "resumed");
        foreach (string file in Directory.EnumerateFiles(Path.Combine(_folder, "whole")))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(_folder, "resumed", Path.GetFileName(file))));
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void A_new_model_learns_and_its_folder_computes_what_the_trainer_measured(string architecture)
    {
        ModelSource source = ModelSource.New(Small with { Architecture = architecture, KeyValueHeads = null, Tied = architecture == "gpt2" }, Novels);
        int[] held = [.. source.Tokenizer.Encode(File.ReadAllText(Path.Combine(Novels, "heldout.txt"))[..6000]).Ids];
        LanguageModelSettings settings = Settings(60) with { HeldOut = held, Prompt = [1, 2, 3], SampleTokens = 5, LookEvery = 30 };
        using LanguageModelTrainer trainer = LanguageModelTrainer.Begin(source, Spool(source), settings, _workers);
        double before = trainer.HeldOutLoss(held);
        Assert.Equal(Math.Log(4096), before, 0.1); // random weights say nothing
        while (!trainer.Finished)
            trainer.Advance();
        TrainingReading reading = trainer.Read();
        Assert.True(reading.LossNats < before - 0.8, $"from {before} to {reading.LossNats}");
        Assert.NotNull(reading.Sample);
        Save(trainer, "model");
        LanguageModel model = LanguageModel.Load(Path.Combine(_folder, "model"), _workers);
        Assert.Empty(model.Warnings);
        Assert.Equal(Perplexity.Of(model, held, 32, 32).LossNatsPerToken, reading.ValidationLossNats!.Value, 1e-6);
        Assert.Equal(trainer.Table.Vector(17), model.TokenEmbedding.Vector(17));
    }

    [Fact]
    public void Each_look_gives_a_reading_of_its_step_however_seldom_the_run_is_logged()
    {
        ModelSource source = ModelSource.New(Small, Novels);
        int[] held = [.. source.Tokenizer.Encode("It was a dark and stormy night.").Ids];
        LanguageModelSettings settings = Settings(11) with { HeldOut = held, Prompt = [1, 2, 3], SampleTokens = 2, LookEvery = 3 };
        using LanguageModelTrainer trainer = LanguageModelTrainer.Begin(source, Spool(source), settings, _workers);
        var readings = new List<TrainingReading>();
        TrainingLoop.Run(trainer, null, new TrainingPace { LogEvery = TimeSpan.FromDays(1), SaveEvery = TimeSpan.FromDays(1) }, shown: readings.Add, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal([3L, 6L, 9L, 11L], readings.Select(reading => reading.Step));
        Assert.All(readings, reading => Assert.True(reading.ValidationLossNats > 0 && reading.Sample is not null));
        Assert.Equal(trainer.HeldOutLoss(held), readings[^1].ValidationLossNats);
    }

    [Theory]
    [InlineData(TrainedPart.AllButTables)]
    [InlineData(TrainedPart.OnlyTables)]
    public void Going_on_with_a_model_moves_what_is_asked_for_and_nothing_else(TrainedPart part)
    {
        ModelSource source = ModelSource.Of(LanguageModel.Load(Novels, _workers), _folder);
        using LanguageModelTrainer trainer = LanguageModelTrainer.Begin(source, Spool(source), Settings(2) with { Part = part }, _workers);
        trainer.Advance();
        Save(trainer, "model");
        Checkpoint before = ModelFolder.OpenWeights(Novels), after = ModelFolder.OpenWeights(Path.Combine(_folder, "model"));
        Assert.Equal(before.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), after.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        foreach (TensorInfo tensor in before.Tensors.Where(tensor => tensor.Shape.Count == 2))
        {
            bool isTable = tensor.Name.EndsWith("wte.weight", StringComparison.Ordinal);
            bool isSame = Enumerable.Range(0, (int)tensor.Shape[0]).All(row => before.Matrix(tensor.Name).Row(row).AsSpan().SequenceEqual(after.Matrix(tensor.Name).Row(row)));
            Assert.Equal(isTable == (part == TrainedPart.AllButTables), isSame);
        }
    }

    [Theory]
    [InlineData(true, OptimizerKind.AdamW)]
    [InlineData(false, OptimizerKind.Muon)]
    public void Only_the_rows_that_are_asked_for_move_and_all_others_keep_their_bits(bool tied, OptimizerKind kind)
    {
        ModelSource fresh = ModelSource.New(Small with { Tied = tied }, Novels);
        TokenSpool spool = Spool(fresh);
        using (LanguageModelTrainer start = LanguageModelTrainer.Begin(fresh, spool, Settings(1), _workers))
            Save(start, "before");
        string before = Path.Combine(_folder, "before"), after = Path.Combine(_folder, "after");
        ModelSource source = ModelSource.Of(LanguageModel.Load(before, _workers), before);
        LanguageModelSettings settings = Settings(3) with { Part = TrainedPart.OnlyTables, Rows = (4000, 4096), Optimizer = new OptimizerSettings { Kind = kind, WeightDecay = 10 } };
        using (LanguageModelTrainer trainer = LanguageModelTrainer.Begin(source, spool, settings, _workers))
        {
            Assert.Equal(96 * 24 * (tied ? 1 : 2), trainer.TrainedCount);
            Assert.Equal("rows 4000 to 4095 of the tables", (string?)trainer.Effective["moved"]);
            while (!trainer.Finished)
                trainer.Advance();
            Save(trainer, "after");
        }

        Checkpoint was = ModelFolder.OpenWeights(before), now = ModelFolder.OpenWeights(after);
        foreach (TensorInfo tensor in was.Tensors)
        {
            bool isTable = tensor.Shape.Count == 2 && tensor.Shape[0] == 4096;
            for (int row = 0; tensor.Shape.Count == 2 && row < tensor.Shape[0]; row++)
                Assert.Equal(isTable && row >= 4000, !was.Matrix(tensor.Name).Row(row).AsSpan().SequenceEqual(now.Matrix(tensor.Name).Row(row)));
            if (tensor.Shape.Count == 1)
                Assert.Equal(was.Vector(tensor.Name, (int)tensor.Shape[0]), now.Vector(tensor.Name, (int)tensor.Shape[0]));
        }

        Assert.Throws<ArgumentException>(() => LanguageModelTrainer.Begin(source, spool, settings with { Rows = (4000, 4097) }, _workers));
        Assert.Throws<ArgumentException>(() => LanguageModelTrainer.Begin(source, spool, settings with { Part = TrainedPart.All }, _workers));
    }

    [Fact]
    public void A_run_does_not_go_on_with_fewer_ids_than_it_began_with()
    {
        ModelSource source = ModelSource.New(Small, Novels);
        using (LanguageModelTrainer trainer = LanguageModelTrainer.Begin(source, Spool(source), Settings(2), _workers))
            Save(trainer, "state");
        string state = Path.Combine(_folder, "state"), shorter = Path.Combine(_folder, "shorter.bin");
        File.WriteAllBytes(shorter, [.. "AZIDS1"u8, 2, 0, .. BitConverter.GetBytes(500L), .. new byte[1000]]);
        ModelSource saved = ModelSource.Of(LanguageModel.Load(state, _workers), state);
        var problem = Assert.Throws<CheckpointFormatException>(() => LanguageModelTrainer.Resume(state, saved, TokenSpool.Open(shorter), Settings(2), _workers));
        Assert.Contains("token ids that the run began with, found 500", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_that_is_no_number_ends_the_run_at_its_step_and_leaves_the_weights()
    {
        ModelSource source = ModelSource.New(Small, Novels);
        LanguageModelSettings settings = Settings(50) with { Rate = new LearningRate { Shape = RateShape.Constant, Peak = 1e30, Steps = 50 } };
        using LanguageModelTrainer trainer = LanguageModelTrainer.Begin(source, Spool(source), settings, _workers);
        var problem = Assert.Throws<TrainingException>(() =>
        {
            while (!trainer.Finished)
            {
                Save(trainer, $"after {trainer.Step}");
                trainer.Advance();
            }
        });
        Assert.StartsWith($"step {trainer.Step + 1}:", problem.Message);
        Save(trainer, "left");
        string before = Path.Combine(_folder, $"after {trainer.Step}");
        Assert.Equal(Directory.GetFiles(before).Select(Path.GetFileName).Order(), Directory.GetFiles(Path.Combine(_folder, "left")).Select(Path.GetFileName).Order());
        foreach (string file in Directory.EnumerateFiles(before))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(_folder, "left", Path.GetFileName(file))));
    }

    [Fact]
    public void Each_pass_shows_every_window_once_in_an_order_of_its_own()
    {
        var order = new WindowOrder(1003, 10, 7);
        Assert.Equal(100, order.PerEpoch);
        long[] first = [.. Enumerable.Range(0, 100).Select(i => order.Begin(i))], second = [.. Enumerable.Range(100, 100).Select(i => order.Begin(i))];
        foreach (long[] pass in new[] { first, second })
        {
            Assert.Equal(100, pass.Distinct().Count());
            Assert.All(pass, begin => Assert.InRange(begin, 0, 1003 - 11));
            Assert.Single(pass.Select(begin => begin % 10).Distinct());
        }

        Assert.NotEqual(first, second);
        Assert.Equal(first[42], new WindowOrder(1003, 10, 7).Begin(42));
        Assert.Throws<ArgumentException>(() => new WindowOrder(10, 10, 1));
    }

    [Fact]
    public void A_batch_and_matrices_beyond_an_array_are_refused_in_a_sentence()
    {
        Assert.Contains("mlp × width", Assert.Throws<ArgumentException>(() => ModelSource.New(Small with { Width = 16384, MlpWidth = 1 << 18 }, Novels)).Message, StringComparison.Ordinal);
        ModelSource source = ModelSource.New(Small, Novels);
        var problem = Assert.Throws<ArgumentException>(() => LanguageModelTrainer.Begin(source, Spool(source), Settings(1) with { Batch = int.MaxValue }, _workers));
        Assert.StartsWith("batch: expected at most", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(24, 5, "multiple")]
    [InlineData(20, 4, "even")]
    public void Sizes_that_do_not_fit_are_refused(int width, int heads, string said)
    {
        var problem = Assert.Throws<ArgumentException>(() => ModelSource.New(Small with { Width = width, Heads = heads, KeyValueHeads = null }, Novels));
        Assert.Contains(said, problem.Message);
    }

    [Fact]
    public void Newton_Schulz_brings_singular_values_near_one()
    {
        var random = new SeededRandom(3);
        foreach ((int rows, int columns) in new[] { (12, 30), (30, 12), (16, 16) })
        {
            var orthogonal = new NewtonSchulz(_workers);
            float[] room = orthogonal.Room(rows * columns);
            for (int i = 0; i < rows * columns; i++)
                room[i] = (float)random.NextGaussian();
            var result = MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.Dense(rows, columns);
            ReadOnlySpan<float> values = orthogonal.Apply(rows, columns);
            for (int i = 0; i < values.Length; i++)
                result[i / columns, i % columns] = values[i];
            // Five rounds take 0.01 to 0.7 and more; a square matrix may have a singular value that is smaller.
            double[] singular = [.. result.Svd().S];
            Assert.InRange(singular.Max(), 0.7, 1.25);
            if (rows != columns)
                Assert.InRange(singular.Min(), 0.65, 1.25);
        }
    }

    private static LanguageModelSettings Settings(long steps) => new()
    {
        Batch = 4,
        Length = 32,
        Rate = new LearningRate { Peak = 0.01, Lowest = 0.001, WarmUpSteps = 2, Steps = steps },
    };

    private TokenSpool Spool(ModelSource source) => TokenSpool.Create(
        Path.Combine(_folder, "spool"), TextCorpus.Open([Path.Combine(Novels, "heldout.txt")]), source.Tokenizer, source.Config.VocabSize, _workers);

    private void Save(LanguageModelTrainer trainer, string name) => AtomicFolder.Create(Path.Combine(_folder, name), trainer.Save);
}
