using System.Text.Json.Nodes;
using Azimuth.Studio.Reports;
using Azimuth.Training;
using Microsoft.Playwright;

namespace Azimuth.Studio.Tests.Browser;

[Collection(Azimuth.Studio.Tests.Reports.ReportCollection.Name)]
public sealed class TrainingPageTests(ChromiumFixture chromium) : IDisposable
{
    private const string Hostile = "</script><img src=x onerror=alert(1)>";
    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth-training-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1440, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task A_whole_log_is_drawn_without_an_error_and_fits_the_screen(int width, ColorScheme scheme)
    {
        await using OpenedReport opened = await OpenAsync([.. Enumerable.Range(1, 40).Select(i => Reading(i) with
        {
            ValidationLossNats = i % 10 == 0 ? 3 - 0.02 * i : null,
            GradientNorm = 1.0 / i,
            Sample = i == 40 ? "Once " + Hostile : null,
            Table = Table(i),
        })], width, scheme);
        Assert.Equal(["loss", "speed", "learning-rate", "gradient-norm", "lengths", "spread"], await opened.ChartsAsync());
        Assert.Empty(opened.Complaints);
        Assert.Empty(opened.NetworkRequests);
        Assert.Equal(width, await opened.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
        await opened.Page.ClickAsync("[data-figure=loss] details summary");
        await Assertions.Expect(opened.Page.Locator("[data-figure=loss] tbody tr")).ToHaveCountAsync(40);
        Assert.Contains(Hostile, await opened.Page.InnerTextAsync("#samples"), StringComparison.Ordinal);
        Assert.Equal(0, await opened.Page.Locator("img").CountAsync());
        await opened.Page.GetByRole(AriaRole.Button, new() { Name = "water" }).ClickAsync();
        await Assertions.Expect(opened.Page.Locator("#words .lead")).ToContainTextAsync("river40");
    }

    [Fact]
    public async Task A_log_of_one_reading_without_a_table_is_a_page_too()
    {
        await using OpenedReport opened = await OpenAsync([Reading(1)], 1440, ColorScheme.Light);
        Assert.Equal(["loss", "speed", "learning-rate"], await opened.ChartsAsync());
        Assert.Empty(opened.Complaints);
        Assert.Equal(0, await opened.Page.Locator("#words, #samples, #lengths").CountAsync());
    }

    [Theory]
    [InlineData("glove", "Cost", "cost of a pair")]
    [InlineData("word2vec", "Loss", "nats a prediction")]
    [InlineData("lm", "Loss", "nats a token")]
    public async Task Only_a_language_models_loss_is_of_a_token_and_has_a_perplexity(string trainer, string heading, string unit)
    {
        await using OpenedReport opened = await OpenAsync([.. Enumerable.Range(1, 5).Select(i => trainer == "glove" ? Reading(i) with { LossNats = null, Cost = 0.1 / i } : Reading(i))], 1440, ColorScheme.Light, trainer);
        Assert.Empty(opened.Complaints);
        string section = await opened.Page.TextContentAsync("#loss") ?? "";
        Assert.Contains(heading, section, StringComparison.Ordinal);
        await opened.Page.ClickAsync("[data-figure=loss] details summary");
        Assert.Equal(trainer == "lm", section.Contains("loss is the perplexity", StringComparison.Ordinal));
        Assert.Equal(trainer == "glove", !(await opened.Page.InnerTextAsync("header")).Contains("nats", StringComparison.Ordinal));
        Assert.Contains(unit, await opened.Page.ContentAsync(), StringComparison.Ordinal);
    }

    private async Task<OpenedReport> OpenAsync(TrainingReading[] readings, int width, ColorScheme scheme, string trainer = "word2vec")
    {
        string page = Path.Combine(_folder, "training.html");
        var log = new TrainingLog(new TrainingRecipe(trainer, new JsonObject { ["corpus"] = new JsonArray("a.txt (10 bytes)"), ["dim"] = 100 }), readings);
        ReportWriter.Write(TrainingReport.Of(log, "vectors.run"), page);
        return await OpenedReport.OpenAsync(chromium, page, width, scheme, "#recipe");
    }

    private static TrainingReading Reading(int i) => new()
    {
        Step = i,
        Stage = "training",
        Done = i / 40.0,
        Unit = "words",
        Items = 100_000 * i,
        LossNats = 3 - 0.03 * i,
        LearningRate = 0.025 * (1 - i / 40.0),
        ItemsPerSecond = 1e6,
        Seconds = i,
    };

    private static TableReading Table(int i) => new()
    {
        Rows = 10,
        NormMean = i,
        NormQuantiles = new[] { "0.05", "0.25", "0.5", "0.75", "0.95" }.ToDictionary(share => share, _ => (double)i),
        MeanPairwiseCosine = i == 1 ? double.NaN : 0.01 * i,
        IsoScore = 1 - 0.01 * i,
        Neighbors = [new("king", [new($"queen{i}", 0.9)]), new("water", [new($"river{i}", 0.8)])],
    };
}
