using System.CommandLine;
using System.Reflection;
using System.Text;

namespace Azimuth.Cli.CommandLine;

/// <summary>Writes a command's help: what it does, how it is typed, every option with its default, examples that a test runs.</summary>
internal static class HelpText
{
    private const int Width = 100;
    private const int TextColumn = 30;

    public static string Version =>
        typeof(HelpText).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>The first page: every command with its first sentence.</summary>
    public static string ForProgram(IReadOnlyList<Verb> verbs, CommonOptions common)
    {
        StringBuilder text = new();
        Wrap(text, "azimuth opens a language model's embedding space: tokens, directions, and a prompt followed from ids to probabilities.", 0);
        text.AppendLine().AppendLine("Usage").AppendLine("  azimuth COMMAND [arguments] [-m MODEL] [options]");
        text.AppendLine().AppendLine("Commands");
        foreach ((string name, string description) in verbs.SelectMany(verb => Leaves(verb, "")))
            Row(text, name, description.Split(". ")[0].TrimEnd('.'));
        Section(text, "Options of every command", common.All.Select(OptionRow));
        Section(text, "Also", [("--help, -h", "help, also after a command"), ("--version", "the version of azimuth")]);
        text.AppendLine().AppendLine("Start with: azimuth report");
        return text.ToString();
    }

    /// <summary>The page of one command.</summary>
    public static string ForCommand(Verb verb, string path, CommonOptions common)
    {
        Command command = verb.Command;
        StringBuilder text = new();
        Wrap(text, command.Description ?? "", 0);
        text.AppendLine().AppendLine("Usage");
        string arguments = string.Concat(command.Arguments.Select(a => " " + Shown(a)));
        text.AppendLine(verb.Verbs.Count > 0 ? $"  azimuth {path} COMMAND [options]" : $"  azimuth {path}{arguments}{(verb.NoModel is null ? " [-m MODEL]" : "")} [options]");
        Section(text, "Commands", verb.Verbs.Select(v => (v.Command.Name, v.Command.Description ?? "")));
        Section(text, "Arguments", command.Arguments.Select(a => (a.Name, a.Description ?? "")));
        Section(text, "Options", command.Options.Where(o => !o.Hidden).Select(OptionRow));
        Section(text, "Options of every command", common.All.Where(o => verb.NoModel is null || o != common.Model).Select(OptionRow));
        if (verb.Examples.Count > 0)
            text.AppendLine().AppendLine("Examples");
        foreach (Example example in verb.Examples)
        {
            text.AppendLine($"  {example.CommandLine}");
            text.AppendLine($"      {example.Remark}");
        }

        return text.ToString();
    }

    private static IEnumerable<(string Name, string Description)> Leaves(Verb verb, string prefix) => verb.Verbs.Count == 0
        ? [(prefix + verb.Command.Name, verb.Command.Description ?? "")]
        : verb.Verbs.SelectMany(v => Leaves(v, $"{prefix}{verb.Command.Name} "));

    private static string Shown(Argument argument)
    {
        string name = argument.Arity.MaximumNumberOfValues > 1 ? argument.Name + "…" : argument.Name;
        return argument.Arity.MinimumNumberOfValues == 0 && argument.Description!.Contains("left out", StringComparison.Ordinal) ? $"[{name}]" : name;
    }

    private static (string Name, string Description) OptionRow(Option option)
    {
        string names = string.Join(", ", option.Aliases.Append(option.Name));
        return (option.HelpName is null ? names : $"{names} {option.HelpName}", option.Description ?? "");
    }

    private static void Section(StringBuilder text, string title, IEnumerable<(string Name, string Description)> rows)
    {
        bool first = true;
        foreach ((string name, string description) in rows)
        {
            if (first)
                text.AppendLine().AppendLine(title);
            first = false;
            Row(text, name, description);
        }
    }

    private static void Row(StringBuilder text, string name, string description)
    {
        text.Append("  ").Append(name);
        if (name.Length + 2 > TextColumn - 2)
            text.AppendLine().Append(' ', TextColumn);
        else
            text.Append(' ', TextColumn - 2 - name.Length);
        Wrap(text, description, TextColumn);
    }

    private static void Wrap(StringBuilder text, string words, int indent)
    {
        int column = indent;
        foreach (string word in words.Split(' '))
        {
            if (column > indent && column + 1 + word.Length > Width)
            {
                text.AppendLine().Append(' ', indent);
                column = indent;
            }

            if (column > indent)
            {
                text.Append(' ');
                column++;
            }

            text.Append(word);
            column += word.Length;
        }

        text.AppendLine();
    }
}
