using System.Diagnostics;

namespace Azimuth.Training;

/// <summary>Drives a trainer to its end: reads it, logs it, saves it, hears cancellation.</summary>
public static class TrainingLoop
{
    /// <summary>
    /// Trains until the trainer has finished. On cancellation and on any failure of the trainer the state before is safe: a cancelled run saves first, a run whose loss is no
    /// number keeps the last state that was saved.
    /// </summary>
    /// <param name="trainer">New, or opened from a saved state of <paramref name="run"/>.</param>
    /// <param name="run">Where the log and the states go; null to keep none.</param>
    /// <param name="pace">How often.</param>
    /// <param name="watch">Measures the table for each reading; null for not at all.</param>
    /// <param name="shown">Told every reading as it is logged; on the calling thread.</param>
    /// <param name="cancellation">Checked after each <see cref="ITrainer.Advance"/>.</param>
    /// <returns>The last reading, of a run that had finished before the one in its log; its seconds are those of the state saved last.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; the state was saved.</exception>
    /// <exception cref="TrainingException">From the trainer.</exception>
    /// <exception cref="IOException">A state or the log cannot be written: one sentence.</exception>
    public static TrainingReading Run(
        ITrainer trainer, TrainingRun? run, TrainingPace pace, TableWatch? watch = null, Action<TrainingReading>? shown = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(pace);
        var loop = new State(trainer, run, pace, watch, shown);
        while (!trainer.Finished)
        {
            loop.Advance();
            if (cancellation.IsCancellationRequested && !trainer.Finished)
            {
                loop.Log();
                loop.Save();
                throw new OperationCanceledException(cancellation);
            }

            loop.LogWhenDue();
            loop.SaveWhenDue();
        }

        TrainingReading last = loop.Last();
        loop.Save();
        return run is null ? last : last with { Seconds = run.SecondsBefore };
    }

    private sealed class State(ITrainer trainer, TrainingRun? run, TrainingPace pace, TableWatch? watch, Action<TrainingReading>? shown)
    {
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly double _secondsBefore = run?.SecondsBefore ?? 0, _doneBefore = trainer.Read().Done;
        private readonly long _stepBefore = trainer.Step;
        private TrainingReading? _last = run?.LastReading;
        private TimeSpan _logged, _saved;
        private long _loggedStep = trainer.Step, _savedStep = trainer.Step, _loggedItems = trainer.Read().Items;

        private double Seconds => _secondsBefore + _clock.Elapsed.TotalSeconds;

        public void Advance()
        {
            try
            {
                trainer.Advance();
            }
            catch (TrainingException e) when (run?.Newest is not null)
            {
                throw new TrainingException(e.Message + "; the states saved before are whole", e);
            }
        }

        public void LogWhenDue()
        {
            if (trainer.HasNews || _clock.Elapsed - _logged >= pace.LogEvery || (pace.LogSteps is long steps && trainer.Step / steps > _loggedStep / steps))
                Log();
        }

        public void SaveWhenDue()
        {
            if (_clock.Elapsed - _saved >= pace.SaveEvery || (pace.SaveSteps is long steps && trainer.Step / steps > _savedStep / steps))
                Save();
        }

        public TrainingReading Log()
        {
            TrainingReading reading = trainer.Read();
            TimeSpan now = _clock.Elapsed;
            double here = now.TotalSeconds, since = (now - _logged).TotalSeconds;
            reading = reading with
            {
                Seconds = _secondsBefore + here,
                ItemsPerSecond = since > 0 && reading.Items > _loggedItems ? (reading.Items - _loggedItems) / since : null,
                SecondsLeft = reading.Done > _doneBefore ? here * (1 - reading.Done) / (reading.Done - _doneBefore) : null,
                Table = watch is not null && trainer.Table is { } table ? watch.Of(table) : null,
            };
            run?.Log(reading);
            shown?.Invoke(reading);
            (_last, _logged, _loggedStep, _loggedItems) = (reading, _clock.Elapsed, trainer.Step, reading.Items);
            return reading;
        }

        /// <summary>Of the step that has been reached: not a second one of it, which would know no loss.</summary>
        public TrainingReading Last() => _last?.Step == trainer.Step ? _last : Log();

        public void Save()
        {
            if (trainer.Step > _savedStep || trainer.Step == _stepBefore)
                run?.Save(trainer.Step, () => Seconds, trainer.Save);
            (_saved, _savedStep) = (_clock.Elapsed, trainer.Step);
        }
    }
}
