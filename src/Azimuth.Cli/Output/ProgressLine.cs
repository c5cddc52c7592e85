using System.Diagnostics;

namespace Azimuth.Cli.Output;

/// <summary>
/// One line on standard error: what is being done, how far it is, how fast, how long it will take. Drawn at most ten times a second, only on a
/// terminal, and gone when done. May be called from any thread.
/// </summary>
internal sealed class ProgressLine(TextWriter error, bool shown)
{
    /// <summary>The unit of work whose extent is known only as a share.</summary>
    public const string Percent = "percent";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly Lock _lock = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _lastDrawn = TimeSpan.FromSeconds(-1);
    private TimeSpan _started;
    private string _what = "";
    private bool _visible;

    /// <summary>Says what is being done when its extent is not known.</summary>
    public void Say(string what)
    {
        lock (_lock)
        {
            Begin(what);
            Draw($"{what} …");
        }
    }

    /// <summary>Says how far the work is.</summary>
    /// <param name="what">What is being done; a new text starts the clock for the rate.</param>
    /// <param name="done">Units done.</param>
    /// <param name="total">Units in all.</param>
    /// <param name="unit">What a unit is, in the plural.</param>
    /// <param name="detail">What else is to be said, behind the rest.</param>
    public void Report(string what, long done, long total, string unit, string detail = "")
    {
        lock (_lock)
        {
            Begin(what);
            if (!shown || (_clock.Elapsed - _lastDrawn < Pause && done < total))
                return;
            double seconds = (_clock.Elapsed - _started).TotalSeconds;
            bool isShare = unit == Percent;
            string rate = !isShare && seconds > 0.2 && done > 0 ? $" · {Numbers.Three(done / seconds)} {unit}/s" : "";
            string left = seconds > 1 && done > 0
                ? $" · {Numbers.Duration(TimeSpan.FromSeconds(seconds * (total - done) / done))} left"
                : "";
            Draw($"{what} {(isShare ? $"{Numbers.Count(done)} %" : $"{Numbers.Count(done)} of {Numbers.Count(total)} {unit}")}{rate}{left}{detail}");
        }
    }

    /// <summary>Takes the line away.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            if (_visible)
                error.Write("\r\e[K");
            _visible = false;
        }
    }

    private void Begin(string what)
    {
        if (what == _what)
            return;
        (_what, _started, _lastDrawn) = (what, _clock.Elapsed, TimeSpan.FromSeconds(-1));
    }

    private void Draw(string line)
    {
        if (!shown)
            return;
        (_lastDrawn, _visible) = (_clock.Elapsed, true);
        error.Write("\r\e[K" + line);
    }
}
