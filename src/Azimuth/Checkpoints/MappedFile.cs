using System.IO.MemoryMappedFiles;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints;

/// <summary>
/// Maps files read-only. The mapping is released by the view handle's own finaliser when the last <see cref="StoredBytes"/> over it is collected,
/// so nobody disposes anything. A file must not be shortened while it is mapped: the operating system would end the process on the next read.
/// </summary>
internal static class MappedFile
{
    /// <summary>All bytes of a file; none of them is read yet. Files may exceed 2³¹ bytes; an empty one gives no bytes.</summary>
    /// <exception cref="CheckpointFormatException">No such file, a folder, or not readable.</exception>
    public static StoredBytes Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            throw new CheckpointFormatException(path, "expected a file, found a folder. Name the file inside it", kind: "NotAFile");
        var file = new FileInfo(path);
        if (!file.Exists)
            throw new CheckpointFormatException(path, "there is no such file. Check the path", kind: "FileMissing");
        // Nothing can be mapped of an empty file; devices and pipes have length 0 too and are never opened, as that could wait for ever.
        if (file.Length == 0)
            return StoredBytes.FromBytes([]);
        try
        {
            return Map(path);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CheckpointFormatException(path, $"it may not be read ({e.Message.TrimEnd('.')}). Check the file's permissions", kind: "FileNotReadable");
        }
        catch (IOException e)
        {
            throw new CheckpointFormatException(path, $"it cannot be read ({e.Message.TrimEnd('.')}). Check the disk and whether another program holds the file", kind: "FileNotReadable");
        }
    }

    private static unsafe StoredBytes Map(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1);
        // Measured on the open file, so that a file replaced since it was looked at is still mapped whole.
        long length = stream.Length;
        if (length == 0)
            return StoredBytes.FromBytes([]);
        using var mapping = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        // The view outlives the mapping object and the stream. Its accessor has no finaliser, its handle has: the handle is the owner.
        var handle = mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read).SafeMemoryMappedViewHandle;
        return new StoredBytes((byte*)handle.DangerousGetHandle(), length, handle);
    }
}
