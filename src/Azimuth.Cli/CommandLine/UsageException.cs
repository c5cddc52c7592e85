namespace Azimuth.Cli.CommandLine;

/// <summary>A command line that cannot be carried out. The message is one sentence: what, where, expected, found, what to do.</summary>
internal sealed class UsageException(string message) : Exception(message);
