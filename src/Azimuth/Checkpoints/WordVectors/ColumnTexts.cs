using System.Globalization;
using Azimuth.Embeddings;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>The fields of a row's columns, all but its numbers, as texts for files of fields: CSV and TSV; null for what does not exist.</summary>
internal static class ColumnTexts
{
    public static IEnumerable<string?> Of(EmbeddingTable table, TableExportOptions options, RowFacts facts, int id, Func<int, string> word)
    {
        foreach (TableColumn column in facts.Columns)
        {
            switch (column)
            {
                case TableColumn.Id:
                    yield return Number(id);
                    break;
                case TableColumn.Token:
                    yield return word(id);
                    break;
                case TableColumn.Norm:
                    yield return facts.Norms![id].ToString("R", CultureInfo.InvariantCulture);
                    break;
                case TableColumn.Class:
                    yield return JsonRows.ClassName(options.Classes![id]);
                    break;
                case TableColumn.Rank:
                    yield return Number(facts.Ranks![id]);
                    if (options.Counts is not null)
                        yield return options.Counts[id]?.ToString(CultureInfo.InvariantCulture);
                    break;
                case TableColumn.Neighbor:
                    int nearest = facts.Neighbors![id];
                    yield return nearest < 0 ? null : Number(nearest);
                    yield return nearest < 0 ? null : word(nearest);
                    yield return nearest < 0 ? null : facts.NeighborCosines![id].ToString("R", CultureInfo.InvariantCulture);
                    break;
                case TableColumn.Coordinates:
                    for (int i = 0; i < options.Dimensions; i++)
                        yield return facts.Coordinates![(id * options.Dimensions) + i].ToString("R", CultureInfo.InvariantCulture);
                    break;
                default:
                    break; // the numbers are written from their row
            }
        }
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
