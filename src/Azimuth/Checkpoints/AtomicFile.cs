namespace Azimuth.Checkpoints;

/// <summary>Writes files so that a reader sees the old one or the whole new one, and a failure leaves nothing behind.</summary>
public static class AtomicFile
{
    /// <summary>
    /// Lets <paramref name="write"/> fill a temporary file in the same folder, flushes it to disk and renames it to <paramref name="path"/>,
    /// replacing what was there. When anything fails or throws, the temporary file is deleted and the exception goes on.
    /// </summary>
    /// <exception cref="IOException">The folder is missing, not writable or full: one sentence naming the file.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string full = FinalPath(path);
        string folder = Path.GetDirectoryName(full) ?? throw new IOException($"{path}: expected a file name, found the root of a drive. Name a file");
        if (Directory.Exists(full))
            throw new IOException($"{path}: expected a file to write, found a folder. Name a file inside it");
        if (!Directory.Exists(folder))
            throw new IOException($"{path}: the folder {folder} does not exist. Create it first");
        // A short name of its own: the file's name with an ending could be longer than the disk allows.
        string temporary = Path.Combine(folder, $".azimuth-{Path.GetRandomFileName()}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                write(stream);
                // Down to the disk before the rename: otherwise a power failure could leave the new name with old or no content.
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            Delete(temporary);
            throw new IOException($"{path}: it cannot be written ({e.Message}) Check the folder's permissions and the disk, or choose another folder", e);
        }
        catch
        {
            Delete(temporary);
            throw;
        }
    }

    /// <summary>Where a symbolic link leads: the rename would otherwise put a file in the link's place.</summary>
    private static string FinalPath(string path)
    {
        string full = Path.GetFullPath(path);
        try
        {
            return new FileInfo(full).LinkTarget is null ? full : File.ResolveLinkTarget(full, returnFinalTarget: true)!.FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}: it cannot be written ({e.Message}) Check where the link leads", e);
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
