using Azimuth.Cli.Output;

namespace Azimuth.Cli.Commands;

/// <summary>The pages of docs/findings, which the program carries with it.</summary>
internal static class FindingPages
{
    /// <summary>The codes that have a page.</summary>
    public static IReadOnlyList<string> Codes { get; } =
        [.. typeof(FindingPages).Assembly.GetManifestResourceNames().Where(n => n.StartsWith("findings/AZ", StringComparison.Ordinal)).Select(n => n["findings/".Length..^".md".Length]).Order(StringComparer.Ordinal)];

    /// <summary>The page's text.</summary>
    public static string Read(string code)
    {
        using Stream page = typeof(FindingPages).Assembly.GetManifestResourceStream($"findings/{code}.md")
            ?? throw new InvalidOperationException($"the page of {code} was not built in");
        using StreamReader reader = new(page);
        return reader.ReadToEnd();
    }

    /// <summary>The page on the screen: its title bold, paragraphs as they are.</summary>
    public static void Draw(Screen screen, string text)
    {
        foreach (string line in text.TrimEnd().Split('\n'))
        {
            if (line.StartsWith("# ", StringComparison.Ordinal))
                screen.Heading(line[2..]);
            else
                screen.Line(line.Replace("**", "", StringComparison.Ordinal));
        }
    }
}
