using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Tracing;
using Azimuth.Vocabulary;

namespace Azimuth.Studio.Reports;

/// <summary>
/// Everything a report shows, as the page reads it: camelCase JSON of this record (<c>web/src/data/report.ts</c> mirrors it). Token texts are
/// the decoded texts; making blanks visible is the page's work.
/// </summary>
public sealed record ReportData
{
    /// <summary>The program and its version.</summary>
    public required string Generator { get; init; }

    /// <summary>The model in numbers.</summary>
    public required ModelSummary Model { get; init; }

    /// <summary>The sections this report has, in order. A section that the model's architecture has no answer for is absent.</summary>
    public required IReadOnlyList<ReportSection> Sections { get; init; }

    /// <summary>From ids to rows.</summary>
    public required LookupView Lookup { get; init; }

    /// <summary>Row lengths: one entry a table, one when tied.</summary>
    public required IReadOnlyList<NormView> Norms { get; init; }

    /// <summary>Neighbours under three metrics, target first, then rival, then the prompt's tokens.</summary>
    public required PerToken<MetricAudit> Neighbors { get; init; }

    /// <summary>Round trips of the same tokens.</summary>
    public required PerToken<TokenRoundTrip> RoundTrip { get; init; }

    /// <summary>The prompt followed through the model; its attention stands in <see cref="Attention"/>.</summary>
    public required PromptTrace Trace { get; init; }

    /// <summary>Angle between the two tokens' output directions in degrees; null when either is zero.</summary>
    public required double? TargetRivalAngleDegrees { get; init; }

    /// <summary>Where the last position looks.</summary>
    public required AttentionView Attention { get; init; }

    /// <summary>The tables' shape: one entry a table, one when tied.</summary>
    public required IReadOnlyList<TableGeometry> Geometry { get; init; }

    /// <summary>How evenly the same tables use their space, before and after repairs.</summary>
    public required IReadOnlyList<IsotropyView> Isotropy { get; init; }

    /// <summary>The input table's directions on a disk.</summary>
    public required MapView Map { get; init; }

    /// <summary>Rows that training hardly touched, and what their ids stand for.</summary>
    public required VocabularyHealth Health { get; init; }

    /// <summary>How the model tells positions apart, and what the order of the prompt is worth to it.</summary>
    public required PositionsView Positions { get; init; }
}

/// <summary>A section of the report.</summary>
/// <param name="Id">Its name in links and in <c>azimuth report --json</c>.</param>
/// <param name="Title">Its heading.</param>
/// <param name="SmallPrint">What its numbers depend on, in one line.</param>
public sealed record ReportSection(string Id, string Title, string SmallPrint);

/// <summary>The rows of the prompt's tokens.</summary>
/// <param name="Lookup">Tokens, rows and cosines of the positions shown.</param>
/// <param name="FirstPosition">Position of the first token shown; 0 unless the prompt is longer than what is shown.</param>
/// <param name="PromptLength">Tokens of the whole prompt.</param>
public sealed record LookupView(TokenLookup Lookup, int FirstPosition, int PromptLength);

/// <summary>How long the rows of one table are.</summary>
public sealed record NormView
{
    /// <summary>The table's name.</summary>
    public required string Table { get; init; }

    /// <summary>Number of rows.</summary>
    public required int Rows { get; init; }

    /// <summary>Mean Euclidean length.</summary>
    public required double Mean { get; init; }

    /// <summary>Standard deviation, dividing by the number of rows.</summary>
    public required double StandardDeviation { get; init; }

    /// <summary>Quantiles of the length, keyed by percent.</summary>
    public required IReadOnlyDictionary<string, double> Quantiles { get; init; }

    /// <summary>Rows of length 0; they are in <see cref="Linear"/>, and no logarithmic bin can hold them.</summary>
    public required int ZeroRows { get; init; }

    /// <summary>Counts over equal steps of the length, from 0.</summary>
    public required Histogram Linear { get; init; }

    /// <summary>Counts over equal ratios of the length.</summary>
    public required Histogram Logarithmic { get; init; }

    /// <summary>The shortest rows, shortest first.</summary>
    public required IReadOnlyList<TokenNorm> Smallest { get; init; }

    /// <summary>The longest rows, longest first.</summary>
    public required IReadOnlyList<TokenNorm> Largest { get; init; }

    /// <summary>The target's row.</summary>
    public required TokenNorm Target { get; init; }

    /// <summary>The rival's row.</summary>
    public required TokenNorm Rival { get; init; }
}

/// <summary>One table's isotropy before and after repairs.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Columns">Length of a row, which a rank is read against.</param>
/// <param name="Repairs">The same measures of the rows as stored and of every repair.</param>
public sealed record IsotropyView(string Table, int Columns, RepairComparison Repairs);

/// <summary>The model's positions.</summary>
/// <param name="Schemes">Its ways to tell positions apart.</param>
/// <param name="Order">The prompt in random orders, with positions and without; null for a prompt with nothing to reorder.</param>
/// <param name="OrderTokens">How many tokens of the prompt were used for that, from its start.</param>
public sealed record PositionsView(IReadOnlyList<PositionScheme> Schemes, OrderTestResult? Order, int OrderTokens);

/// <summary>Results for some of the tokens a report is about.</summary>
/// <typeparam name="T">The result for one token.</typeparam>
/// <param name="Tokens">One entry a token.</param>
/// <param name="DistinctTokens">How many different tokens there are: target, rival and the prompt's; <paramref name="Tokens"/> may hold fewer.</param>
/// <param name="VocabSize">Rows of the table.</param>
public sealed record PerToken<T>(IReadOnlyList<T> Tokens, int DistinctTokens, int VocabSize);
