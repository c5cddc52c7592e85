namespace Azimuth.Checkpoints;

/// <summary>
/// Makes a new folder so that nobody ever sees a part of it: it is filled under a name of its own beside its place, every file is flushed to the disk, and then it is
/// renamed. A process that is killed on the way leaves NAME.azimuth-unfinished-… behind, which the next one for the same place takes away.
/// </summary>
public static class AtomicFolder
{
    /// <summary>What stands in the name of a folder in the making.</summary>
    internal const string Mark = ".azimuth-unfinished-";

    private const string LockEnding = ".lock";

    /// <summary>Lets <paramref name="fill"/> write into a temporary folder, and gives that folder the name <paramref name="path"/> once it returns.</summary>
    /// <exception cref="IOException">Something is at <paramref name="path"/> that is not an empty folder, the folder above is missing, or the disk refuses: one sentence.</exception>
    public static void Create(string path, Action<string> fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
        string full = Check(path);
        string temporary = full + Mark + Path.GetFileNameWithoutExtension(Path.GetRandomFileName());
        RemoveLeftovers(full);
        try
        {
            // Held as long as the folder is in the making, so that another process does not take it for a leftover.
            using (new FileStream(temporary + LockEnding, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                Directory.CreateDirectory(temporary);
                fill(temporary);
                Flush(temporary);
                if (Directory.Exists(full))
                    Directory.Delete(full); // only an empty one lets itself be deleted so
                Directory.Move(temporary, full);
            }

            Delete(temporary);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            Delete(temporary);
            throw WriteProblem.Of(path, e, temporary);
        }
        catch
        {
            Delete(temporary);
            throw;
        }
    }

    /// <summary>The absolute path, once it is clear that a folder may be made there.</summary>
    /// <exception cref="IOException">Something is there that is not an empty folder, or the folder above is missing.</exception>
    public static string Check(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.RequireFolders(path);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string? above = Path.GetDirectoryName(full);
        if (File.Exists(full))
            throw new IOException($"{path}: expected a new folder, found a file of that name. Choose another name");
        if (Directory.Exists(full) && Directory.EnumerateFileSystemEntries(full).Any())
            throw new IOException($"{path}: expected a new or empty folder, found one with files in it. Choose another name, or empty it");
        if (above is null || !Directory.Exists(above))
            throw new IOException($"{path}: the folder {above ?? path} does not exist. Create it first");
        return full;
    }

    private static void RemoveLeftovers(string full)
    {
        string above = Path.GetDirectoryName(full)!, pattern = Path.GetFileName(full) + Mark;
        foreach (string entry in Directory.EnumerateFileSystemEntries(above).Where(e => Path.GetFileName(e).StartsWith(pattern, StringComparison.Ordinal)).ToList())
        {
            string folder = entry.EndsWith(LockEnding, StringComparison.Ordinal) ? entry[..^LockEnding.Length] : entry;
            if (!IsHeld(folder + LockEnding))
                Delete(folder);
        }
    }

    private static bool IsHeld(string lockFile)
    {
        try
        {
            using var opened = new FileStream(lockFile, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static void Flush(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            stream.Flush(flushToDisk: true);
        }
    }

    private static void Delete(string temporary)
    {
        try
        {
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
            File.Delete(temporary + LockEnding);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first failure is the one worth reporting; the name says what is left.
        }
    }
}
