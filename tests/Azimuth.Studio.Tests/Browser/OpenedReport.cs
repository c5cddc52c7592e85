using Microsoft.Playwright;

namespace Azimuth.Studio.Tests.Browser;

/// <summary>A report opened from disk, with everything the browser complained about or asked for.</summary>
internal sealed class OpenedReport : IAsyncDisposable
{
    private readonly List<string> _complaints = [];
    private readonly List<string> _requests = [];

    private OpenedReport(IPage page) => Page = page;

    public IPage Page { get; }

    /// <summary>Console messages above the level of a remark, and errors nobody caught.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    /// <summary>Addresses that are not this file's own: any of them is a request to a network.</summary>
    public IReadOnlyList<string> NetworkRequests => [.. _requests.Where(r => !r.StartsWith("file:", StringComparison.Ordinal) && !r.StartsWith("data:", StringComparison.Ordinal) && !r.StartsWith("blob:", StringComparison.Ordinal))];

    public static async Task<OpenedReport> OpenAsync(ChromiumFixture chromium, string path, int width = 1440, ColorScheme scheme = ColorScheme.Light, string lastPart = "#geometry .chart svg")
    {
        var opened = new OpenedReport(await chromium.NewPageAsync(width, scheme));
        opened.Page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                opened._complaints.Add($"{message.Type}: {message.Text}");
        };
        opened.Page.PageError += (_, error) => opened._complaints.Add(error);
        opened.Page.Request += (_, request) => opened._requests.Add(request.Url);
        await opened.Page.GotoAsync(new Uri(path).AbsoluteUri);
        await opened.Page.WaitForSelectorAsync(lastPart);
        await opened.Page.WaitForFunctionAsync("() => [...document.querySelectorAll('.chart')].every(c => c.querySelector('svg path'))");
        return opened;
    }

    /// <summary>The names of all charts on the page.</summary>
    public Task<string[]> ChartsAsync() =>
        Page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('[data-figure]:has(.chart)')].map(f => f.dataset.figure)");

    public async ValueTask DisposeAsync() => await Page.Context.DisposeAsync();
}
