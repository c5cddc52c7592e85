using System.Text;
using Azimuth.Checkpoints;

namespace Azimuth.Tokenization.Files;

/// <summary>Reads tokenizer files whole, with a bound on their size.</summary>
internal static class SmallFile
{
    // The largest tokenizer.json published is about 35 MB.
    private const long LargestBytes = 256L << 20;

    /// <summary>The file's bytes.</summary>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="CheckpointFormatException">Too large to be a tokenizer.</exception>
    public static byte[] ReadBytes(string path)
    {
        FileInfo file = new(path);
        if (!file.Exists)
            throw new FileNotFoundException($"{path}: no such file; give a tokenizer file or a model folder that has one.", path);
        if (file.Length > LargestBytes)
        {
            throw new CheckpointFormatException(path, FormattableString.Invariant(
                $"expected a tokenizer of at most {LargestBytes} bytes, found {file.Length}."), kind: "FileTooLarge");
        }

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
    /// <exception cref="CheckpointFormatException">Not UTF-8, or too large to be a tokenizer.</exception>
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
