using Azimuth.Embeddings;

namespace Azimuth.Geometry.Alignment;

/// <summary>A token whose row moved.</summary>
/// <param name="Id">Row in A.</param>
/// <param name="IdInB">Row in B.</param>
/// <param name="Text">Decoded text, blanks as they are.</param>
/// <param name="AngleBeforeDegrees">Angle between the rows as stored; null without a direction.</param>
/// <param name="AngleAfterDegrees">Angle after the alignment.</param>
/// <param name="NormRatioBefore">|b| / |a| as stored; null when a is zero.</param>
/// <param name="NormRatioAfter">|b − origin| / (c |a − origin|).</param>
public sealed record Mover(int Id, int IdInB, string Text, double? AngleBeforeDegrees, double? AngleAfterDegrees, double? NormRatioBefore, double? NormRatioAfter)
{
    /// <summary>The pairs with the largest values, largest first, equal ones in the pairs' order; NaN values are left out.</summary>
    internal static Mover[] Largest(TablePair pair, RowChanges rows, double[] values, int count) =>
        [.. Ranking.Highest(values, count).Select(i => new Mover(
            pair.IdsA[i], pair.IdsB[i], pair.A.Text(pair.IdsA[i]), Number(rows.AngleBeforeDegrees[i]), Number(rows.AngleAfterDegrees[i]),
            Number(rows.NormRatioBefore[i]), Number(rows.NormRatioAfter[i])))];

    private static double? Number(double value) => double.IsNaN(value) ? null : value;
}

/// <summary>Angles of all pairs, in degrees; pairs without a direction are left out.</summary>
/// <param name="MeanBefore">Mean as stored.</param>
/// <param name="MedianBefore">Median as stored.</param>
/// <param name="MeanAfter">Mean after the alignment.</param>
/// <param name="MedianAfter">Median after the alignment.</param>
public sealed record AngleSummary(double MeanBefore, double MedianBefore, double MeanAfter, double MedianAfter)
{
    internal static AngleSummary Of(RowChanges rows)
    {
        var before = RowChanges.Summary(rows.AngleBeforeDegrees);
        var after = RowChanges.Summary(rows.AngleAfterDegrees);
        return new AngleSummary(before.Mean, before.Median, after.Mean, after.Median);
    }
}
