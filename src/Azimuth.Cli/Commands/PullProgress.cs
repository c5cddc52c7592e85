using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Hub;

namespace Azimuth.Cli.Commands;

/// <summary>Shows how far a pull is, the file at work and all of them, and passes its remarks on.</summary>
internal sealed class PullProgress(Session session) : IProgress<HubProgress>
{
    private const int LongestName = 40;
    private const long Megabyte = 1_000_000;
    private readonly Lock _lock = new();

    public void Report(HubProgress value)
    {
        lock (_lock)
        {
            if (value.Remark is string remark)
            {
                session.Warn(remark);
                return;
            }

            string name = value.File.Length > LongestName ? "…" + value.File[^LongestName..] : value.File;
            string share = value.FileSize > 0 ? $" {Numbers.Fixed(Math.Floor(100.0 * value.FileDone / value.FileSize), 0)} %" : "";
            // What was in the cache already counts on neither side, so that rate and remaining time are the network's.
            session.Progress.Report("fetching", value.Received / Megabyte, (value.Received + value.Total - value.Done + Megabyte - 1) / Megabyte, "MB", $" · {name}{share}");
        }
    }
}
