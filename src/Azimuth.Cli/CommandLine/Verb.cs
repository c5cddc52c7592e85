using System.CommandLine;

namespace Azimuth.Cli.CommandLine;

/// <summary>A command of the program and the examples its help shows.</summary>
/// <param name="Command">Name, description, arguments, options and action.</param>
/// <param name="Examples">Complete command lines, each of which a test runs.</param>
/// <param name="Verbs">Commands below this one, as <c>perplexity</c> below <c>eval</c>.</param>
internal sealed record Verb(Command Command, IReadOnlyList<Example> Examples, IReadOnlyList<Verb> Verbs)
{
    /// <summary>Joins a command's parts.</summary>
    /// <param name="name">What is typed.</param>
    /// <param name="description">One sentence or two, shown in help.</param>
    /// <param name="symbols">Arguments and options, in the order that help lists them.</param>
    /// <param name="run">Does the work and returns the exit code.</param>
    /// <param name="examples">Complete command lines with a remark.</param>
    public static Verb Create(
        string name, string description, IReadOnlyList<Symbol> symbols, Func<Session, Task<int>> run, params IReadOnlyList<Example> examples)
    {
        Command command = new(name, description);
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument)
                command.Arguments.Add(argument);
            else
                command.Options.Add((Option)symbol);
        }

        command.SetAction((_, _) => throw new InvalidOperationException("commands are run by CommandRunner"));
        return new Verb(command, examples, []) { Run = run };
    }

    /// <summary>A command that does nothing but hold others.</summary>
    public static Verb Group(string name, string description, params IReadOnlyList<Verb> verbs)
    {
        Command command = new(name, description);
        foreach (Verb verb in verbs)
            command.Subcommands.Add(verb.Command);
        return new Verb(command, [], verbs);
    }

    /// <summary>The same, refusing <c>--model</c>.</summary>
    /// <param name="reason">Why, behind "expected no --model, ".</param>
    public Verb WithoutModel(string reason) => this with { NoModel = reason };

    /// <summary>Why <c>--model</c> is refused; null where it is taken.</summary>
    public string? NoModel { get; private init; }

    /// <summary>Does the work and returns the exit code; null for a group.</summary>
    public Func<Session, Task<int>>? Run { get; private init; }
}

/// <summary>A command line that help shows.</summary>
/// <param name="CommandLine">As it is typed in a POSIX shell.</param>
/// <param name="Remark">What it does.</param>
internal sealed record Example(string CommandLine, string Remark);
