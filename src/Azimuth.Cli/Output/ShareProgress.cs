namespace Azimuth.Cli.Output;

/// <summary>Shows a share of work done as units done.</summary>
internal sealed class ShareProgress(ProgressLine line, string what, long total, string unit) : IProgress<double>
{
    /// <summary>In percent.</summary>
    public ShareProgress(ProgressLine line, string what)
        : this(line, what, 100, ProgressLine.Percent)
    {
    }

    public void Report(double value) => line.Report(what, (long)Math.Round(Math.Clamp(value, 0, 1) * total), total, unit);
}
