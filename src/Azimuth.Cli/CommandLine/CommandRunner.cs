using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Azimuth.Checkpoints;
using Azimuth.Cli.Commands;
using Azimuth.Training;

namespace Azimuth.Cli.CommandLine;

/// <summary>Parses a command line, runs the command, and turns whatever goes wrong into one sentence and an exit code.</summary>
internal static partial class CommandRunner
{
    private static readonly string[] HelpNames = ["--help", "-h", "-?"];

    /// <summary>Runs one command line.</summary>
    /// <param name="args">The words after the program's name.</param>
    /// <param name="output">Standard output, flushed before returning.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="cancel">Cancelled by Ctrl-C and SIGTERM.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        try
        {
            int exit = await DispatchAsync(args, output, error, cancel);
            // Here, not at the end: what cannot be written, to a full disk for example, is an error like any other.
            await output.FlushAsync(CancellationToken.None);
            return exit;
        }
        catch (InterruptedException problem)
        {
            await error.WriteLineAsync("cancelled; " + Output.Tokens.OneLine(problem.Message));
            return ExitCode.Cancelled;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync(args.FirstOrDefault(arg => !arg.StartsWith('-')) == "pull" ? "cancelled; what has come is kept, and the same command goes on from there" : "cancelled");
            return ExitCode.Cancelled;
        }
        catch (Exception problem)
        {
            bool debug = args.Contains("--debug");
            await error.WriteLineAsync(debug ? problem.ToString() : Output.ErrorText.Of("error: " + Sentence(problem)));
            return ExitCode.BadInput;
        }
        finally
        {
            await FlushRestAsync(output);
        }
    }

    /// <summary>After an error: what was written before it still goes out, where it can.</summary>
    private static async Task FlushRestAsync(TextWriter output)
    {
        try
        {
            await output.FlushAsync(CancellationToken.None);
        }
        catch (IOException)
        {
            // Said already.
        }
    }

    private static async Task<int> DispatchAsync(IReadOnlyList<string> args, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        CommonOptions common = new();
        IReadOnlyList<Verb> verbs = AllCommands.Create();
        RootCommand root = BuildRoot(verbs, common);
        if (args is ["--version"])
        {
            await output.WriteLineAsync(HelpText.Version);
            return ExitCode.Done;
        }

        ParseResult parsed = root.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        (Verb? verb, string path) = FindVerb(parsed, verbs);
        if (AsksForHelp(args))
        {
            await output.WriteAsync(verb is null ? HelpText.ForProgram(verbs, common) : HelpText.ForCommand(verb, path, common));
            return ExitCode.Done;
        }

        if (UsageProblem.Of(parsed, verb, path, verbs, common) is string problem)
            throw new UsageException(problem);
        using Session session = new(parsed, common, path, output, error, cancel);
        int exit = await verb!.Run!(session);
        if (!session.IsResultWritten)
            cancel.ThrowIfCancellationRequested();
        return exit;
    }

    private static bool AsksForHelp(IReadOnlyList<string> args) =>
        args.Count == 0 || args[0] == "help" || args.TakeWhile(arg => arg != "--").Any(arg => HelpNames.Contains(arg));

    private static RootCommand BuildRoot(IReadOnlyList<Verb> verbs, CommonOptions common)
    {
        RootCommand root = new("azimuth");
        root.Options.Clear();
        root.Directives.Clear();
        foreach (Option option in common.All)
        {
            option.Recursive = true;
            root.Options.Add(option);
        }

        foreach (Verb verb in verbs)
            root.Subcommands.Add(verb.Command);
        return root;
    }

    private static (Verb? Verb, string Path) FindVerb(ParseResult parsed, IReadOnlyList<Verb> verbs)
    {
        List<string> names = [];
        for (CommandResult? at = parsed.CommandResult; at is not null && at.Command is not RootCommand; at = at.Parent as CommandResult)
            names.Insert(0, at.Command.Name);
        Verb? verb = null;
        foreach (string name in names)
            verb = (verb?.Verbs ?? verbs).Single(v => v.Command.Name == name);
        return (verb, string.Join(' ', names));
    }

    /// <summary>The exception's message on one line, without what .NET appends to it.</summary>
    private static string Sentence(Exception problem)
    {
        string message = problem switch
        {
            UsageException or CheckpointFormatException or TrainingException => problem.Message,
            ArgumentException => ParameterSuffix().Replace(problem.Message, ""),
            FileNotFoundException or DirectoryNotFoundException or IOException or UnauthorizedAccessException or NotSupportedException
                or InvalidDataException => problem.Message,
            OutOfMemoryException => "Not enough memory for this model on this machine.",
            _ => $"Unexpected {problem.GetType().Name}: {problem.Message} Run again with --debug to see where it came from.",
        };
        string line = LineBreaks().Replace(message.Trim(), " ");
        if (line.Length > 0 && line[^1] is not ('.' or '!' or '?' or '…'))
            line += ".";
        // Names out of a file may hold anything, escape sequences for the terminal too.
        return Output.Tokens.OneLine(line);
    }

    [GeneratedRegex(@" \(Parameter '[^']*'\)(\r?\nActual value was .*)?$", RegexOptions.Singleline)]
    private static partial Regex ParameterSuffix();

    [GeneratedRegex(@"\s*[\r\n]+\s*")]
    private static partial Regex LineBreaks();
}
