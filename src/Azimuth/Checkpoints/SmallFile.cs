using System.Text;

namespace Azimuth.Checkpoints;

/// <summary>Reads the small files of a model folder whole, with a bound on their size, links followed. What has no length is empty: a pipe is never opened, as that could wait for ever.</summary>
internal static class SmallFile
{
    // The largest tokenizer.json published is about 35 MB.
    private const long LargestBytes = 256L << 20;

    /// <summary>The file's bytes.</summary>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="CheckpointFormatException">Too large to be one of them, or not readable.</exception>
    public static byte[] ReadBytes(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: no such file; give a tokenizer file or a model folder that has one.", path);
        long length = AtomicFile.Length(path);
        if (length > LargestBytes)
        {
            throw new CheckpointFormatException(path, FormattableString.Invariant(
                $"expected a file of at most {LargestBytes} bytes, found {length}."), kind: "FileTooLarge");
        }

        if (length == 0)
            return [];

        try
        {
            return File.ReadAllBytes(path);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CheckpointFormatException(path, $"it may not be read ({e.Message.TrimEnd('.')}). Check the file's permissions", kind: "FileNotReadable");
        }
    }

    /// <summary>The file's text, without a byte order mark.</summary>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="CheckpointFormatException">Not UTF-8, not readable, or too large to be one of them.</exception>
    public static string ReadText(string path)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(ReadBytes(path)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            throw new CheckpointFormatException(path, "expected UTF-8 text, found bytes that are not; fetch the file again.", kind: "BadUtf8");
        }
    }
}
