using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Azimuth.Cli.Tests;

/// <summary>Runs the built command in a process of its own and reads what it wrote.</summary>
internal static class CliProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>The command's assembly, built by the same build as these tests.</summary>
    public static string Assembly { get; } = FindAssembly();

    /// <summary>Runs with the repository's root as the current folder.</summary>
    public static Task<CliResult> RunAsync(params string[] args) => RunInAsync(TestFiles.Root, args);

    public static async Task<CliResult> RunInAsync(string folder, params string[] args)
    {
        using Process process = Start(folder, args);
        return await FinishAsync(process, args);
    }

    /// <summary>Runs with environment variables of its own.</summary>
    public static async Task<CliResult> RunWithAsync(IReadOnlyDictionary<string, string> environment, params string[] args)
    {
        using Process process = StartWith(environment, TestFiles.Root, args);
        return await FinishAsync(process, args);
    }

    /// <summary>Runs a line as it is typed in a shell, <c>azimuth</c> being the built command.</summary>
    public static async Task<CliResult> RunShellAsync(string folder, string line, IReadOnlyDictionary<string, string>? environment = null, TimeSpan? limit = null)
    {
        ProcessStartInfo start = Redirected("bash", folder, environment);
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("azimuth() { dotnet exec \"$AZIMUTH_ASSEMBLY\" \"$@\"; }\n" + line);
        start.Environment["AZIMUTH_ASSEMBLY"] = Assembly;
        using Process process = Process.Start(start)!;
        return await FinishAsync(process, [line], limit);
    }

    /// <summary>Starts without waiting, for tests that send signals.</summary>
    public static Process Start(string folder, params string[] args) => StartWith(null, folder, args);

    /// <summary>The same with environment variables of its own.</summary>
    public static Process StartWith(IReadOnlyDictionary<string, string>? environment, string folder, params string[] args)
    {
        ProcessStartInfo start = Redirected(IgnoresInterrupts ? "env" : "dotnet", folder, environment);
        foreach (string word in IgnoresInterrupts ? new[] { "--default-signal=INT", "dotnet", "exec", Assembly } : ["exec", Assembly])
            start.ArgumentList.Add(word);
        foreach (string arg in args)
            start.ArgumentList.Add(arg);
        return Process.Start(start)!;
    }

    public static async Task<CliResult> FinishAsync(Process process, IReadOnlyList<string> args, TimeSpan? most = null)
    {
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(most ?? Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new CliResult(string.Join(' ', args), process.ExitCode, await output, await error);
    }

    /// <summary>
    /// Whether the tests themselves were started where Ctrl-C does nothing, as a shell does with what it puts into the background: programs inherit that, and an interrupt sent to
    /// them would be lost.
    /// </summary>
    private static bool IgnoresInterrupts { get; } = OperatingSystem.IsLinux()
        && File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is { } ignored
        && (Convert.ToUInt64(ignored["SigIgn:".Length..].Trim(), 16) & 0b10) != 0;

    private static ProcessStartInfo Redirected(string program, string folder, IReadOnlyDictionary<string, string>? environment)
    {
        ProcessStartInfo start = new(program)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        // What this machine's user has fetched from a hub, and the token for it, are none of the tests' business.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("HF_", StringComparison.Ordinal) || name.StartsWith("HUGGING", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        start.Environment["HF_HOME"] = Path.Combine(Path.GetTempPath(), "azimuth-no-hub-cache");
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return start;
    }

    private static string FindAssembly()
    {
        // tests/Azimuth.Cli.Tests/bin/Release/net10.0/ → src/Azimuth.Cli/bin/Release/net10.0/
        DirectoryInfo own = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        string path = Path.Combine(TestFiles.Root, "src", "Azimuth.Cli", "bin", own.Parent!.Name, own.Name, "Azimuth.Cli.dll");
        Assert.True(File.Exists(path), $"the built command was not found at {path}");
        return path;
    }
}

/// <summary>What a run of the command left behind.</summary>
internal sealed record CliResult(string CommandLine, int ExitCode, string Output, string Error)
{
    /// <summary>Checks that the run succeeded and returns its only JSON document.</summary>
    public JsonElement Json()
    {
        Assert.True(ExitCode == 0, $"{CommandLine}: exit {ExitCode}\n{Error}");
        return ParseJson();
    }

    /// <summary>The one JSON document on standard output, whatever the exit code.</summary>
    public JsonElement ParseJson()
    {
        using JsonDocument document = JsonDocument.Parse(Output);
        return document.RootElement.Clone();
    }

    /// <summary>Checks that the run succeeded and returns what it showed.</summary>
    public string Screen()
    {
        Assert.True(ExitCode == 0, $"{CommandLine}: exit {ExitCode}\n{Error}");
        return Output;
    }

    /// <summary>Checks that the run was refused with one sentence and nothing on standard output, and returns the sentence.</summary>
    public string Refusal()
    {
        Assert.True(ExitCode == 2, $"{CommandLine}: exit {ExitCode}, expected 2\n{Output}\n{Error}");
        Assert.Equal("", Output);
        string[] lines = Error.TrimEnd('\n').Split('\n');
        Assert.True(lines.Length == 1, $"{CommandLine}: expected one sentence, found {Error}");
        Assert.StartsWith("error: ", lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.EndsWith(".", lines[0], StringComparison.Ordinal);
        return lines[0]["error: ".Length..];
    }
}
