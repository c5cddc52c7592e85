using System.CommandLine;
using Azimuth.Embeddings;

namespace Azimuth.Cli.CommandLine;

/// <summary>How words on the command line and in files become rows; a model's tokens for words mostly have a blank before them.</summary>
internal static class WordFormOption
{
    public static Option<string> Create() => Options.Choice(
        "--word-form", "which token stands for a word: \" word\" where there is one and else \"word\", only the one or only the other", "auto", "blank", "bare");

    public static WordForm Of(Session session, Option<string> option) => Enum.Parse<WordForm>(session.Value(option)!, ignoreCase: true);

    /// <summary>Refuses numbers beyond the table and empty texts: they are slips of the hand, where a word that is no row is out of vocabulary.</summary>
    /// <exception cref="UsageException">There is one among the words.</exception>
    public static void Check(WordIndex words, IEnumerable<string> list, string where)
    {
        foreach (string word in list)
        {
            if (word.Length == 0)
                throw new UsageException($"{where}: expected words or tokens, found an empty text.");
            if (TokenArgument.IsId(word) && words.FindOrId(word) is null)
                throw TokenArgument.NoSuchRow(words.Table, word, where);
        }
    }

    /// <summary>The row of a word that must be there; it may also be named <c>id:1867</c>.</summary>
    /// <exception cref="UsageException">It is no row; the sentence names the most alike.</exception>
    public static int Resolve(OpenedTable opened, WordIndex words, string word, string where) =>
        words.FindOrId(word) ?? TokenArgument.Resolve(opened, words.Table, word, where);
}
