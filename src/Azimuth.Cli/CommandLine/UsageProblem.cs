using System.CommandLine;
using System.CommandLine.Parsing;
using Azimuth.Checkpoints;

namespace Azimuth.Cli.CommandLine;

/// <summary>Says in one sentence what the parser could not make sense of.</summary>
internal static class UsageProblem
{
    /// <summary>The first problem of a parsed command line, or null when there is none.</summary>
    public static string? Of(ParseResult parsed, Verb? verb, string path, IReadOnlyList<Verb> verbs, CommonOptions common)
    {
        if (parsed.UnmatchedTokens.FirstOrDefault() is string stray)
            return Stray(stray, verb, path, verbs, common, parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash));
        if (MistakenOption(parsed) is string mistaken)
            return Stray(mistaken, verb, path, verbs, common, afterDashes: false);
        if (verb is null)
            return "azimuth: expected a COMMAND, found only options; `azimuth --help` lists the commands.";
        if (verb.Run is null)
            return $"azimuth {path}: expected one of its commands, {string.Join(", ", verb.Verbs.Select(v => v.Command.Name))}.";
        if (parsed.Errors.Count > 0)
            return Describe(parsed.Errors[0], path);
        // The parser takes one without a value for a repetition of one that has its value.
        if (parsed.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(o => o.Option.Arity.MinimumNumberOfValues > 0 && o.IdentifierTokenCount > o.Tokens.Count) is { } bare)
            return Bare(bare.Option);
        return verb.NoModel is { } reason && parsed.GetResult(common.Model) is { Implicit: false } ? $"azimuth {path}: expected no --model, {reason}; leave it out." : null;
    }

    /// <summary>What looks like an option, stands before any --, and was taken for an argument because the command has room for one.</summary>
    private static string? MistakenOption(ParseResult parsed)
    {
        List<Token> options = [.. parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash).Where(token => token.Value is ['-', '-', >= 'a' and <= 'z', ..])];
        return parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).FirstOrDefault(token => options.Any(option => ReferenceEquals(option, token)))?.Value;
    }

    private static string Stray(string stray, Verb? verb, string path, IReadOnlyList<Verb> verbs, CommonOptions common, bool afterDashes)
    {
        if (afterDashes && stray.StartsWith('-'))
            return $"azimuth {path}: everything after -- is an argument, {stray} too; put options before it.";
        if (stray.StartsWith('-') && stray.Length > 1)
        {
            IEnumerable<string> known = (verb?.Command.Options ?? []).Concat(common.All).Select(option => option.Name).Concat(verb is null ? ["--help", "--version"] : ["--help"]);
            string where = path.Length == 0 ? "azimuth" : $"azimuth {path}";
            return $"{where}: unknown option {stray}; {Nearest(stray, known, $"`{where} --help` lists its options")}.";
        }

        if (verb is not null && verb.Run is not null)
            return $"azimuth {path}: expected {Expected(verb.Command)}, found also \"{stray}\"; quote a text that has blanks in it.";
        IEnumerable<string> names = (verb?.Verbs ?? verbs).Select(v => v.Command.Name);
        return $"azimuth: unknown command \"{(path + " " + stray).Trim()}\"; {Nearest(stray, names, "`azimuth --help` lists the commands")}.";
    }

    private static string Nearest(string name, IEnumerable<string> known, string otherwise)
    {
        IReadOnlyList<string> nearest = NearestNames.Likely(name, known, count: 2);
        return nearest.Count == 0 ? otherwise : $"the nearest known: {string.Join(", ", nearest)}; {otherwise}";
    }

    private static string Expected(Command command) => command.Arguments.Count == 0
        ? "options only"
        : string.Join(" and ", command.Arguments.Select(argument => $"one {argument.Name}"));

    private static string Bare(Option option) => $"{option.Name}: expected a value ({option.HelpName}), found none.";

    private static string Describe(ParseError error, string path)
    {
        OptionResult? option = error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;
        if (option is null)
            return $"azimuth {path}: {error.Message}";
        if (option.Tokens.Count == 0 && option.Option.Arity.MinimumNumberOfValues > 0)
            return Bare(option.Option);
        return option.Tokens.Count > option.Option.Arity.MaximumNumberOfValues
            ? $"{option.Option.Name}: expected once, found {option.Tokens.Count} times."
            : error.Message;
    }
}
