using System.CommandLine;
using Azimuth.Checkpoints;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Training;

namespace Azimuth.Cli.Commands.Train;

/// <summary>What every trainer's command takes: where the result goes, where the run is kept, how often it is logged and saved, what is watched.</summary>
internal static class TrainOptions
{
    private static readonly Option<string?> RunFolder = Options.Text("--run", "FOLDER", "where the log and the saved states are kept (default: the name of --output with .run behind it)");
    private static readonly Option<bool> ResumeRun = Options.Flag("--resume", "go on from the newest saved state of the run folder, bit for bit with as many threads");
    private static readonly Option<double> SaveEvery = Options.Number("--save-every", "MINUTES", "minutes between two saved states", 0.01, 10_000, 5);
    private static readonly Option<int> Keep = Options.WholeNumber("--keep", "N", "saved states that stay, the newest; 0 for all, as `drift` between them needs", 0, 100_000, 2);
    private static readonly Option<double> LogEvery = Options.Number("--log-every", "SECONDS", "seconds between two readings", 0.1, 100_000, 5);
    private static readonly Option<string[]> Watch = Options.Repeated("--watch", "WORD", "a word whose nearest rows are shown as they form; may be repeated");
    private static readonly Option<int> SeedOption = Options.WholeNumber("--seed", "N", "start of the random numbers: the same seed, threads and corpus give the same files", 0, int.MaxValue, 1);

    /// <summary>Listed behind a command's own options.</summary>
    public static IReadOnlyList<Symbol> All => [.. OfTheRun, Watch, SeedOption];

    /// <summary>Those of a trainer that has no vectors and draws no random numbers.</summary>
    public static IReadOnlyList<Symbol> OfTheRun => [RunFolder, ResumeRun, SaveEvery, Keep, LogEvery];

    /// <summary>Start of the random numbers.</summary>
    public static ulong Seed(Session session) => (ulong)session.Value(SeedOption);

    /// <summary>Whether a run is gone on with.</summary>
    public static bool Resumes(Session session) => session.Value(ResumeRun);

    /// <summary>Words that are watched.</summary>
    public static IReadOnlyList<string> Watched(Session session) => session.Value(Watch)!;

    /// <summary>-o of a trainer whose result is a folder.</summary>
    public static Option<string?> OutputFolder() => Options.Text("--output", "FOLDER", "the folder to make; it must not exist yet, or be empty", "-o");

    /// <summary>The folder to make.</summary>
    /// <exception cref="UsageException">It was left out, or cannot stand there.</exception>
    public static string NewFolder(Session session, Option<string?> output)
    {
        string path = session.Value(output) ?? throw new UsageException($"azimuth {session.Command}: expected --output FOLDER, a folder to make, found none.");
        if (path.Length == 0)
            throw new UsageException("--output: expected a folder to make, found an empty text.");
        if (FinishedRun.Steps(session, path) is not null)
            return path;
        try
        {
            AtomicFolder.Check(path);
            return path;
        }
        catch (IOException problem)
        {
            throw new UsageException($"--output: {problem.Message.TrimEnd('.')}.");
        }
    }

    /// <summary>Where the run is kept.</summary>
    public static string Folder(Session session, string output) => session.Value(RunFolder) ?? Path.TrimEndingDirectorySeparator(output) + ".run";

    /// <summary>Trains to the end, with readings on standard error and in the run folder's log.</summary>
    /// <param name="session">Of the command.</param>
    /// <param name="output">What the command will write when the training is over; the run folder's name comes from it.</param>
    /// <param name="recipe">Everything that changes the result.</param>
    /// <param name="open">Makes the trainer: new when the folder is null, from a saved state otherwise. The second argument is the run folder, for files of its own.</param>
    /// <exception cref="UsageException">The run folder is taken, or missing with --resume.</exception>
    public static (TrainingReading Last, string Folder) Train(Session session, string output, TrainingRecipe recipe, Func<string?, string, ITrainer> open, Action<ITrainer> finish)
    {
        string folder = Folder(session, output);
        using TrainingRun run = OpenRun(session, output, recipe);
        try
        {
            return (Train(session, run, open, finish, folder, output), folder);
        }
        catch (OperationCanceledException problem)
        {
            throw new InterruptedException(Left(run, folder), problem);
        }
    }

    /// <summary>Begins the run, or opens the one that is gone on with.</summary>
    /// <exception cref="UsageException">The run folder is taken; with --resume, it is missing, damaged, or was begun with other options.</exception>
    public static TrainingRun OpenRun(Session session, string output, TrainingRecipe recipe)
    {
        string folder = Folder(session, output);
        int keep = session.Value(Keep);
        try
        {
            return Resumes(session) ? TrainingRun.Resume(folder, recipe, keep) : TrainingRun.Begin(folder, recipe, keep);
        }
        catch (Exception problem) when (problem is IOException or CheckpointFormatException)
        {
            throw new UsageException($"{(session.IsGiven(RunFolder) || Resumes(session) ? "--run" : "--output")}: {problem.Message.TrimEnd('.')}.");
        }
    }

    private static TrainingReading Train(Session session, TrainingRun run, Func<string?, string, ITrainer> open, Action<ITrainer> finish, string folder, string output)
    {
        ITrainer trainer = Kept(session, run, () => open(run.Newest, run.Folder), _ => false);
        using var disposed = trainer as IDisposable;
        if (trainer.Finished && run.Newest is not null)
            session.Note($"{folder} is finished: {Plural.Of(trainer.Step, "step")}; its result is written to {output} again");
        WarnOfUnknown(session, trainer);
        if (trainer.Effective is { } effective)
            run.Describe(effective);
        var pace = new TrainingPace { SaveEvery = TimeSpan.FromMinutes(session.Value(SaveEvery)), LogEvery = TimeSpan.FromSeconds(session.Value(LogEvery)) };
        var shown = new TrainingView(session);
        // A state of a large model takes longer to write than a cancelled command may otherwise go on.
        Cancellation.Patience = TimeSpan.FromMinutes(5);
        TrainingReading last = Kept(session, run, () => TrainingLoop.Run(trainer, run, pace, new TableWatch(Watched(session), 5, session.Workers), shown.Show, session.Cancel), HasLearned);
        finish(trainer);
        run.Finish(output, trainer.Step);
        session.IsResultWritten = true;
        return last;

        // A run that came to its end and says that this was in vain has nothing to lose.
        bool HasLearned(Exception problem) => trainer.Table is not null && !(problem is TrainingException && trainer.Finished);
    }

    /// <summary>A word that is watched and never shown would look like one whose neighbours never change.</summary>
    private static void WarnOfUnknown(Session session, ITrainer trainer)
    {
        if (Watched(session) is not { Count: > 0 } words || trainer.Table is not { } table)
            return;
        foreach (string word in words.Where(word => TableWatch.Find(table, word) < 0))
            session.Warn($"--watch: \"{word}\" has no row among the {Numbers.Count(table.Count)} of this run, so nothing is shown of it");
    }

    /// <summary>What is left of a run that was interrupted, and how to go on.</summary>
    private static string Left(TrainingRun run, string folder) => run.Newest is { } state
        ? $"the state of step {Numbers.Count(run.NewestStep)} is saved in {Path.Combine(folder, Path.GetFileName(state))}; repeat the command with --resume to go on from there"
        : $"no state was saved yet; repeat the command with --resume to begin again in {folder}, or delete that folder";

    /// <summary>A run that failed before it had learned or saved anything leaves no folder behind, which the next try would be refused for.</summary>
    private static T Kept<T>(Session session, TrainingRun run, Func<T> work, Func<Exception, bool> hasLearned)
    {
        try
        {
            return work();
        }
        catch (Exception problem) when (problem is not OperationCanceledException && run.Newest is null && !Resumes(session) && !hasLearned(problem))
        {
            run.Abandon();
            throw;
        }
    }
}
