using System.Globalization;
using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Cli.Output;
using Azimuth.Geometry.Alignment;

namespace Azimuth.Cli.Commands;

/// <summary>Every pair's change as comma-separated values with full precision.</summary>
internal static class DriftFile
{
    public static void Write(string path, IReadOnlyList<(TableDrift Drift, TablePair Pair)> tables) => AtomicFile.Write(path, stream =>
    {
        using StreamWriter writer = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine("table,id,idInB,text,angleBeforeDegrees,angleAfterDegrees,normRatioBefore,normRatioAfter");
        foreach ((TableDrift drift, TablePair pair) in tables)
        {
            RowChanges rows = drift.Rows!;
            for (int i = 0; i < pair.Count; i++)
            {
                writer.WriteLine(string.Join(
                    ',', drift.Table, Numbers.Id(pair.IdsA[i]), Numbers.Id(pair.IdsB[i]), Csv.Text(pair.A.Text(pair.IdsA[i])), Number(rows.AngleBeforeDegrees[i]), Number(rows.AngleAfterDegrees[i]),
                    Number(rows.NormRatioBefore[i]), Number(rows.NormRatioAfter[i])));
            }
        }
    });

    /// <summary>Empty where there is no such number.</summary>
    private static string Number(double value) => double.IsNaN(value) ? "" : value.ToString("R", CultureInfo.InvariantCulture);
}
