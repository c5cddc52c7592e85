namespace Azimuth.Hub;

/// <summary>Counts failures in a row and pauses between them: exponential backoff, or as long as the server asks. Belongs to one request at a time.</summary>
internal sealed class Attempts(HubOptions options, string what, Action<string> remark)
{
    /// <summary>What has to come before a failure counts as the first again; a server that sends a byte a time would otherwise be asked for ever.</summary>
    private const long Progress = 1 << 16;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestAskedPause = TimeSpan.FromMinutes(5);

    private int _failures;
    private long _received;

    /// <summary>Runs something small until it succeeds or the attempts are used up.</summary>
    public async Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return await work();
            }
            catch (TransientException e)
            {
                await PauseAsync(e, cancel);
            }
        }
    }

    /// <summary>Bytes came.</summary>
    public void Received(int bytes)
    {
        _received += bytes;
        if (_received < Progress)
            return;
        (_failures, _received) = (0, 0);
    }

    /// <summary>Waits before the next attempt.</summary>
    /// <exception cref="HubException">There is none.</exception>
    public async Task PauseAsync(TransientException failure, CancellationToken cancel)
    {
        _failures++;
        if (_failures >= options.Attempts)
            throw new HubException(FormattableString.Invariant($"{what}: {failure.Message}, {_failures} times in a row. Try again later; what has been fetched is kept and the next pull goes on from there"), "Unreachable", failure);
        TimeSpan pause = failure.Wait ?? Backoff();
        if (pause > LongestAskedPause)
            throw new HubException(FormattableString.Invariant($"{what}: {failure.Message} and asks to wait {pause.TotalMinutes:0} minutes. Try again then; what has been fetched is kept"), "Busy", failure);
        remark(FormattableString.Invariant($"{what}: {failure.Message}; trying again in {pause.TotalSeconds:0.#} s (attempt {_failures + 1} of {options.Attempts})"));
        await Task.Delay(pause, cancel);
    }

    private TimeSpan Backoff()
    {
        TimeSpan pause = options.FirstPause * Math.Pow(2, Math.Min(_failures - 1, 16));
        return pause < LongestPause ? pause : LongestPause;
    }
}
