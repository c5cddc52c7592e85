using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;

namespace Azimuth.Training;

/// <summary>
/// The folder of a training run: <c>log.jsonl</c> (the recipe in its first line, then a reading a line) and the saved states <c>step-000001000</c>, each whole or
/// not there. One process at a time has it open.
/// </summary>
public sealed class TrainingRun : IDisposable
{
    private readonly FileStream _lock;
    private readonly int _keep;

    private readonly bool _isFolderOurs;

    private TrainingRun(string folder, FileStream held, int keep, bool isFolderOurs) => (Folder, _lock, _keep, _isFolderOurs) = (folder, held, keep, isFolderOurs);

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The log.</summary>
    public string LogPath => Path.Combine(Folder, TrainingLog.FileName);

    /// <summary>The newest saved state, to go on from; null when there is none.</summary>
    public string? Newest { get; private set; }

    /// <summary>The step of <see cref="Newest"/>; −1 when there is none.</summary>
    public long NewestStep { get; private set; } = -1;

    /// <summary>Seconds of work that stand behind <see cref="Newest"/>.</summary>
    public double SecondsBefore { get; private set; }

    /// <summary>The last line of the log of a run that goes on; null for a new one.</summary>
    public TrainingReading? LastReading { get; private set; }

    /// <summary>Begins a run in a new or empty folder.</summary>
    /// <param name="folder">Made when it is missing; the folder above must exist.</param>
    /// <param name="recipe">Goes into the log's first line.</param>
    /// <param name="keep">How many saved states stay; the oldest go first. 0 for all.</param>
    /// <exception cref="IOException">Something is there already, another process has it, or it cannot be written: one sentence.</exception>
    public static TrainingRun Begin(string folder, TrainingRecipe recipe, int keep = 2)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(recipe);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        RequireNoRun(full, folder);
        // What a process left that was killed before its log stood there is in nobody's way.
        bool isThere = Directory.Exists(full);
        if (!isThere || !Directory.EnumerateFileSystemEntries(full).All(RunFiles.IsLeftover))
            AtomicFolder.Check(folder);
        return Held(full, folder, keep, !isThere, run =>
        {
            RequireNoRun(full, folder); // nor has another process begun one since
            RunFiles.RemoveLeftovers(full);
            AtomicFile.Write(run.LogPath, stream => stream.Write(TrainingLog.Line(TrainingLog.Header(recipe))));
        });
    }

    /// <summary>Opens a run to go on with it: lines of the log behind the newest saved state are taken away.</summary>
    /// <exception cref="IOException">There is no run, or another process has it: one sentence.</exception>
    /// <exception cref="CheckpointFormatException">The log's first line is no recipe, or a setting differs from the one given: it is named with both values.</exception>
    public static TrainingRun Resume(string folder, TrainingRecipe recipe, int keep = 2)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        string full = Path.GetFullPath(folder);
        if (!File.Exists(Path.Combine(full, TrainingLog.FileName)))
            throw new IOException($"{folder}: expected the folder of a training run, found no {TrainingLog.FileName} in it. Leave out --resume to begin a run");
        return Held(full, folder, keep, false, run =>
        {
            RunFiles.RemoveLeftovers(full);
            string[] lines = TrainingLog.Lines(run.LogPath);
            RequireSame(TrainingLog.Header(run.LogPath, lines.FirstOrDefault() ?? ""), recipe, folder);
            run.FindNewest();
            lines = [lines[0], .. lines.Skip(1).Where(line => TrainingLog.Reading(line)?.Step <= run.NewestStep)];
            AtomicFile.Write(run.LogPath, stream =>
            {
                foreach (string line in lines)
                    stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
            });
            run.LastReading = TrainingLog.Reading(lines[^1]);
        });
    }

    /// <summary>Writes into the log's first line what the settings came to, which is known when the text has been looked at.</summary>
    /// <exception cref="IOException">The disk refuses: one sentence.</exception>
    public void Describe(JsonObject effective)
    {
        string[] lines = TrainingLog.Lines(LogPath);
        TrainingRecipe recipe = TrainingLog.Header(LogPath, lines[0]);
        lines[0] = TrainingLog.Header(recipe with { Effective = effective }).ToJsonString(TrainingLog.Json);
        AtomicFile.Write(LogPath, stream => stream.Write(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n")));
    }

    /// <summary>Adds a line to the log, and flushes it: what was shown is there after a crash of the program.</summary>
    /// <exception cref="IOException">The disk refuses: one sentence.</exception>
    public void Log(TrainingReading reading)
    {
        try
        {
            using var stream = new FileStream(LogPath, FileMode.Append, FileAccess.Write, FileShare.Read);
            stream.Write(TrainingLog.Line(reading));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WriteProblem.Of(LogPath, e, remedy: Remedy);
        }
    }

    /// <summary>Saves a state under its step; states beyond those to be kept go when it is safe.</summary>
    /// <param name="step">Names it.</param>
    /// <param name="seconds">Of work since the run began, asked for when the state is written.</param>
    /// <param name="fill">Writes it into a temporary folder.</param>
    /// <exception cref="IOException">The disk refuses: one sentence; the states before are untouched.</exception>
    public void Save(long step, Func<double> seconds, Action<string> fill)
    {
        ArgumentNullException.ThrowIfNull(seconds);
        ArgumentNullException.ThrowIfNull(fill);
        string state = Path.Combine(Folder, RunFiles.NameOf(step));
        if (RunFiles.IsState(state))
            return;
        double worked = 0;
        try
        {
            AtomicFolder.Create(state, folder =>
            {
                fill(folder);
                worked = seconds();
                File.WriteAllBytes(Path.Combine(folder, RunFiles.PlaceName), JsonSerializer.SerializeToUtf8Bytes(new Place(step, worked), TrainingLog.Json));
            });
        }
        catch (IOException e) when (WriteProblem.IsFull(e))
        {
            throw WriteProblem.Of(state, e, remedy: Remedy);
        }

        (Newest, NewestStep, SecondsBefore) = (state, step, worked);
        if (_keep > 0)
            RemoveOld();
    }

    /// <summary>Notes that the run is over and where its result stands, so that <see cref="FinishedSteps"/> knows.</summary>
    /// <param name="result">File or folder.</param>
    /// <param name="steps">Of the whole run.</param>
    /// <exception cref="IOException">The disk refuses: one sentence.</exception>
    public void Finish(string result, long steps) =>
        AtomicFile.Write(Path.Combine(Folder, RunFiles.ResultName), stream => stream.Write(TrainingLog.Line(new Outcome(Relative(Folder, result), steps))));

    /// <summary>How many steps a run had whose result stands where it was written; null for a run that is not over or whose result is gone or asked for elsewhere.</summary>
    /// <param name="folder">Of the run.</param>
    /// <param name="result">File or folder.</param>
    public static long? FinishedSteps(string folder, string result)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentException.ThrowIfNullOrEmpty(result);
        string full = Path.GetFullPath(folder), noted = Path.Combine(full, RunFiles.ResultName);
        if (!File.Exists(noted) || !(File.Exists(result) || (Directory.Exists(result) && Directory.EnumerateFileSystemEntries(result).Any())))
            return null;
        try
        {
            StateValues values = StateValues.Read(noted);
            values.OneOf("result", Relative(full, result));
            return values.Number("steps");
        }
        catch (CheckpointFormatException)
        {
            return null; // damaged, or another result: the run is opened, and the result made again
        }
    }

    /// <summary>Lets go of the folder. The lock's file stays: another process may have opened it already.</summary>
    public void Dispose() => _lock.Dispose();

    /// <summary>Takes away what the run put into its folder, and the folder if it was made for it and nothing else is there: the run has come to nothing.</summary>
    public void Abandon()
    {
        Dispose();
        foreach (string path in Directory.GetFileSystemEntries(Folder).Where(RunFiles.IsOfRun))
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
            else
                File.Delete(path);
        }

        if (_isFolderOurs && !Directory.EnumerateFileSystemEntries(Folder).Any())
            Directory.Delete(Folder);
    }

    private (string Full, string Other) Remedy
    {
        get
        {
            const string Whole = "The states saved before are whole: make room and go on with --resume";
            return Newest is null ? ("Make room and begin again", "Check the folder's permissions and the disk, and begin again") : (Whole, Whole);
        }
    }

    private static TrainingRun Held(string full, string folder, int keep, bool isFolderOurs, Action<TrainingRun> begin)
    {
        TrainingRun? run = null;
        try
        {
            Directory.CreateDirectory(full);
            run = new TrainingRun(full, RunFiles.Hold(full, folder), keep, isFolderOurs);
            begin(run);
            return run;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            run?.Dispose();
            throw WriteProblem.Of(folder, e);
        }
        catch
        {
            run?.Dispose();
            throw;
        }
    }

    private static void RequireNoRun(string full, string folder)
    {
        if (File.Exists(Path.Combine(full, TrainingLog.FileName)))
        {
            throw new IOException(folder + (RunFiles.States(full).Count > 0
                ? ": expected a new or empty folder, found a training run. Go on with it by --resume, or choose another folder"
                : ": expected a new or empty folder, found a training run without a saved state. Repeat its options with --resume, or delete the folder for others"));
        }
    }

    /// <summary>Under another name first: one that is half deleted must not count as a state.</summary>
    private void RemoveOld()
    {
        foreach (var (_, old) in RunFiles.States(Folder).SkipLast(_keep))
        {
            try
            {
                string leaving = old + AtomicFolder.Mark + Path.GetFileNameWithoutExtension(Path.GetRandomFileName());
                Directory.Move(old, leaving);
                Directory.Delete(leaving, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new IOException($"{old}: the old state cannot be deleted ({e.Message.TrimEnd('.')}). The states saved before are whole: check the folder's permissions and go on with --resume", e);
            }
        }
    }

    private static void RequireSame(TrainingRecipe saved, TrainingRecipe asked, string folder)
    {
        if (saved.Kind != asked.Kind)
            throw new CheckpointFormatException(folder, $"expected a run of {asked.Kind}, found one of {saved.Kind}. Name another folder");
        foreach (string name in asked.Settings.Select(s => s.Key).Union(saved.Settings.Select(s => s.Key)))
        {
            string was = saved.Settings[name]?.ToJsonString() ?? "none", now = asked.Settings[name]?.ToJsonString() ?? "none";
            if (saved.Settings[name] is JsonArray before && asked.Settings[name] is JsonArray after && was != now)
                throw new CheckpointFormatException(folder, $"the run was begun with {FirstDifference(name, before, after)}. Give the same to go on, or another folder for a new run");
            if (was != now)
                throw new CheckpointFormatException(folder, $"the run was begun with {name} {was}, found {now}. Give the same options to go on, or another folder for a new run");
        }
    }

    /// <summary>One of the two entries, not lists of thousands of files.</summary>
    private static string FirstDifference(string name, JsonArray before, JsonArray after)
    {
        int at = Enumerable.Range(0, Math.Max(before.Count, after.Count)).First(i => Text(before, i) != Text(after, i));
        return FormattableString.Invariant($"{name} of {before.Count}, number {at + 1} {Text(before, at)}, found {after.Count}, number {at + 1} {Text(after, at)}");

        static string Text(JsonArray of, int at) => at < of.Count ? of[at]?.ToJsonString(TrainingLog.Json) ?? "null" : "none";
    }

    private void FindNewest()
    {
        foreach (var (step, state) in Enumerable.Reverse(RunFiles.States(Folder)))
        {
            (Newest, NewestStep, SecondsBefore) = (state, step, StateValues.Read(Path.Combine(state, RunFiles.PlaceName)).Amount("seconds"));
            return;
        }
    }

    /// <summary>So that both can be moved together.</summary>
    private static string Relative(string folder, string result) =>
        Path.GetRelativePath(folder, Path.TrimEndingDirectorySeparator(Path.GetFullPath(result))).Replace('\\', '/');

    private sealed record Outcome(string Result, long Steps);

    private sealed record Place(long Step, double Seconds);
}
