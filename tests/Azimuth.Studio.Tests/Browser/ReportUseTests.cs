using System.Globalization;
using System.Xml.Linq;
using Azimuth.Studio.Tests.Reports;
using Microsoft.Playwright;

namespace Azimuth.Studio.Tests.Browser;

/// <summary>What a reader does with the page: saves, reads the data, walks with the keyboard, chooses.</summary>
[Collection(ReportCollection.Name)]
public class ReportUseTests(ReportFixture report, ChromiumFixture chromium)
{
    private int _saved;

    [Fact]
    public async Task Every_chart_is_saved_as_svg_png_and_csv()
    {
        await using OpenedReport opened = await OpenedReport.OpenAsync(chromium, report.Page);
        foreach (string name in await opened.ChartsAsync())
        {
            ILocator figure = opened.Page.Locator($"[data-figure={name}]");

            string svg = await SaveAsync(figure, "SVG", $"{name}.svg");
            XElement root = XDocument.Load(svg).Root!;
            Assert.Equal("svg", root.Name.LocalName);
            Assert.True(root.Descendants().Count(e => e.Name.LocalName is "path" or "rect") > 5, name);
            Assert.Equal(await figure.Locator("h3").InnerTextAsync(), root.Elements().First(e => e.Name.LocalName == "title").Value);

            byte[] png = await File.ReadAllBytesAsync(await SaveAsync(figure, "PNG", $"{name}.png"), TestContext.Current.CancellationToken);
            Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], png[..4]);
            Assert.True(png.Length > 5_000, $"{name}: {png.Length} bytes");

            string[] csv = await File.ReadAllLinesAsync(await SaveAsync(figure, "CSV", $"{name}.csv"), TestContext.Current.CancellationToken);
            Assert.True(csv.Length > 5, name);
            Assert.Contains(",", csv[0], StringComparison.Ordinal);
        }

        Assert.Empty(opened.Complaints);
        Assert.Empty(opened.NetworkRequests);
    }

    [Fact]
    public async Task The_csv_carries_full_precision()
    {
        await using OpenedReport opened = await OpenedReport.OpenAsync(chromium, report.Page);

        string[] lines = await File.ReadAllLinesAsync(
            await SaveAsync(opened.Page.Locator("[data-figure=next-tokens]"), "CSV", "next-tokens.csv"), TestContext.Current.CancellationToken);

        double[] written = [.. lines[1..].Select(line => double.Parse(line[(line.LastIndexOf(',') + 1)..], CultureInfo.InvariantCulture))];
        Assert.Equal(report.Report.Trace.Top10.Select(t => t.Probability), written);
    }

    [Fact]
    public async Task Tables_without_a_chart_are_saved_as_csv()
    {
        await using OpenedReport opened = await OpenedReport.OpenAsync(chromium, report.Page);
        foreach (string name in new[] { "lookup", "neighbours", "lens" })
            Assert.True(new FileInfo(await SaveAsync(opened.Page.Locator($"[data-figure={name}]"), "CSV", $"{name}.csv")).Length > 200, name);
    }

    [Fact]
    public async Task The_data_of_a_chart_unfolds_as_a_table()
    {
        await using OpenedReport opened = await OpenedReport.OpenAsync(chromium, report.Page);
        ILocator figure = opened.Page.Locator("[data-figure=norms-by-layer]");

        await figure.Locator(".tools summary").ClickAsync();

        Assert.Equal(report.Report.Trace.Sites.Count, await figure.Locator("tbody tr").CountAsync());
    }

    [Fact]
    public async Task The_tab_key_reaches_contents_folds_choices_charts_and_buttons()
    {
        await using OpenedReport opened = await OpenedReport.OpenAsync(chromium, report.Page);
        var reached = new HashSet<string>();
        for (int i = 0; i < 400; i++)
        {
            await opened.Page.Keyboard.PressAsync("Tab");
            string at = await opened.Page.EvaluateAsync<string>("""
                () => {
                  const e = document.activeElement;
                  const figure = e.closest('[data-figure]')?.dataset.figure ?? '';
                  return e === document.body ? 'end' : e.matches('.chart') ? `chart ${figure}` : e.matches('.skip') ? 'skip' : e.closest('nav') ? 'nav' : `${e.tagName.toLowerCase()} ${figure}`;
                }
                """);
            if (at == "end")
                break;
            reached.Add(at);
        }

        Assert.Contains("skip", reached);
        Assert.Contains("nav", reached);
        Assert.Contains("input ", reached);
        Assert.Contains("select ", reached);
        Assert.All(await opened.ChartsAsync(), name =>
        {
            Assert.Contains($"chart {name}", reached);
            Assert.Contains($"summary {name}", reached);
            Assert.Contains($"button {name}", reached);
        });
    }

    [Fact]
    public async Task Arrow_keys_walk_through_a_chart_and_say_each_value()
    {
        await using OpenedReport opened = await OpenedReport.OpenAsync(chromium, report.Page);
        ILocator figure = opened.Page.Locator("[data-figure=next-tokens]");
        await figure.Locator(".chart").FocusAsync();

        await opened.Page.Keyboard.PressAsync("ArrowDown");
        string first = await figure.Locator("[aria-live]").InnerTextAsync();
        await opened.Page.Keyboard.PressAsync("ArrowDown");
        string second = await figure.Locator("[aria-live]").InnerTextAsync();

        Assert.StartsWith("rank 1,", first, StringComparison.Ordinal);
        Assert.StartsWith("rank 2,", second, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arrow_keys_choose_another_token_for_the_neighbours()
    {
        await using OpenedReport opened = await OpenedReport.OpenAsync(chromium, report.Page);
        ILocator section = opened.Page.Locator("section#neighbors");
        string before = await section.Locator("table").First.InnerTextAsync();

        await section.Locator("input").First.FocusAsync();
        await opened.Page.Keyboard.PressAsync("ArrowRight");

        string after = await section.Locator("table").First.InnerTextAsync();
        Assert.NotEqual(before, after);
        Assert.Contains(report.Report.Neighbors.Tokens[1].Cosine[0].Text.Trim(), after, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_chart_says_in_words_what_it_shows()
    {
        await using OpenedReport opened = await OpenedReport.OpenAsync(chromium, report.Page);

        string[] labels = await opened.Page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('.chart')].map(c => c.getAttribute('aria-label'))");

        Assert.All(labels, label => Assert.True(label.Length > 60 && !label.Contains("undefined", StringComparison.Ordinal) && !label.Contains("NaN", StringComparison.Ordinal), label));
        Assert.Equal(labels.Length, labels.Distinct().Count());
        string page = await opened.Page.Locator("main").InnerTextAsync();
        Assert.DoesNotContain("undefined", page, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Choosing_a_head_in_the_heat_map_shows_its_attention()
    {
        await using OpenedReport opened = await OpenedReport.OpenAsync(chromium, report.Page);
        await opened.Page.Locator("[data-figure=head-contributions] .chart").FocusAsync();

        await opened.Page.Keyboard.PressAsync("Home");
        await opened.Page.Keyboard.PressAsync("Enter");

        Assert.StartsWith("Layer 0, head 0", await opened.Page.Locator("[data-figure=attention-head] h3").InnerTextAsync(), StringComparison.Ordinal);
    }

    private async Task<string> SaveAsync(ILocator figure, string button, string expectedName)
    {
        // Chromium drops what exceeds ten downloads in a row without a second's rest.
        if (++_saved % 9 == 0)
            await Task.Delay(1_200, TestContext.Current.CancellationToken);
        IDownload download = await figure.Page.RunAndWaitForDownloadAsync(() => figure.Locator(".tools button", new LocatorLocatorOptions { HasText = button }).ClickAsync());
        Assert.Equal(expectedName, download.SuggestedFilename);
        string path = Path.Combine(report.Folder, expectedName);
        await download.SaveAsAsync(path);
        return path;
    }
}
