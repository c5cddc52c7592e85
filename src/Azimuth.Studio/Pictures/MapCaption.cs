using System.Globalization;
using Azimuth.Geometry.Maps;

namespace Azimuth.Studio.Pictures;

/// <summary>What a map shows and hides, in words: printed inside the picture and on the screen.</summary>
public static class MapCaption
{
    /// <summary>The picture's heading.</summary>
    public static string Title(TableMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return Invariant($"{(map.Projection == MapProjection.Sphere ? "Directions" : "Rows")} of {map.Rows:N0} {(map.Rows == 1 ? "token" : "tokens")}");
    }

    /// <summary>What the points are.</summary>
    public static string Subtitle(TableMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return (map.Projection, map.Centred) switch
        {
            (MapProjection.Plane, _) => "rows less their mean",
            (_, true) => "rows less their mean, at length 1",
            _ => "rows as stored, at length 1",
        };
    }

    /// <summary>Sentences: the share of variance shown, the share of neighbours kept, what hollow means.</summary>
    public static IReadOnlyList<string> Sentences(TableMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        bool sphere = map.Projection == MapProjection.Sphere;
        string[] places = sphere ? ["at the centre", "to the right", "up"] : ["to the right", "up"];
        string axes = string.Join(", ", map.AxisShares.Select((share, i) => $"axis {i + 1} {places[i]} {Percent(share)}"));
        string asked = map.Seed is ulong seed ? Invariant($"{map.Queries:N0} tokens asked, drawn with seed {seed}") : "all tokens asked";
        List<string> sentences = [$"Shows {Percent(map.VarianceShown)} of the variance{(sphere ? " of the directions" : "")}: {axes}."];
        if (map.KeptCosineNeighbours10 is double kept)
            sentences.Add($"Keeps {Percent(kept)} of the true neighbours: so many of a token's ten nearest by cosine are among its ten nearest points here ({asked}).");
        string hollow = $"Hollow: less than half of the token's length lies along these axes, as of {Percent(map.FarOut)} of all tokens.";
        sentences.Add(sphere ? $"Equal areas hold equal parts of the sphere; circles give the angle from its centre. {hollow}" : hollow);
        if (map.RowsWithoutPoint > 0)
            sentences.Add(Invariant($"{map.RowsWithoutPoint:N0} {(map.RowsWithoutPoint == 1 ? "row has" : "rows have")} no direction and no point."));
        return sentences;
    }

    /// <summary>Three digits and a percent sign; 100 % only when it is all.</summary>
    internal static string Percent(double share)
    {
        double percent = share * 100;
        if (percent is > 99.9 and < 100)
            return "99.9 %";
        string format = percent >= 99.95 ? "0" : percent >= 9.995 ? "0.0" : percent >= 0.9995 ? "0.00" : "0.000";
        return percent.ToString(format, CultureInfo.InvariantCulture) + " %";
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
