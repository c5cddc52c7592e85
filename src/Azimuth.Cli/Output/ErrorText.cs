using System.Text;

namespace Azimuth.Cli.Output;

/// <summary>Sentences on standard error: one line each for pipes, wrapped between words on a terminal.</summary>
internal static class ErrorText
{
    private const int Narrowest = 40;

    /// <summary>The sentence as standard error shows it.</summary>
    public static string Of(string sentence) => Console.IsErrorRedirected ? sentence : Wrap(sentence, Math.Clamp(TerminalWidth(), Narrowest, Screen.Width));

    /// <summary>The words on lines of at most <paramref name="width"/> characters; a longer word has a line of its own, so that a path can be copied.</summary>
    public static string Wrap(string sentence, int width)
    {
        StringBuilder wrapped = new();
        int column = 0;
        foreach (string word in sentence.Split(' '))
        {
            bool breaks = column > 0 && column + 1 + word.Length > width;
            if (wrapped.Length > 0)
                wrapped.Append(breaks ? '\n' : ' ');
            wrapped.Append(word);
            column = breaks || wrapped.Length == word.Length ? word.Length : column + 1 + word.Length;
        }

        return wrapped.ToString();
    }

    private static int TerminalWidth()
    {
        try
        {
            return Console.WindowWidth is int width and > 0 ? width : Screen.Width;
        }
        catch (IOException)
        {
            return Screen.Width;
        }
    }
}
