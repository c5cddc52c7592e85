using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Studio.Reports;

/// <summary>The sections of a report, in the order of the data's way through the model, each with the conventions its numbers depend on.</summary>
internal static class ReportSections
{
    private const string Computed = "computed in float32";

    /// <summary>The sections for what was measured; contributions are absent where the model's blocks allow no linear split.</summary>
    public static IReadOnlyList<ReportSection> For(
        PromptTrace trace, TokenLookup lookup, IReadOnlyList<MetricAudit> audits, IReadOnlyList<TokenRoundTrip> trips, IReadOnlyList<NormView> norms,
        IReadOnlyList<Conventions> geometry, RepairComparison isotropy, MapView map, Conventions health, PositionsView positions)
    {
        // The trace's notes speak of all its parts; each section says its own.
        Conventions run = trace.Conventions with { Notes = [] };
        bool normed = run.FinalNormApplied ?? true;
        string at = $"read at position {trace.Position}, the last";
        var sections = new List<ReportSection>
        {
            new("prediction", "Prediction", Line(run with { Angles = null }, "temperature 1", Computed)),
            new("lookup", "Tokens and lookup", Line(lookup.Conventions, "surprise: −ln p of the token given those before it")),
            new("norms", "Row lengths", string.Join(" · ", norms.Select(n => n.Table)) + " · Euclidean norm of each row as stored · not centred · standard deviation of the population"),
            new("neighbors", "Neighbours", Line(audits[0].Conventions, "exact, every row compared")),
            new("roundTrip", "Round trip", Line(trips[0].Conventions)),
            new("lens", "Logit lens", Line(run with { Angles = null }, at, normed ? "at every site the final norm, then the unembedding, then softmax" : "at every site the unembedding, then softmax", Computed)),
            new("path", "Length and angle", Line(run with { NaturalLog = null, FinalNormApplied = null }, at, "lengths and the angle to the final residual before the final norm", Computed)),
            new("plane", "Plane of two tokens", Line(run with { NaturalLog = null, FinalNormApplied = null, Angles = null }, at, "share: of the vector’s length, not of its square", Computed)),
        };
        if (trace.Contributions.Count > 0)
        {
            sections.Add(new("contributions", "Contributions", Line(
                run with { Angles = null, Notes = [at, .. trace.Conventions.Notes.Where(n => n.StartsWith("contributions", StringComparison.Ordinal))] }, Computed)));
        }

        sections.Add(new("attention", "Attention", $"attention pattern after softmax · {at} · {Computed}"));
        sections.Add(new("confidence", "Confidence", Line(run with { Angles = null }, at, "T = 0 is the argmax, lowest id on ties; T = ∞ is uniform", "straight lines between computed points")));
        sections.Add(new("geometry", "Table geometry", string.Join(" — ", geometry.Select(c => c.Line))));
        sections.Add(new("isotropy", "Isotropy and repairs", FormattableString.Invariant(
            $"fitted on all rows, nothing sampled · repairs after centring, −k: without the first k principal components · whitening adds {isotropy.WhitenEpsilon:0.########} to every variance (divided by n − 1) · partition isotropy depends on the rows’ scale, which whitening makes long · mean cosine without zero rows · effective rank of the singular values, not centred unless the table is")));
        sections.Add(new("map", "Map of directions", Line(map.Map.Conventions, "true neighbours: ten by cosine of the centred directions")));
        sections.Add(new("health", "Vocabulary health", Line(health with { Angles = null })));
        sections.Add(new("positions", "Positions", string.Join(" · ",
        [
            .. positions.Schemes.Select(s => s.SimilarityOf).OfType<string>().Distinct(), FormattableString.Invariant($"for a run of {positions.Schemes.Max(s => s.Length)} positions"),
            .. positions.Order?.Conventions.Notes ?? ["the prompt has nothing to reorder"], Computed,
        ])));
        return sections;
    }

    private static string Line(Conventions conventions, params IEnumerable<string> notes) =>
        (conventions with { Notes = [.. conventions.Notes, .. notes] }).Line;
}
