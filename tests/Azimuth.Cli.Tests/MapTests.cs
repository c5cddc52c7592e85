using System.Text.Json;
using System.Xml.Linq;

namespace Azimuth.Cli.Tests;

/// <summary>The map command in real processes.</summary>
public sealed class MapTests
{
    [Fact]
    public async Task A_picture_names_the_tokens_asked_about()
    {
        using TemporaryFolder folder = new();
        string screen = (await CliProcess.RunInAsync(folder.Path, "map", "-m", "novels-gpt", "--label", " king", " night", "--neighbors", "2", "-o", "map.svg")).Screen();
        Assert.Contains("of the true neighbours", screen, StringComparison.Ordinal);
        XDocument picture = XDocument.Load(folder["map.svg"]);
        string[] texts = [.. picture.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)];
        Assert.Contains("·king", texts);
        Assert.Contains("·night", texts);
        Assert.Contains("Directions of 4,096 tokens", texts);
    }

    [Fact]
    public async Task Coordinates_of_every_token_go_to_a_file()
    {
        using TemporaryFolder folder = new();
        await CliProcess.RunInAsync(folder.Path, "map", "-m", "novels-gpt", "-o", "map.csv");
        string[] lines = await File.ReadAllLinesAsync(folder["map.csv"], TestContext.Current.CancellationToken);
        Assert.Equal("id,text,x,y,axis1,axis2,axis3,shown", lines[0]);
        await CliProcess.RunInAsync(folder.Path, "map", "-m", "novels-gpt", "--projection", "plane", "-o", "map.json");
        using JsonDocument document = JsonDocument.Parse(await File.ReadAllTextAsync(folder["map.json"], TestContext.Current.CancellationToken));
        Assert.Equal(4096, document.RootElement.GetProperty("points").GetArrayLength());
        Assert.Equal(2, document.RootElement.GetProperty("points")[5].GetProperty("axes").GetArrayLength());
    }

    [Theory]
    [InlineData("map -m novels-gpt -o map.png", "expected a name ending in .svg, .csv or .json, found map.png")]
    [InlineData("map -m novels-gpt --label zzzzzz", "--label: \"zzzzzz\" is not one token")]
    [InlineData("map -m novels-gpt --projection plane --uncentred", "expected --projection sphere")]
    public async Task What_cannot_be_drawn_is_one_sentence(string line, string expected) =>
        Assert.Contains(expected, (await CliProcess.RunAsync(line.Split(' '))).Refusal(), StringComparison.Ordinal);
}
