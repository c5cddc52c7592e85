namespace Azimuth.Quantization;

/// <summary>One progress for work in steps of given weights.</summary>
internal sealed class Steps(IProgress<double>? progress, IReadOnlyList<double> weights)
{
    /// <summary>The progress of one step, or of its part <paramref name="part"/> of <paramref name="parts"/>.</summary>
    public IProgress<double>? Step(int step, int part = 0, int parts = 1)
    {
        double total = weights.Sum(), size = weights[step] / parts, start = weights.Take(step).Sum() + part * size;
        return progress is null ? null : new Part(progress, start / total, size / total);
    }

    private sealed class Part(IProgress<double> whole, double start, double size) : IProgress<double>
    {
        public void Report(double value) => whole.Report(start + size * value);
    }
}
