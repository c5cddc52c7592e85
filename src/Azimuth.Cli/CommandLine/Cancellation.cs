using System.Runtime.InteropServices;

namespace Azimuth.Cli.CommandLine;

/// <summary>
/// Turns Ctrl-C and SIGTERM into a cancelled token. Work that does not look at the token is ended after <see cref="Patience"/>; a second
/// signal ends it at once.
/// </summary>
internal sealed class Cancellation : IDisposable
{
    /// <summary>How long work may go on after the first signal; longer where it saves what was done.</summary>
    public static TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _signals;
    private Timer? _deadline;

    public Cancellation() => _signals =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
    ];

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
        _deadline?.Dispose();
        _source.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_source.IsCancellationRequested)
            Environment.Exit(ExitCode.Cancelled);
        _deadline = new Timer(_ => Environment.Exit(ExitCode.Cancelled), null, Patience, Timeout.InfiniteTimeSpan);
        _source.Cancel();
    }
}
