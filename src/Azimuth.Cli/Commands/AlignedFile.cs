using System.Globalization;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Geometry.Alignment;

namespace Azimuth.Cli.Commands;

/// <summary>A table's rows on another one's axes, in a file: safetensors, or whatever the file's ending names of the formats that <c>azimuth export</c> writes.</summary>
internal static class AlignedFile
{
    private const string Safetensors = ".safetensors";

    /// <summary>Refuses a name whose ending is no format.</summary>
    public static void Check(Session session, string file, string where)
    {
        session.Outputs.Check(file, where, "");
        if (!file.EndsWith(Safetensors, StringComparison.OrdinalIgnoreCase) && TableFormats.OfEnding(file) is null)
            throw new UsageException($"{where}: expected a name ending in .safetensors .vec .bin .txt .npy .npz .tsv .jsonl or .csv, found {file}.");
    }

    public static void Write(Session session, string file, string a, string b, EmbeddingTable table, Procrustes fit, bool scaled)
    {
        session.Progress.Say("turning the rows");
        EmbeddingTable aligned = fit.Apply(table, scaled, session.Workers, session.Cancel);
        if (TableFormats.OfEnding(file) is TableFormat format)
        {
            TableExport export = TableWriter.Save(
                file, aligned, new TableExportOptions { Format = format }, session.Workers, new ShareProgress(session.Progress, "writing " + Path.GetFileName(file)), session.Cancel);
            foreach (string warning in export.Warnings)
                session.Warn(warning);
            return;
        }

        session.Progress.Say("writing " + Path.GetFileName(file));
        Dictionary<string, string> metadata = new()
        {
            ["aligned"] = a,
            ["onto"] = b,
            ["centred"] = fit.Centred ? "true" : "false",
            ["scale"] = (scaled ? fit.Scale : 1).ToString("R", CultureInfo.InvariantCulture),
        };
        SafetensorsWriter.Save(file, [SafetensorsEntry.From("embedding", aligned.Rows)], metadata, session.Cancel);
    }
}
