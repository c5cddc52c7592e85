using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Training;

namespace Azimuth.Tests.Training;

public sealed class TrainingLoopTests : IDisposable
{
    private static readonly TrainingRecipe Recipe = new("sum", new JsonObject { ["seed"] = 1, ["dim"] = 2 });
    private static readonly TrainingPace EachStep = new() { LogSteps = 1, SaveSteps = 3 };
    private readonly string _above = Directory.CreateTempSubdirectory("azimuth").FullName;

    private string Folder => Path.Combine(_above, "run");

    public void Dispose() => Directory.Delete(_above, recursive: true);

    [Fact]
    public void A_run_logs_each_reading_keeps_the_newest_states_and_ends_with_one()
    {
        using var workers = new Workers(1);
        using (var run = TrainingRun.Begin(Folder, Recipe))
        {
            TrainingReading last = TrainingLoop.Run(new Sum(), run, EachStep, new TableWatch(["1"], 1, workers), cancellation: TestContext.Current.CancellationToken);
            Assert.Equal(run.SecondsBefore, last.Seconds);
        }

        Assert.Equal(["step-000000009", "step-000000010"], States());
        JsonNode[] lines = [.. File.ReadLines(Path.Combine(Folder, "log.jsonl")).Select(line => JsonNode.Parse(line)!)];
        Assert.Equal("sum", (string?)lines[0]["training"]);
        Assert.Equal(Enumerable.Range(1, 10).Select(i => (long)i), lines.Skip(1).Select(line => (long)line["step"]!));
        Assert.Equal(1.5, (double)lines[1]["table"]!["normMean"]!, 1e-6);
        Assert.Equal("0", (string?)lines[1]["table"]!["neighbors"]![0]!["nearest"]![0]!["text"]);
    }

    [Fact]
    public void A_full_disk_ends_the_run_with_a_sentence_and_the_states_before_it()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("only Linux has a device that is always full");
        using var run = TrainingRun.Begin(Folder, Recipe);
        run.Save(3, () => 1, folder => File.WriteAllText(Path.Combine(folder, "a"), "whole"));
        string message = Assert.Throws<IOException>(() => run.Save(6, () => 2, _ => AtomicFolderTests.FillDisk(null))).Message;
        Assert.EndsWith("step-000000006: the disk is full. The states saved before are whole: make room and go on with --resume", message, StringComparison.Ordinal);
        Assert.Equal(["step-000000003"], States());
        Assert.Equal(Path.Combine(Folder, "step-000000003"), run.Newest);
    }

    [Fact]
    public void A_cancelled_run_saves_first_and_goes_on_from_there()
    {
        using var cancel = new CancellationTokenSource();
        using (var run = TrainingRun.Begin(Folder, Recipe))
            Assert.Throws<OperationCanceledException>(() => TrainingLoop.Run(new Sum { CancelAt = (5, cancel) }, run, EachStep, cancellation: cancel.Token));
        Assert.Equal(["step-000000003", "step-000000005"], States());
        File.AppendAllText(Path.Combine(Folder, "log.jsonl"), "{\"step\":6,\"stage\":\"lost\"}\n{\"step\":");
        using (var run = TrainingRun.Resume(Folder, Recipe))
        {
            Sum sum = Sum.Open(run.Newest!);
            Assert.Equal(5, sum.Step);
            TrainingLoop.Run(sum, run, EachStep, cancellation: TestContext.Current.CancellationToken);
            Assert.Equal(55, sum.Total);
        }

        Assert.DoesNotContain("lost", File.ReadAllText(Path.Combine(Folder, "log.jsonl")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_fails_keeps_its_states()
    {
        using (var run = TrainingRun.Begin(Folder, Recipe))
            Assert.Throws<TrainingException>(() => TrainingLoop.Run(new Sum { FailAt = 8 }, run, EachStep, cancellation: TestContext.Current.CancellationToken));
        Assert.Equal(["step-000000003", "step-000000006"], States());
    }

    [Fact]
    public void A_folder_belongs_to_one_run_one_process_and_one_recipe()
    {
        using (TrainingRun.Begin(Folder, Recipe))
            Assert.Contains("another process", Assert.Throws<IOException>(() => TrainingRun.Resume(Folder, Recipe)).Message, StringComparison.Ordinal);
        Assert.Contains("without a saved state. Repeat its options with --resume, or delete", Assert.Throws<IOException>(() => TrainingRun.Begin(Folder, Recipe)).Message, StringComparison.Ordinal);
        using (var run = TrainingRun.Resume(Folder, Recipe))
            TrainingLoop.Run(new Sum(), run, EachStep, cancellation: TestContext.Current.CancellationToken);
        Assert.Contains("Go on with it by --resume", Assert.Throws<IOException>(() => TrainingRun.Begin(Folder, Recipe)).Message, StringComparison.Ordinal);
        var other = new TrainingRecipe("sum", new JsonObject { ["seed"] = 2, ["dim"] = 2 });
        Assert.Contains("begun with seed 1, found 2", Assert.Throws<CheckpointFormatException>(() => TrainingRun.Resume(Folder, other)).Message, StringComparison.Ordinal);
        Assert.Contains("no log.jsonl", Assert.Throws<IOException>(() => TrainingRun.Resume(_above, Recipe)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_killed_saves_left_behind_goes_when_the_run_goes_on()
    {
        using (var run = TrainingRun.Begin(Folder, Recipe))
            TrainingLoop.Run(new Sum(), run, EachStep, cancellation: TestContext.Current.CancellationToken);
        string left = Path.Combine(Folder, "step-000000007.azimuth-unfinished-abc");
        Directory.CreateDirectory(left);
        File.WriteAllText(Path.Combine(left, "state.safetensors"), "half");
        File.WriteAllText(left + ".lock", "");
        using (TrainingRun.Resume(Folder, Recipe))
            Assert.Equal(["step-000000009", "step-000000010"], States());
        Assert.Equal(["log.jsonl", "run.lock"], Directory.GetFiles(Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_run_killed_before_its_log_stood_there_does_not_keep_another_from_beginning()
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, "run.lock"), "");
        File.WriteAllText(Path.Combine(Folder, ".azimuth-abc.tmp"), "{\"training");
        using (TrainingRun.Begin(Folder, Recipe))
            Assert.Equal(["log.jsonl", "run.lock"], Directory.GetFiles(Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        File.Delete(Path.Combine(Folder, "log.jsonl"));
        using (new FileStream(Path.Combine(Folder, "run.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            Assert.Contains("another process", Assert.Throws<IOException>(() => TrainingRun.Begin(Folder, Recipe)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(Folder, "mine.txt"), "of value");
        Assert.Contains("files in it", Assert.Throws<IOException>(() => TrainingRun.Begin(Folder, Recipe)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_finished_run_that_is_gone_on_with_says_what_it_said_and_changes_nothing()
    {
        using (var run = TrainingRun.Begin(Folder, Recipe))
            TrainingLoop.Run(new Sum(), run, EachStep, cancellation: TestContext.Current.CancellationToken);
        string log = File.ReadAllText(Path.Combine(Folder, "log.jsonl"));
        using (var run = TrainingRun.Resume(Folder, Recipe))
        {
            Sum sum = Sum.Open(run.Newest!);
            Assert.Null(sum.Read().LossNats);
            Assert.Equal(1.0 / 55, TrainingLoop.Run(sum, run, EachStep, cancellation: TestContext.Current.CancellationToken).LossNats);
        }

        Assert.Equal(log, File.ReadAllText(Path.Combine(Folder, "log.jsonl")));
        Assert.Equal(["step-000000009", "step-000000010"], States());
    }

    private string[] States() => [.. Directory.GetDirectories(Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    /// <summary>Adds up the numbers to ten.</summary>
    private sealed class Sum : ITrainer
    {
        private bool _advanced;

        public long Step { get; private set; }

        public long Total { get; private set; }

        public int FailAt { get; init; }

        public (int Step, CancellationTokenSource? Source) CancelAt { get; init; }

        public bool Finished => Step == 10;

        public EmbeddingTable? Table => new("sum", StoredMatrix.FromFloats([1, 0, 0, 2], 2, 2), id => $"{id}");

        public static Sum Open(string state)
        {
            var values = TrainingState.Open(state).Values;
            return new Sum { Step = values.Number("step", 10), Total = values.Number("total") };
        }

        public void Advance()
        {
            Step++;
            Total += Step;
            _advanced = true;
            if (Step == FailAt)
                throw new TrainingException($"step {Step}: the loss is not a number");
            if (Step == CancelAt.Step)
                CancelAt.Source!.Cancel();
        }

        public TrainingReading Read() => new() { Step = Step, Stage = "adding", Done = Step / 10.0, Unit = "numbers", Items = Step, LossNats = _advanced ? 1.0 / Total : null };

        public void Save(string folder) => new TrainingState(new JsonObject { ["step"] = Step, ["total"] = Total }, []).Save(folder);
    }
}
