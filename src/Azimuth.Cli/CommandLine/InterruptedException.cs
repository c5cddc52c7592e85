namespace Azimuth.Cli.CommandLine;

/// <summary>A command was cancelled, and something of its work is kept: the message says what, and how to go on.</summary>
internal sealed class InterruptedException(string message, OperationCanceledException reason) : OperationCanceledException(message, reason, reason.CancellationToken);
