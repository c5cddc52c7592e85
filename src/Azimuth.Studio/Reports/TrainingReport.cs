using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Training;

namespace Azimuth.Studio.Reports;

/// <summary>What the page about a training run shows, as it reads it: camelCase JSON of this record (<c>web/src/data/training.ts</c> mirrors it).</summary>
public sealed record TrainingReport
{
    /// <summary>Readings beyond this many are thinned out evenly: no screen shows more points.</summary>
    private const int MostReadings = 1500;

    /// <summary>The program and its version.</summary>
    public required string Generator { get; init; }

    /// <summary>The name of the run's folder.</summary>
    public required string Name { get; init; }

    /// <summary>The trainer: word2vec, glove, tokenizer, lm.</summary>
    public required string Trainer { get; init; }

    /// <summary>The recipe's settings as texts, in order.</summary>
    public required IReadOnlyList<TrainingSetting> Settings { get; init; }

    /// <summary>The sections this page has: those there are numbers for.</summary>
    public required IReadOnlyList<ReportSection> Sections { get; init; }

    /// <summary>In order; evenly thinned, the last one kept.</summary>
    public required IReadOnlyList<TrainingReading> Readings { get; init; }

    /// <summary>Readings in the log.</summary>
    public required int ReadingsInLog { get; init; }

    /// <summary>The page's data for a log.</summary>
    /// <param name="log">At least one reading.</param>
    /// <param name="name">What the run is called.</param>
    /// <exception cref="ArgumentException">A log without a reading.</exception>
    public static TrainingReport Of(TrainingLog log, string name)
    {
        ArgumentNullException.ThrowIfNull(log);
        if (log.Readings.Count == 0)
            throw new ArgumentException($"{name}: the log has no reading yet", nameof(log));
        TrainingReading[] readings = Thinned(log.Readings);
        return new TrainingReport
        {
            Generator = ReportWriter.Generator,
            Name = name,
            Trainer = log.Recipe.Kind,
            Settings = [.. log.Recipe.Settings.Where(setting => log.Recipe.Effective?.ContainsKey(setting.Key) != true).Concat(log.Recipe.Effective ?? []).Select(setting => new TrainingSetting(setting.Key, Text(setting.Value)))],
            Sections = SectionsOf(readings, log.Recipe.Kind),
            Readings = readings,
            ReadingsInLog = log.Readings.Count,
        };
    }

    private static TrainingReading[] Thinned(IReadOnlyList<TrainingReading> all)
    {
        if (all.Count <= MostReadings)
            return [.. all];
        // What is measured rarely stays whatever the grid says.
        return [.. all.Where((reading, i) => i == all.Count - 1 || (long)i * MostReadings / all.Count != (long)(i - 1) * MostReadings / all.Count || reading.ValidationLossNats is not null || reading.Sample is not null)];
    }

    private static List<ReportSection> SectionsOf(TrainingReading[] readings, string trainer)
    {
        var sections = new List<ReportSection>();
        if (readings.Any(r => r.LossNats is not null || r.ValidationLossNats is not null))
        {
            sections.Add(new("loss", "Loss", trainer == "word2vec"
                ? "nats for each prediction of a word, summed over its targets, natural logarithm · averaged between readings"
                : "nats for each token, natural logarithm · training loss averaged between readings, held-out loss over the whole held-out text"));
        }
        else if (readings.Any(r => r.Cost is not null))
        {
            sections.Add(new("loss", "Cost", "½ f(x) times the squared difference of logarithms, of a pair · averaged between readings"));
        }

        sections.Add(new("pace", "Pace", "items since the reading before, over the wall clock between the two, measuring and saving included"));
        if (readings.Any(r => r.Table is not null))
        {
            sections.Add(new("lengths", "Lengths", "Euclidean norm of every row · not centred"));
            sections.Add(new("spread", "Spread of directions", "mean cosine over all pairs of different rows, exact, not centred · IsoScore = (participation ratio of the covariance − 1) ⁄ (d − 1)"));
        }

        if (readings.Any(r => r.Table?.Neighbors.Count > 0))
            sections.Add(new("words", "Watched words", "cosine of the rows as they were · every row compared"));
        if (readings.Any(r => r.Sample is not null))
            sections.Add(new("samples", "Samples", "written by the model at that step"));
        sections.Add(new("recipe", "Recipe", "everything that changes the result; with equal settings, files and threads the run can be repeated"));
        return sections;
    }

    private static string Text(JsonNode? value) => value switch
    {
        null => "–",
        JsonArray list => string.Join(", ", list.Select(Text)),
        JsonValue one when one.TryGetValue(out string? text) => text,
        _ => value.ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }),
    };
}

/// <summary>A setting of a run.</summary>
/// <param name="Name">As the recipe spells it.</param>
/// <param name="Value">As a text.</param>
public sealed record TrainingSetting(string Name, string Value);
