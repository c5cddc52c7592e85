using System.Diagnostics;
using Microsoft.Playwright;

namespace Azimuth.Studio.Tests.Browser;

/// <summary>
/// A headless Chromium for all browser tests. Where none is installed, Debian's is, if this user may; where not, the tests are skipped and say why.
/// </summary>
public sealed class ChromiumFixture : IAsyncLifetime
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private string _missing = "";

    public async ValueTask InitializeAsync()
    {
        string? path = Find() ?? await InstallAsync();
        if (path is null)
            return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = path,
            Headless = true,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync",
            ],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>An empty page; the test is skipped where there is no browser.</summary>
    public async Task<IPage> NewPageAsync(int width = 1440, ColorScheme scheme = ColorScheme.Light)
    {
        Assert.SkipWhen(_browser is null, _missing);
        IBrowserContext context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
            ColorScheme = scheme,
        });
        return await context.NewPageAsync();
    }

    private static string? Find()
    {
        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Append("/usr/bin");
        return folders.SelectMany(folder => Names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }

    private async Task<string?> InstallAsync()
    {
        const string wanted = "no Chromium is installed";
        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/apt-get"))
            return Missing($"{wanted}, and there is no apt-get to install Debian's: install chromium to run the browser tests");
        string[] before = Environment.UserName == "root" ? [] : ["sudo", "-n"];
        if (before.Length > 0 && (!File.Exists("/usr/bin/sudo") || await RunAsync(["sudo", "-n", "true"]) != 0))
            return Missing($"{wanted}, and this user may not install it: run “apt-get install chromium” as root to run the browser tests");
        if (await RunAsync([.. before, "apt-get", "install", "-y", "--no-install-recommends", "chromium"]) != 0)
        {
            // A fresh container knows no packages yet.
            await RunAsync([.. before, "apt-get", "update"]);
            await RunAsync([.. before, "apt-get", "install", "-y", "--no-install-recommends", "chromium"]);
        }

        return Find() ?? Missing($"{wanted}, and “apt-get install chromium” failed: install it by hand to run the browser tests");
    }

    private string? Missing(string reason)
    {
        _missing = reason;
        return null;
    }

    private static async Task<int> RunAsync(string[] command)
    {
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        foreach (string argument in command[1..])
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        await output;
        return process.ExitCode;
    }
}
