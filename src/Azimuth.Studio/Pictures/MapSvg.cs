using System.Globalization;
using Azimuth.Geometry.Maps;
using Azimuth.Tokenization;

namespace Azimuth.Studio.Pictures;

/// <summary>A map as one self-contained SVG file: readable in light and dark, printed light, its limits written inside it.</summary>
public static class MapSvg
{
    private const int LineLength = 110, LongestLabel = 20;

    private const string Style = """
        text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;fill:#1a1a1a}
        .background{fill:#fff}.sphere{fill:#f7f7f7;stroke:#9a9a9a}.grid{fill:none;stroke:#dcdcdc}.equator{fill:none;stroke:#b8b8b8}
        .title{font-size:24px;font-weight:600}.subtitle{font-size:15px;fill:#5c5c5c}.caption{font-size:15px}.small{font-size:13px;fill:#5c5c5c}
        .degrees,.axis{font-size:12px;fill:#5c5c5c;text-anchor:middle;paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}.end{text-anchor:end}.begin{text-anchor:start}
        .d0,.d1,.d2,.d3{fill:none;stroke-linecap:round}.d0{stroke:#c2c2c2}.d1{stroke:#9b9b9b}.d2{stroke:#707070}.d3{stroke:#454545}
        .token{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round;dominant-baseline:central;white-space:pre}
        .asked{font-size:17px;font-weight:700;fill:#000}.neighbour{font-size:13px;fill:#333}.landmark{font-size:12.5px;fill:#444}
        .asked-dot{fill:#000;stroke:#fff;stroke-width:1.5}.asked-hollow{fill:#fff;stroke:#000;stroke-width:2.5}
        .other-dot{fill:#444;stroke:#fff;stroke-width:1}.other-hollow{fill:#fff;stroke:#444;stroke-width:1.5}
        .link{stroke:#444;stroke-width:1;stroke-dasharray:4 3}.leader{stroke:#777;stroke-width:.8}
        @media screen and (prefers-color-scheme:dark){text{fill:#ececec}.background{fill:#161616}.sphere{fill:#1e1e1e;stroke:#6a6a6a}.grid{stroke:#333}.equator{stroke:#505050}
        .subtitle,.small,.degrees,.axis{fill:#a8a8a8}.degrees,.axis,.token{stroke:#161616}.d0{stroke:#4c4c4c}.d1{stroke:#747474}.d2{stroke:#9d9d9d}.d3{stroke:#c8c8c8}
        .asked{fill:#fff}.neighbour,.landmark{fill:#c4c4c4}.asked-dot{fill:#fff;stroke:#161616}.asked-hollow{fill:#161616;stroke:#fff}
        .other-dot{fill:#c4c4c4;stroke:#161616}.other-hollow{fill:#161616;stroke:#c4c4c4}.link,.leader{stroke:#aaa}}
        """;

    /// <summary>The picture as text, UTF-8.</summary>
    /// <param name="map">The map.</param>
    /// <param name="picture">What else stands on it; labels and lines of rows that have a point.</param>
    public static string Render(TableMap map, MapPicture picture)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(picture);
        MapFrame frame = new(map);
        MapDots dots = new(map, frame);
        string[] caption = [.. MapCaption.Sentences(map).SelectMany(sentence => SvgWriter.Wrap(sentence, LineLength))];
        int height = frame.Bottom + 74 + 22 * caption.Length + 36;
        SvgWriter svg = new();
        svg.Raw(string.Create(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {MapFrame.Width} {height}\" role=\"img\" aria-labelledby=\"title text\">"));
        svg.Raw($"<title id=\"title\">{SvgWriter.Escape($"{MapCaption.Title(map)}, {picture.Model}")}</title>");
        svg.Raw($"<desc id=\"text\">{SvgWriter.Escape(string.Join(' ', MapCaption.Sentences(map)))}</desc>");
        svg.Raw($"<style>{Style}</style>");
        svg.Raw("<rect class=\"background\" width=\"100%\" height=\"100%\"/>");
        svg.Text("title", MapFrame.Left, 44, MapCaption.Title(map));
        svg.Text("subtitle", MapFrame.Left, 70, $"{Shown(picture.Model, 60)} · {map.Table} · {MapCaption.Subtitle(map)}");
        if (map.Projection == MapProjection.Sphere)
            MapAxes.Sphere(svg);
        else
            MapAxes.Plane(svg, frame);
        DrawDots(svg, dots);
        LabelPlacement placement = new(8, MapFrame.Top - 14, MapFrame.Width - 8, frame.Bottom + 14);
        if (map.Projection == MapProjection.Sphere)
            MapAxes.SphereTexts(svg, map, placement);
        DrawLabels(svg, map, frame, picture, placement);
        DrawCaption(svg, map, frame, dots, caption);
        svg.Raw("</svg>");
        return svg.ToString();
    }

    private static void DrawDots(SvgWriter svg, MapDots dots)
    {
        string place = string.Create(CultureInfo.InvariantCulture, $"transform=\"scale({MapDots.Unit})\" stroke-width=\"{dots.Diameter / MapDots.Unit:0.##}\"");
        for (int index = 0; index <= dots.Darkest; index++)
            svg.Raw($"<path class=\"d{index}\" {place} d=\"M0 0{dots.Path(index)}\"/>");
    }

    private static void DrawLabels(SvgWriter svg, TableMap map, MapFrame frame, MapPicture picture, LabelPlacement placement)
    {
        (MapLabel Label, double X, double Y)[] points = [.. picture.Labels.Select(label => (label, frame.X(map.Points[2 * label.Id]), frame.Y(map.Points[2 * label.Id + 1])))];
        foreach (var (from, to) in picture.Lines)
            svg.Line("link", frame.X(map.Points[2 * from]), frame.Y(map.Points[2 * from + 1]), frame.X(map.Points[2 * to]), frame.Y(map.Points[2 * to + 1]));
        foreach (var (label, x, y) in points.Where(point => point.Label.Kind != MapLabelKind.Landmark))
            placement.Avoid(x, y);
        SvgWriter texts = new(); // above all points
        foreach (var (label, x, y) in points.OrderBy(point => point.Label.Kind))
        {
            string text = Shown(label.Text, LongestLabel), style = label.Kind switch { MapLabelKind.Asked => "asked", MapLabelKind.Neighbour => "neighbour", _ => "landmark" };
            double size = label.Kind == MapLabelKind.Asked ? 17 : 13;
            bool needed = label.Kind != MapLabelKind.Landmark;
            if ((!needed && !placement.IsFree(x, y)) || placement.Place(text, x, y, size, needed) is not PlacedLabel placed)
                continue;
            if (!needed)
                placement.Avoid(x, y);
            string dot = (label.Kind == MapLabelKind.Asked ? "asked" : "other") + (map.IsFarOut(label.Id) ? "-hollow" : "-dot");
            if (placed.Leader)
                svg.Line("leader", x, y, placed.X + (placed.X > x ? 0 : LabelPlacement.WidthOf(text, size)), placed.Y);
            svg.Circle(dot, x, y, label.Kind == MapLabelKind.Asked ? 5.5 : 3.2, string.Create(
                CultureInfo.InvariantCulture, $"{VisibleText.Show(label.Text)}, id {label.Id}: {MapCaption.Percent(map.Shown[label.Id])} of its length along these axes"));
            texts.Text("token " + style, placed.X, placed.Y, text);
        }

        svg.Raw(texts.ToString().TrimEnd());
    }

    private static void DrawCaption(SvgWriter svg, TableMap map, MapFrame frame, MapDots dots, string[] caption)
    {
        double y = frame.Bottom + 40, x = MapFrame.Left;
        string key = dots.Cell == 1 ? "tokens at one place:" : string.Create(CultureInfo.InvariantCulture, $"tokens in a square of {dots.Cell} by {dots.Cell} units of {MapFrame.Side} across, one dot:");
        svg.Text("small", x, y, key);
        x += 6.5 * key.Length + 8;
        for (int index = 0; index <= dots.Darkest; index++)
        {
            svg.Raw($"<path class=\"d{index}\" stroke-width=\"9\" d=\"M{SvgWriter.Number(x + 5)} {SvgWriter.Number(y - 4)}h0\"/>");
            svg.Text("small", x + 15, y, MapDots.Describe(index));
            x += 32 + 7 * MapDots.Describe(index).Length;
        }

        y += 12;
        foreach (string line in caption)
            svg.Text("caption", MapFrame.Left, y += 22, line);
        svg.Text("small", MapFrame.Left, y + 28, string.Join(" · ", [.. map.Conventions.Notes.Take(1), .. map.Conventions.StoredType is string type ? new[] { "stored as " + type } : [], "azimuth map"]));
    }

    private static string Shown(string text, int width)
    {
        string visible = VisibleText.Show(text);
        if (visible.Length <= width)
            return visible;
        return visible[..(char.IsHighSurrogate(visible[width - 2]) ? width - 2 : width - 1)] + "…";
    }
}
