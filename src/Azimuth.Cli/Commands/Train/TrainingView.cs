using System.Globalization;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Training;

namespace Azimuth.Cli.Commands.Train;

/// <summary>A run on standard error as it goes: a line a reading under a heading that says what the columns are, and the neighbours of watched words.</summary>
internal sealed class TrainingView(Session session)
{
    private const int RowsAPage = 20;
    private int _rows;
    private bool _isHeldOutMeasured;
    private string _neighbors = "";

    /// <summary>Shows a reading.</summary>
    public void Show(TrainingReading reading)
    {
        // A tokenizer has no loss and no table: columns of nothing say nothing.
        bool plain = reading is { LossNats: null, Cost: null, LearningRate: null, Table: null };
        if (plain)
        {
            session.Note(string.Create(CultureInfo.InvariantCulture, $"{reading.Done * 100,5:0.0} % {reading.Stage}: {reading.Items:N0} {reading.Unit}{(reading.ItemsPerSecond is null ? "" : $", {Speed(reading)} a second")}{(reading.SecondsLeft is > 1 ? $", {Left(reading)} left" : "")}"));
            return;
        }

        if (_rows++ % RowsAPage == 0 || (reading.ValidationLossNats is not null && !_isHeldOutMeasured))
        {
            _isHeldOutMeasured |= reading.ValidationLossNats is not null;
            session.Note($"   done        step     {(reading.Cost is null ? "loss" : "cost")}    rate      per second  left       norm  mean cos  IsoScore{(_isHeldOutMeasured ? " held out" : "")}");
        }

        session.Note(string.Create(CultureInfo.InvariantCulture,
            $"{reading.Done * 100,5:0.0} % {reading.Step,11:N0} {Loss(reading),8} {Rate(reading.LearningRate),7} {Speed(reading),15}  {Left(reading),-9}{Shown(reading.Table?.NormMean, 3),6} {Shown(reading.Table?.MeanPairwiseCosine, 4),9} {Shown(reading.Table?.IsoScore, 4),9}{Held(reading)}"));
        if (reading.Table is { } table && Words(table) is { Length: > 0 } neighbors && neighbors != _neighbors)
        {
            _neighbors = neighbors;
            session.Note(neighbors);
        }

        if (reading.Sample is { } sample)
            session.Note("        “" + Tokens.OneLine(sample, 88) + "”");
        session.Progress.Say(reading.Stage);
    }

    private static string Words(TableReading table) => string.Join('\n', table.Neighbors.Select(word =>
        "        " + Tokens.OneLine(word.Word, 20) + " → " + string.Join(", ", word.Nearest.Select(n => Tokens.OneLine(n.Text, 20) + " " + Numbers.Fixed(n.Cosine, 2)))));

    private static string Held(TrainingReading reading) => reading.ValidationLossNats is double loss ? $" {Numbers.Fixed(loss, 4),8}" : "";

    private static string Loss(TrainingReading reading) => (reading.LossNats ?? reading.Cost) is double loss ? Math.Abs(loss) < 1000 ? Numbers.Fixed(loss, 4) : Numbers.Three(loss) : "";

    private static string Speed(TrainingReading reading) => reading.ItemsPerSecond is double rate ? $"{Numbers.Three(rate)} {reading.Unit}" : "";

    private static string Left(TrainingReading reading) => reading.SecondsLeft is double seconds ? Numbers.Duration(TimeSpan.FromSeconds(seconds)) : "";

    private static string Rate(double? rate) => rate is double value ? Numbers.Three(value) : "";

    private static string Shown(double? value, int decimals) => value is double number ? Numbers.Fixed(number, decimals) : "";
}
