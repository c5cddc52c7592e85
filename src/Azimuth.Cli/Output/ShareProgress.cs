namespace Azimuth.Cli.Output;

/// <summary>Shows a share of work done as units done.</summary>
internal sealed class ShareProgress(ProgressLine line, string what, long total, string unit) : IProgress<double>
{
    public void Report(double value) => line.Report(what, (long)Math.Round(Math.Clamp(value, 0, 1) * total), total, unit);
}
