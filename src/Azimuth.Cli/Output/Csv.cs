namespace Azimuth.Cli.Output;

/// <summary>Fields of comma-separated values (RFC 4180).</summary>
internal static class Csv
{
    /// <summary>A text, in quotes where it needs them: quotes, commas, line breaks, blanks at an end.</summary>
    public static string Text(string text)
    {
        bool plain = text.Length > 0 && text.IndexOfAny([',', '"', '\r', '\n']) < 0 && text[0] != ' ' && text[^1] != ' ';
        return plain ? text : "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
    }
}
