using System.Globalization;
using Azimuth.Checkpoints;

namespace Azimuth.Training;

/// <summary>What lies in the folder of a training run and what it is called.</summary>
internal static class RunFiles
{
    /// <summary>The lock, in a state its step and time, and what a finished run says of its result.</summary>
    public const string LockName = "run.lock", PlaceName = "place.json", ResultName = "result.json";

    private const string StatePrefix = "step-";

    /// <summary>Whether a folder is one that a run is kept in.</summary>
    public static bool IsRun(string folder) => File.Exists(Path.Combine(folder, TrainingLog.FileName))
        && (File.Exists(Path.Combine(folder, LockName)) || File.Exists(Path.Combine(folder, ResultName)) || States(folder).Count > 0);

    /// <summary>The saved states, the oldest first.</summary>
    public static List<(long Step, string Path)> States(string folder) =>
        [.. Directory.EnumerateDirectories(folder, StatePrefix + "*").Where(IsState).Select(path => (Step: StepOf(Path.GetFileName(path))!.Value, Path: path)).OrderBy(state => state.Step)];

    /// <summary>A folder that somebody else called step-5 is none.</summary>
    public static bool IsState(string path) => StepOf(Path.GetFileName(path)) is not null && File.Exists(Path.Combine(path, PlaceName));

    /// <summary>What the state of a step is called.</summary>
    public static string NameOf(long step) => string.Create(CultureInfo.InvariantCulture, $"{StatePrefix}{step:000000000}");

    /// <summary>The step that a name is of; null for another name.</summary>
    public static long? StepOf(string name) =>
        name.StartsWith(StatePrefix, StringComparison.Ordinal) && long.TryParse(name.AsSpan(StatePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long step) && name == NameOf(step) ? step : null;

    /// <summary>Whether runs make it: what is called otherwise was put there by somebody else.</summary>
    public static bool IsOfRun(string path)
    {
        string name = Path.GetFileName(path);
        return name is TrainingLog.FileName or LockName or ResultName or "tokens.bin" or "converted" or "pairs"
            || name.StartsWith("corpus.", StringComparison.Ordinal) || name.StartsWith("pairs.", StringComparison.Ordinal)
            || StepOf(name.Split(AtomicFolder.Mark)[0]) is not null || AtomicFile.IsTemporary(path) || name.Contains(AtomicFolder.Mark, StringComparison.Ordinal);
    }

    /// <summary>Whether a process left it that was killed before its log stood there; a lock with something in it is somebody else's.</summary>
    public static bool IsLeftover(string path) =>
        File.Exists(path) && (AtomicFile.IsTemporary(path) || (Path.GetFileName(path) == LockName && new FileInfo(path) is { Length: 0, LinkTarget: null }));

    /// <summary>Files and states that killed processes left in the making, under names that may never be used again; the folder is held.</summary>
    public static void RemoveLeftovers(string folder)
    {
        foreach (string left in Directory.GetDirectories(folder, StatePrefix + "*" + AtomicFolder.Mark + "*").Where(path => StepOf(Path.GetFileName(path).Split(AtomicFolder.Mark)[0]) is not null))
            Directory.Delete(left, recursive: true);
        foreach (string left in Directory.GetFiles(folder).Where(path => AtomicFile.IsTemporary(path) || Path.GetFileName(path).Contains(AtomicFolder.Mark, StringComparison.Ordinal)))
            File.Delete(left);
    }

    /// <summary>Takes the lock.</summary>
    /// <exception cref="IOException">Another process has it: one sentence.</exception>
    public static FileStream Hold(string full, string folder)
    {
        const int LinuxHeld = 11, MacHeld = 35, WindowsShared = unchecked((int)0x80070020), WindowsLocked = unchecked((int)0x80070021);
        string path = Path.Combine(full, LockName);
        try
        {
            var held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            if (File.Exists(path))
                return held;
            // Taken away with its folder by a run that came to nothing, between opening and locking.
            held.Dispose();
            throw new IOException($"{folder}: another process has just taken it away. Try again");
        }
        catch (IOException e) when (OperatingSystem.IsWindows() ? e.HResult is WindowsShared or WindowsLocked : e.HResult == (OperatingSystem.IsMacOS() ? MacHeld : LinuxHeld))
        {
            throw new IOException($"{folder}: another process is training there. Wait for it, or choose another folder", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException { InnerException: not null } || WriteProblem.IsFull(e))
        {
            throw WriteProblem.Of(path, e);
        }
    }
}
