using System.Globalization;
using System.Text;
using System.Text.Json;
using Azimuth.Checkpoints;

namespace Azimuth.Training;

/// <summary>
/// The folder of a training run: <c>log.jsonl</c> (the recipe in its first line, then a reading a line) and the saved states <c>step-000001000</c>, each whole or
/// not there. One process at a time has it open.
/// </summary>
public sealed class TrainingRun : IDisposable
{
    private const string StatesAreWhole = "The states saved before are whole: make room and go on with --resume";
    private const string LockName = "run.lock", StatePrefix = "step-", PlaceName = "place.json";
    private readonly FileStream _lock;
    private readonly int _keep;

    private TrainingRun(string folder, FileStream held, int keep) => (Folder, _lock, _keep) = (folder, held, keep);

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The log.</summary>
    public string LogPath => Path.Combine(Folder, TrainingLog.FileName);

    /// <summary>The newest saved state, to go on from; null when there is none.</summary>
    public string? Newest { get; private set; }

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
        if (Directory.Exists(folder) && File.Exists(Path.Combine(folder, TrainingLog.FileName)))
        {
            throw new IOException(folder + (States(folder).Any()
                ? ": expected a new or empty folder, found a training run. Go on with it by --resume, or choose another folder"
                : ": expected a new or empty folder, found a training run without a saved state. Start it again by --resume, or delete the folder"));
        }

        string held = Path.Combine(folder, LockName);
        if (File.Exists(held))
        {
            // Left by a process that was killed before its log stood there.
            using (Hold(folder))
                RemoveLeftovers(folder);
            File.Delete(held);
        }

        string full = AtomicFolder.Check(folder);
        Directory.CreateDirectory(full);
        var run = new TrainingRun(full, Hold(full), keep);
        try
        {
            AtomicFile.Write(run.LogPath, stream => stream.Write(TrainingLog.Line(TrainingLog.Header(recipe))));
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
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
        var run = new TrainingRun(full, Hold(full), keep);
        try
        {
            RemoveLeftovers(full);
            string[] lines = File.ReadAllLines(run.LogPath);
            RequireSame(TrainingLog.Header(run.LogPath, lines.FirstOrDefault() ?? ""), recipe, folder);
            long step = run.FindNewest();
            lines = [lines[0], .. lines.Skip(1).Where(line => TrainingLog.Reading(line)?.Step <= step)];
            AtomicFile.Write(run.LogPath, stream =>
            {
                foreach (string line in lines)
                    stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
            });
            run.LastReading = TrainingLog.Reading(lines[^1]);
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
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
            throw WriteProblem.Of(LogPath, e, remedy: (StatesAreWhole, StatesAreWhole));
        }
    }

    /// <summary>Saves a state under its step; states beyond those to be kept go when it is safe.</summary>
    /// <param name="step">Names it.</param>
    /// <param name="seconds">Of work since the run began.</param>
    /// <param name="fill">Writes it into a temporary folder.</param>
    /// <exception cref="IOException">The disk refuses: one sentence; the states before are untouched.</exception>
    public void Save(long step, double seconds, Action<string> fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
        string state = Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{StatePrefix}{step:000000000}"));
        if (Directory.Exists(state))
            return;
        try
        {
            AtomicFolder.Create(state, folder =>
            {
                fill(folder);
                File.WriteAllBytes(Path.Combine(folder, PlaceName), JsonSerializer.SerializeToUtf8Bytes(new Place(step, seconds), TrainingLog.Json));
            });
        }
        catch (IOException e) when (WriteProblem.IsFull(e))
        {
            throw WriteProblem.Of(state, e, remedy: (StatesAreWhole, StatesAreWhole));
        }

        (Newest, SecondsBefore) = (state, seconds);
        if (_keep <= 0)
            return;
        foreach (var (_, old) in States(Folder).SkipLast(_keep))
            Directory.Delete(old, recursive: true);
    }

    /// <summary>Lets go of the folder.</summary>
    public void Dispose()
    {
        _lock.Dispose();
        try
        {
            File.Delete(Path.Combine(Folder, LockName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process has taken it already.
        }
    }

    private static FileStream Hold(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IOException($"{folder}: another process is training there. Wait for it, or choose another folder", e);
        }
    }

    /// <summary>Files and states that killed processes left in the making, under names that may never be used again; the folder is held.</summary>
    private static void RemoveLeftovers(string folder)
    {
        foreach (string left in Directory.GetDirectories(folder, StatePrefix + "*" + AtomicFolder.Mark + "*"))
            Directory.Delete(left, recursive: true);
        foreach (string left in Directory.GetFiles(folder).Where(path => AtomicFile.IsTemporary(path) || Path.GetFileName(path).Contains(AtomicFolder.Mark, StringComparison.Ordinal)))
            File.Delete(left);
    }

    private static void RequireSame(TrainingRecipe saved, TrainingRecipe asked, string folder)
    {
        if (saved.Kind != asked.Kind)
            throw new CheckpointFormatException(folder, $"expected a run of {asked.Kind}, found one of {saved.Kind}. Name another folder");
        foreach (string name in asked.Settings.Select(s => s.Key).Union(saved.Settings.Select(s => s.Key)))
        {
            string was = saved.Settings[name]?.ToJsonString() ?? "none", now = asked.Settings[name]?.ToJsonString() ?? "none";
            if (was != now)
                throw new CheckpointFormatException(folder, $"the run was begun with {name} {was}, found {now}. Give the same options to go on, or another folder for a new run");
        }
    }

    private long FindNewest()
    {
        foreach (var (step, state) in States(Folder).Reverse())
        {
            JsonElement place = JsonFile.ReadObject(Path.Combine(state, PlaceName));
            if (!place.TryGetProperty("seconds", out JsonElement seconds) || !seconds.TryGetDouble(out double value))
                throw new CheckpointFormatException(Path.Combine(state, PlaceName), "expected \"seconds\", found none. Delete the folder to go on from the state before it");
            (Newest, SecondsBefore) = (state, value);
            return step;
        }

        return -1;
    }

    private static IEnumerable<(long Step, string Path)> States(string folder) => Directory.EnumerateDirectories(folder, StatePrefix + "*")
        .Select(path => (Step: long.TryParse(Path.GetFileName(path).AsSpan(StatePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? step : -1, Path: path))
        .Where(state => state.Step >= 0).OrderBy(state => state.Step).ToList();

    private sealed record Place(long Step, double Seconds);
}
