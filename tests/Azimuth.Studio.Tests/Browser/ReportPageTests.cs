using System.Text.Json;
using System.Text.RegularExpressions;
using Azimuth.Embeddings;
using Azimuth.Studio.Reports;
using Azimuth.Studio.Tests.Reports;
using Microsoft.Playwright;

namespace Azimuth.Studio.Tests.Browser;

[Collection(ReportCollection.Name)]
public partial class ReportPageTests(ReportFixture report, ChromiumFixture chromium)
{
    private const string Target = "#0072B2", Rival = "#D55E00", Input = "#009E73", Attention = "#56B4E9", Mlp = "#E69F00", Ink = "#17191E", Grey = "#8D939E";

    /// <summary>
    /// Every chart, and how many marks of which colour it must show at least for this model (6 layers, 6 heads, 14 tokens, 13 sites); heat maps, whose
    /// cells have many colours, show at least that many cells.
    /// </summary>
    private static readonly (string Chart, string? Color, int Marks)[] Expected =
    [
        ("next-tokens", Target, 1), ("next-tokens", Grey, 8), ("cosine", Input, 14), ("cosine", null, 14 * 14), ("norms-linear", Input, 20),
        ("norms-log", Input, 20), ("norms-log", Ink, 4), ("round-trip-transpose", Ink, 1), ("round-trip-transpose", Grey, 10),
        ("round-trip-cosine", Ink, 1), ("round-trip-cosine", Grey, 10), ("round-trip-left-inverse", Ink, 1), ("round-trip-left-inverse", Grey, 10),
        ("lens-rank", Target, 13), ("lens-probability", Target, 13), ("norms-by-layer", Ink, 13), ("norms-by-layer", Grey, 13),
        ("angles-by-layer", Target, 26), ("angles-by-layer", Ink, 13), ("plane", Target, 2), ("plane", Rival, 2), ("plane", Ink, 1),
        ("in-plane-share", Ink, 26), ("head-contributions", null, 36), ("block-contributions", Attention, 6), ("block-contributions", Mlp, 6),
        ("block-contributions", Ink, 7), ("attention", null, 6 * 14), ("attention-head", Attention, 8), ("temperature-probability", Target, 20),
        ("length-probability", Target, 30), ("temperature-entropy", Ink, 20), ("temperature-tokens", Ink, 20), ("spectrum", Input, 1),
        ("isotropy", Input, 12), ("isotropy", Ink, 6), ("map", null, 800), ("map", Target, 1), ("vocabulary-health", Input, 20), ("positions", Ink, 100), ("order", Ink, 12),
    ];

    public static TheoryData<int, ColorScheme> Screens => new()
    {
        { 1440, ColorScheme.Light }, { 1440, ColorScheme.Dark }, { 390, ColorScheme.Light }, { 390, ColorScheme.Dark },
    };

    [Theory]
    [MemberData(nameof(Screens))]
    public async Task The_page_opens_without_an_error_or_a_network_request_and_fits_the_screen(int width, ColorScheme scheme)
    {
        await using OpenedReport opened = await OpenedReport.OpenAsync(chromium, report.Page, width, scheme);
        // Lower parts of a page may do something only when they are seen.
        await opened.Page.EvaluateAsync("async () => { for (let y = 0; y < document.body.scrollHeight; y += 700) { scrollTo(0, y); await new Promise(requestAnimationFrame); } }");

        Assert.Empty(opened.Complaints);
        Assert.Empty(opened.NetworkRequests);
        Assert.Equal(width, await opened.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
        string background = await opened.Page.EvaluateAsync<string>("() => getComputedStyle(document.documentElement).backgroundColor");
        Assert.Equal(scheme == ColorScheme.Dark ? "rgb(19, 21, 25)" : "rgb(255, 255, 255)", background);
    }

    [Theory]
    [MemberData(nameof(Screens))]
    public async Task Every_chart_shows_marks_on_its_ground(int width, ColorScheme scheme)
    {
        await using OpenedReport opened = await OpenedReport.OpenAsync(chromium, report.Page, width, scheme);

        Assert.Equal(Expected.Select(e => e.Chart).Distinct(), await opened.ChartsAsync());
        // The picture as pixels: marks, lines and letters cover a share of it, in more than one colour.
        JsonElement pixels = await opened.Page.EvaluateAsync<JsonElement>("""
            async () => Promise.all([...document.querySelectorAll('[data-figure] .chart svg')].map(async svg => {
              const image = new Image();
              image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(new XMLSerializer().serializeToString(svg));
              await image.decode();
              const canvas = document.createElement('canvas');
              canvas.width = image.width; canvas.height = image.height;
              const context = canvas.getContext('2d');
              context.drawImage(image, 0, 0);
              const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
              let drawn = 0; const colors = new Set();
              for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) { drawn++; colors.add(data[i] >> 4 << 8 | data[i + 1] >> 4 << 4 | data[i + 2] >> 4); }
              return { name: svg.closest('[data-figure]').dataset.figure, share: drawn / (data.length / 4), colors: colors.size };
            }))
            """);
        foreach (JsonElement chart in pixels.EnumerateArray())
        {
            string what = chart.ToString();
            Assert.True(chart.GetProperty("share").GetDouble() > 0.008, what);
            Assert.True(chart.GetProperty("colors").GetInt32() >= 3, what);
        }
    }

    [Fact]
    public async Task Every_chart_draws_its_data_in_the_colours_of_the_roles()
    {
        await using OpenedReport opened = await OpenedReport.OpenAsync(chromium, report.Page);

        foreach (var (chart, color, marks) in Expected)
        {
            int drawn = await opened.Page.EvaluateAsync<int>(
                """
                ([chart, color]) => {
                  const pen = document.createElement('canvas').getContext('2d');
                  const hex = c => { pen.fillStyle = '#fffffe'; pen.fillStyle = c; return pen.fillStyle; };
                  const painted = [...document.querySelectorAll(`[data-figure=${chart}] .chart svg :is(path, rect)`)]
                    .flatMap(e => ['fill', 'stroke'].map(a => e.getAttribute(a)).filter(c => c && c !== 'none').slice(0, color ? 2 : 1).map(hex));
                  return painted.filter(c => (color ? c === color.toLowerCase() : c !== '#ffffff' && c !== '#fffffe')).length;
                }
                """,
                new[] { chart, color });

            Assert.True(drawn >= marks, $"{chart}: {drawn} marks in {color ?? "any colour"}, expected at least {marks}");
        }
    }

    [Fact]
    public async Task Every_section_has_a_sentence_small_print_and_a_fold_of_three_sentences()
    {
        await using OpenedReport opened = await OpenedReport.OpenAsync(chromium, report.Page);

        foreach (ReportSection section in report.Report.Sections)
        {
            ILocator place = opened.Page.Locator($"section#{section.Id}");
            Assert.Equal(section.Title, await place.Locator("h2").InnerTextAsync());
            Assert.Equal(section.SmallPrint, await place.Locator("p.print").InnerTextAsync());
            Assert.EndsWith(".", (await place.Locator("p.lead").InnerTextAsync()).TrimEnd(), StringComparison.Ordinal);
            await place.Locator("details.explain summary").ClickAsync();
            string text = await place.Locator("details.explain p").First.InnerTextAsync();
            Assert.True(Sentences().Count(text) == 3, $"{section.Id}: {text}");
            Assert.True(await place.Locator("p.formula").IsVisibleAsync());
        }
    }

    [Fact]
    public async Task Hostile_token_texts_are_text_and_nothing_else()
    {
        TokenRef[] tokens = [.. report.Report.Trace.Tokens.Select((t, i) => t with { Text = ReportWriterTests.Hostile[i % ReportWriterTests.Hostile.Length] })];
        ReportData hostile = report.Report with
        {
            Trace = report.Report.Trace with { Tokens = tokens, Text = string.Concat(ReportWriterTests.Hostile), Target = report.Report.Trace.Target with { Text = ReportWriterTests.Hostile[0] } },
            Lookup = report.Report.Lookup with { Lookup = report.Report.Lookup.Lookup with { Tokens = tokens } },
            Attention = report.Report.Attention with { Tokens = tokens },
        };
        string path = Path.Combine(report.Folder, "hostile.html");
        ReportWriter.Write(hostile, path);

        await using OpenedReport opened = await OpenedReport.OpenAsync(chromium, path, 390);
        await opened.Page.Locator("[data-figure=attention-head] .chart").HoverAsync();

        Assert.Empty(opened.Complaints);
        Assert.Empty(opened.NetworkRequests);
        Assert.False(await opened.Page.EvaluateAsync<bool>("() => 'broken' in window"));
        Assert.Equal(390, await opened.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
        Assert.Contains("</script>", await opened.Page.Locator("section#lookup table").First.InnerTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_forbids_itself_any_network()
    {
        await using OpenedReport opened = await OpenedReport.OpenAsync(chromium, report.Page);

        string forbidden = await opened.Page.EvaluateAsync<string>("""
            () => new Promise(resolve => {
              addEventListener('securitypolicyviolation', e => resolve(e.effectiveDirective));
              fetch('http://127.0.0.1:9/').catch(() => setTimeout(() => resolve('asked'), 2000));
            })
            """);

        Assert.Equal("connect-src", forbidden);
    }

    [Fact]
    public async Task Paper_is_white_with_every_chart_in_its_width_and_no_tools()
    {
        await using OpenedReport opened = await OpenedReport.OpenAsync(chromium, report.Page, 1440, ColorScheme.Dark);
        await opened.Page.EmulateMediaAsync(new PageEmulateMediaOptions { Media = Media.Print });
        await opened.Page.SetViewportSizeAsync(700, 1000);

        Assert.Equal("rgb(255, 255, 255)", await opened.Page.EvaluateAsync<string>("() => getComputedStyle(document.documentElement).backgroundColor"));
        Assert.False(await opened.Page.Locator("button").First.IsVisibleAsync());
        Assert.False(await opened.Page.Locator("nav").IsVisibleAsync());
        string[] bad = await opened.Page.EvaluateAsync<string[]>("""
            () => [...document.querySelectorAll('[data-figure] .chart svg')].filter(svg => {
              const r = svg.getBoundingClientRect();
              return r.width < 150 || r.height < 80 || r.right > innerWidth + 1 || svg.innerHTML.includes('#eceef2');
            }).map(svg => svg.closest('[data-figure]').dataset.figure)
            """);
        Assert.Empty(bad);
        Assert.True((await opened.Page.PdfAsync()).Length > 50_000);
    }

    [GeneratedRegex(@"[.?](?=\s+[A-Z]|\s*$)")]
    private static partial Regex Sentences();
}
