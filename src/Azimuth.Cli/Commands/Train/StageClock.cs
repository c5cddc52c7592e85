using System.Diagnostics;

namespace Azimuth.Cli.Commands.Train;

/// <summary>How long the stages of a run took in this process, one after the other.</summary>
internal sealed class StageClock
{
    private readonly List<StageTime> _ended = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private string? _stage;
    private TimeSpan _processorsBefore;

    /// <summary>The stages so far, the one that runs included.</summary>
    public IReadOnlyList<StageTime> Times => _stage is null ? _ended : [.. _ended, Now];

    private StageTime Now => new(_stage!, _clock.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - _processorsBefore).TotalSeconds);

    /// <summary>Ends a stage and begins the next; the same name again changes nothing.</summary>
    public void Begin(string stage)
    {
        if (stage == _stage)
            return;
        if (_stage is not null)
            _ended.Add(Now);
        (_stage, _processorsBefore) = (stage, Environment.CpuUsage.TotalTime);
        _clock.Restart();
    }
}

/// <param name="Stage">What was done: "counting words".</param>
/// <param name="Seconds">Wall time.</param>
/// <param name="ProcessorSeconds">Time of all processors on this process meanwhile.</param>
internal sealed record StageTime(string Stage, double Seconds, double ProcessorSeconds);
