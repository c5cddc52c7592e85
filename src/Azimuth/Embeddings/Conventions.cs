using System.Text.Json.Serialization;

namespace Azimuth.Embeddings;

/// <summary>
/// What a number depends on besides its formula. Every result carries one; a JSON document shows it once, as <c>conventions</c>, and a screen as
/// one line, <see cref="Line"/>. A member that does not apply to a result is null and left out. Immutable.
/// </summary>
public sealed record Conventions
{
    /// <summary>Entropies and losses are in nats.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? NaturalLog { get; init; }

    /// <summary>The unit of angles: "degrees".</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Angles { get; init; }

    /// <summary>The table the rows come from: "input table" or "output table".</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Table { get; init; }

    /// <summary>Input and output table are one object.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Tied { get; init; }

    /// <summary>How the rows are stored: "Q4_1", "F16".</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? StoredType { get; init; }

    /// <summary>The mean row was subtracted first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Centred { get; init; }

    /// <summary>The file's own begin token stands in front of the prompt.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? BeginTokenAdded { get; init; }

    /// <summary>The final norm was applied before the unembedding.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? FinalNormApplied { get; init; }

    /// <summary>Further remarks, one sentence each: how ties are broken, what a row without direction means, what does not apply to this model.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>All of it in one line, in the order above; empty when nothing is set.</summary>
    [JsonIgnore]
    public string Line
    {
        get
        {
            var parts = new List<string>();
            if (Table is not null)
                parts.Add(Table + (Tied is null ? "" : Tied.Value ? " (tied)" : " (untied)"));
            else if (Tied is not null)
                parts.Add(Tied.Value ? "tied tables" : "untied tables");
            if (StoredType is not null)
                parts.Add($"stored as {StoredType}");
            if (Centred is not null)
                parts.Add(Centred.Value ? "centred" : "not centred");
            if (BeginTokenAdded is not null)
                parts.Add(BeginTokenAdded.Value ? "begin token added" : "no begin token");
            if (FinalNormApplied is not null)
                parts.Add(FinalNormApplied.Value ? "final norm applied" : "final norm not applied");
            if (Angles is not null)
                parts.Add($"angles in {Angles}");
            if (NaturalLog is not null)
                parts.Add(NaturalLog.Value ? "natural log" : "log base 2");
            return string.Join(" · ", [.. parts, .. Notes]);
        }
    }

    /// <summary>The conventions of a result that is read off one table's rows.</summary>
    internal static Conventions OfTable(EmbeddingTable table, params string[] notes) =>
        new() { Table = table.Name, StoredType = table.Rows.Type.ToString(), Angles = "degrees", Notes = notes };
}
