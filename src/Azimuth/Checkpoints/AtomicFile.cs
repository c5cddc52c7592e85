namespace Azimuth.Checkpoints;

/// <summary>Writes files so that a reader sees the old one or the whole new one, and a failure leaves nothing behind.</summary>
public static class AtomicFile
{
    private const string Mark = ".azimuth-", Ending = ".tmp";

    /// <summary>
    /// Lets <paramref name="write"/> fill a temporary file in the same folder, flushes it to disk and renames it to <paramref name="path"/>,
    /// replacing what was there. When anything fails or throws, the temporary file is deleted and the exception goes on.
    /// </summary>
    /// <exception cref="IOException">The folder is missing, not writable or full: one sentence naming the file.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        WriteAll([(path, write)]);
    }

    /// <summary>As <see cref="Write"/> for files that belong together: none is renamed before all are written and flushed.</summary>
    internal static void WriteAll(IReadOnlyList<(string Path, Action<Stream> Write)> files)
    {
        string[] targets = [.. files.Select(file => Check(file.Path))];
        // Short names of their own: a file's name with an ending could be longer than the disk allows.
        string[] temporary = [.. targets.Select(full => Path.Combine(Path.GetDirectoryName(full)!, Mark + Path.GetRandomFileName() + Ending))];
        int current = 0;
        try
        {
            for (int i = 0; i < targets.Length; i++)
            {
                current = i;
                using var stream = new FileStream(temporary[i], FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
                files[i].Write(stream);
                // Down to the disk before the rename: otherwise a power failure could leave the new name with old or no content.
                stream.Flush(flushToDisk: true);
            }

            for (int i = 0; i < targets.Length; i++)
            {
                current = i;
                File.Move(temporary[i], targets[i], overwrite: true);
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            Array.ForEach(temporary, Delete);
            throw WriteProblem.Of(files[current].Path, e, temporary[current]);
        }
        catch
        {
            Array.ForEach(temporary, Delete);
            throw;
        }
    }

    /// <summary>Whether a file has the name of one in the making: a process that was killed leaves it behind.</summary>
    internal static bool IsTemporary(string path) => Path.GetFileName(path) is var name && name.StartsWith(Mark, StringComparison.Ordinal) && name.EndsWith(Ending, StringComparison.Ordinal);

    /// <summary>The bytes of a file, of a symbolic link those of the file it leads to.</summary>
    internal static long Length(string path) => File.ResolveLinkTarget(Path.GetFullPath(path), returnFinalTarget: true) is FileInfo { Exists: true } target ? target.Length : new FileInfo(path).Length;

    /// <summary>Whether a file can stand there: the full path it would get, links followed.</summary>
    /// <exception cref="IOException">A folder, a device or a pipe is there, or the folder is missing: one sentence.</exception>
    public static string Check(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RequireFolders(path);
        string full = FinalPath(path);
        string folder = Path.GetDirectoryName(full) ?? throw new IOException($"{path}: expected a file name, found the root of a drive. Name a file");
        if (Directory.Exists(full))
            throw new IOException($"{path}: expected a file to write, found a folder. Name a file inside it");
        if (IsDeviceOrPipe(full))
            throw new IOException($"{path}: expected a file to write, found a device or a pipe, in whose place a file would be put. Name a file");
        return Directory.Exists(folder) ? full : throw new IOException($"{path}: the folder {folder} does not exist. Create it first");
    }

    /// <summary>.NET takes missing/.. out of a path without a look; to the system, and to whoever uses the name later, it leads nowhere.</summary>
    /// <exception cref="IOException">A folder before .. is missing: one sentence.</exception>
    internal static void RequireFolders(string path)
    {
        for (int at = path.IndexOf("..", StringComparison.Ordinal); at >= 0; at = path.IndexOf("..", at + 1, StringComparison.Ordinal))
        {
            string before = path[..at];
            if (Path.EndsInDirectorySeparator(before) && !Directory.Exists(before))
                throw new IOException($"{path}: the folder {Path.TrimEndingDirectorySeparator(before)} does not exist. Create it first");
        }
    }

    // No attribute tells them apart, so those of the system are known by their place, and pipes by having none to go to.
    private static bool IsDeviceOrPipe(string full) => !OperatingSystem.IsWindows() && File.Exists(full) && (IsOfSystem(full) || IsPipe(full));

    /// <summary>Whether a path leads to a pipe that was made under a name: to open one waits, for ever where nobody writes. Those of the system, as standard input is one, have a writer or end.</summary>
    public static bool IsNamedPipe(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return !OperatingSystem.IsWindows() && RealPath(path) is var real && !IsOfSystem(real) && new FileInfo(real) is { Exists: true, Length: 0 } && IsPipe(real);
    }

    private static bool IsOfSystem(string full) => full.StartsWith("/dev/", StringComparison.Ordinal) || full.StartsWith("/proc/", StringComparison.Ordinal);

    private static bool IsPipe(string full)
    {
        try
        {
            // For reading and writing: to open a pipe for one alone waits until somebody does the other.
            using var stream = new FileStream(full, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            return !stream.CanSeek;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // what is in its way says the reading or writing itself
        }
    }

    /// <summary>The absolute path with every symbolic link on the way followed: one name for one file. What does not exist is named as it would be made.</summary>
    /// <exception cref="IOException">Links in a circle.</exception>
    public static string RealPath(string path) => RealPath(Path.GetFullPath(path), 0);

    private static string RealPath(string full, int links)
    {
        const int MostLinks = 40; // as Linux has it
        if (Path.GetDirectoryName(full) is not { } above)
            return full;
        string real = Path.Combine(RealPath(above, links), Path.GetFileName(full));
        FileSystemInfo info = Directory.Exists(real) ? new DirectoryInfo(real) : new FileInfo(real);
        if (info.LinkTarget is null)
            return real;
        return links < MostLinks ? RealPath(info.ResolveLinkTarget(returnFinalTarget: true)!.FullName, links + 1) : throw new IOException("Too many levels of symbolic links.");
    }

    /// <summary>Where symbolic links lead: the rename would otherwise put a file in the link's place.</summary>
    private static string FinalPath(string path)
    {
        try
        {
            return RealPath(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}: it cannot be written ({e.Message.TrimEnd('.')}). Check where the link leads", e);
        }
    }

    private static void Delete(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first failure is the one worth reporting.
        }
    }
}
