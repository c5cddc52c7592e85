using System.Text;
using Azimuth.Checkpoints;

namespace Azimuth.Cli.CommandLine;

/// <summary>Reads the text files that a command line names.</summary>
internal static class InputFile
{
    private const long LargestText = 1L << 30;

    /// <summary>The whole file as text.</summary>
    /// <exception cref="UsageException">No name, missing, a folder, too large for one string, or not UTF-8.</exception>
    public static string ReadText(string path, string where)
    {
        if (path.Length == 0)
            throw new UsageException($"{where}: expected a text file, found an empty text.");
        if (Directory.Exists(path))
            throw new UsageException($"{where}: expected a text file, found the folder {path}.");
        if (!File.Exists(path))
            throw new UsageException($"{where}: there is no file {path}.");
        if (AtomicFile.IsNamedPipe(path))
            throw new UsageException($"{where}: expected a text file, found the pipe {path}; name a file, or /dev/stdin for what comes through standard input.");
        long length = new FileInfo(path).Length;
        if (length > LargestText)
            throw new UsageException(FormattableString.Invariant($"{where}: {path}: expected at most {LargestText} bytes, found {length}; cut the file."));
        try
        {
            return File.ReadAllText(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        }
        catch (DecoderFallbackException problem)
        {
            throw new UsageException(FormattableString.Invariant(
                $"{where}: {path}: expected UTF-8 text, found a byte sequence that is not, at index {problem.Index}; convert the file first."));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{where}: {path} cannot be read: {problem.Message}");
        }
    }
}
