using System.Globalization;
using System.Xml.Linq;
using Azimuth.Embeddings;
using Azimuth.Geometry.Maps;
using Azimuth.Numerics;
using Azimuth.Studio.Pictures;

namespace Azimuth.Studio.Tests.Pictures;

public sealed class MapSvgTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Theory]
    [InlineData(MapProjection.Sphere)]
    [InlineData(MapProjection.Plane)]
    public void A_picture_is_XML_that_says_what_it_shows_and_keeps(MapProjection projection)
    {
        using Workers workers = new();
        TableMap map = Map(500, projection, workers);
        MapLabel[] labels = [new(3, " <king & \u0001\uD800>", MapLabelKind.Asked), new(8, " queen", MapLabelKind.Neighbour), new(9, "night", MapLabelKind.Landmark)];
        XDocument picture = XDocument.Parse(MapSvg.Render(map, new MapPicture { Model = "a & b", Labels = labels, Lines = [(3, 8)] }));
        string[] texts = [.. picture.Descendants(Svg + "text").Select(text => text.Value)];
        string all = string.Join(' ', texts);
        Assert.Contains("Shows " + MapCaption.Sentences(map)[0].Split(' ')[1] + " %", all, StringComparison.Ordinal);
        Assert.Contains("of the true neighbours", all, StringComparison.Ordinal);
        Assert.Contains(texts, text => text.StartsWith("·<king·&", StringComparison.Ordinal));
        Assert.Contains("·queen", texts);
        XElement asked = picture.Descendants(Svg + "circle").Single(circle => circle.Attribute("class")!.Value.StartsWith("asked", StringComparison.Ordinal));
        Assert.Equal(map.IsFarOut(3) ? "asked-hollow" : "asked-dot", asked.Attribute("class")!.Value);
        Assert.Single(picture.Descendants(Svg + "line"), line => line.Attribute("class")!.Value == "link");
    }

    [Fact]
    public void Dots_stand_where_the_tokens_are()
    {
        using Workers workers = new();
        TableMap map = Map(500, MapProjection.Sphere, workers);
        XDocument picture = XDocument.Parse(MapSvg.Render(map, new MapPicture { Model = "m", Labels = [new(3, "x", MapLabelKind.Asked)], Lines = [] }));
        XElement circle = picture.Descendants(Svg + "circle").Single(c => c.Attribute("class")!.Value.StartsWith("asked", StringComparison.Ordinal));
        // The disk of radius 2 is 860 across, its middle at (480, 530); numbers have one decimal.
        Assert.Equal(480 + 215 * map.Points[6], double.Parse(circle.Attribute("cx")!.Value, CultureInfo.InvariantCulture), 0.06);
        Assert.Equal(530 - 215 * map.Points[7], double.Parse(circle.Attribute("cy")!.Value, CultureInfo.InvariantCulture), 0.06);
        int dots = picture.Descendants(Svg + "path").Where(path => path.Attribute("transform") is not null).Sum(path => path.Attribute("d")!.Value.Split("h0").Length - 1);
        Assert.InRange(dots, 450, 500); // a few share a cell
    }

    [Fact]
    public void Sixty_thousand_tokens_take_four_paths_and_less_than_a_megabyte()
    {
        using Workers workers = new();
        string picture = MapSvg.Render(Map(60_000, MapProjection.Plane, workers), new MapPicture { Model = "m", Labels = [], Lines = [] });
        Assert.InRange(picture.Length, 100_000, 1_000_000);
        Assert.Equal(4, XDocument.Parse(picture).Descendants(Svg + "path").Count(path => path.Attribute("transform") is not null));
    }

    private static TableMap Map(int rows, MapProjection projection, Workers workers)
    {
        SeededRandom random = new(7);
        float[] values = [.. Enumerable.Range(0, rows * 6).Select(i => (float)(random.NextGaussian() * (6 - i % 6)))];
        EmbeddingTable table = new("words", StoredMatrix.FromFloats(values, rows, 6), id => $"w{id}");
        return projection == MapProjection.Sphere ? TableMapper.Sphere(table, centred: true, workers) : TableMapper.Plane(table, workers);
    }
}
