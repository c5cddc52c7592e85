namespace Azimuth.Checkpoints;

/// <summary>What it means when the disk refuses a file.</summary>
internal static class WriteProblem
{
    /// <summary>One sentence that names the file, the reason and what to do.</summary>
    /// <param name="path">What was to be written.</param>
    /// <param name="e">The refusal.</param>
    /// <param name="temporary">A name of which the user knows nothing; <paramref name="path"/> is said in its place.</param>
    /// <param name="remedy">What to do about a full disk, and about all else.</param>
    public static IOException Of(string path, Exception e, string? temporary = null, (string Full, string Other)? remedy = null)
    {
        (string full, string other) = remedy ?? ("Make room, or choose another folder", "Check the folder's permissions and the disk, or choose another folder");
        if (IsFull(e))
            return new IOException($"{path}: the disk is full. {full}", e);
        // A file of a folder that was being written has said so already.
        string reason = e is FileNotFoundException or DirectoryNotFoundException ? "the folder takes no new file" : (e.InnerException ?? e).Message.TrimEnd('.');
        if (temporary is not null)
            reason = reason.Replace(temporary, path, StringComparison.Ordinal);
        return new IOException($"{path}: it cannot be written ({reason}). {other}", e);
    }

    /// <summary>True where no room was left, or none for this user.</summary>
    public static bool IsFull(Exception? e)
    {
        const int UnixFull = 28, UnixQuota = 122, WindowsFull = unchecked((int)0x80070070), WindowsHandleFull = unchecked((int)0x80070027);
        return e is not null && (e is IOException && (OperatingSystem.IsWindows() ? e.HResult is WindowsFull or WindowsHandleFull : e.HResult is UnixFull or UnixQuota) || IsFull(e.InnerException));
    }
}
