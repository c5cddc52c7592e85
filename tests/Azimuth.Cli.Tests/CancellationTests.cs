using System.Diagnostics;

namespace Azimuth.Cli.Tests;

public sealed class CancellationTests
{
    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_a_long_generation_with_130(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill");
        using TemporaryFolder folder = new();
        // The most probable tokens go round in circles for thousands of tokens; drawn ones come to an end when they like.
        using Process process = CliProcess.Start(folder.Path, "generate", "--prompt", "Once upon a time", "--max-tokens", "8000", "--temperature", "0");
        // Text on standard output says that the model is running and the signal will find it at work.
        char[] first = new char[1];
        Assert.Equal(1, await process.StandardOutput.ReadAsync(first, TestContext.Current.CancellationToken));
        using Process kill = Process.Start("kill", ["-s", signal, process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        CliResult run = await CliProcess.FinishAsync(process, ["generate"]);
        Assert.Equal(130, run.ExitCode);
        Assert.Contains("cancelled", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }
}
