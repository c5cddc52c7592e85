namespace Azimuth.Cli.Tests;

/// <summary>
/// A current folder for documented command lines: the repository's files are there under their own names, and what a command writes stays
/// out of the repository.
/// </summary>
internal sealed class ShellFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ShellFolder()
    {
        foreach (string entry in Directory.EnumerateFileSystemEntries(TestFiles.Root))
        {
            string name = System.IO.Path.GetFileName(entry);
            if (name.StartsWith('.') || name.EndsWith(".html", StringComparison.Ordinal))
                continue;
            if (Directory.Exists(entry))
                Directory.CreateSymbolicLink(_folder[name], entry);
            else
                File.CreateSymbolicLink(_folder[name], entry);
        }
    }

    public string Path => _folder.Path;

    public void Dispose() => _folder.Dispose();
}
