using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Tokenization;

namespace Azimuth.Cli.CommandLine;

/// <summary>Finds the token that a command line names: a literal such as <c>" next"</c>, or <c>id:1867</c>.</summary>
internal static class TokenArgument
{
    private const string Prefix = "id:";
    private const int Suggestions = 4;

    /// <summary>Whether it is a number in the form <c>id:1867</c>, of a row or beyond the table.</summary>
    public static bool IsId(string argument) =>
        argument.StartsWith(Prefix, StringComparison.Ordinal) && argument.Length > Prefix.Length && !argument.AsSpan(Prefix.Length).ContainsAnyExceptInRange('0', '9');

    /// <summary>The id of one token.</summary>
    /// <param name="opened">Where the tokens come from, for its tokenizer.</param>
    /// <param name="table">The table the id must be a row of.</param>
    /// <param name="argument">What was typed.</param>
    /// <param name="where">The option or argument it was typed for.</param>
    /// <exception cref="UsageException">No such id, or a literal that is not one token.</exception>
    public static int Resolve(OpenedTable opened, EmbeddingTable table, string argument, string where)
    {
        if (argument.StartsWith(Prefix, StringComparison.Ordinal) && argument.Length > Prefix.Length)
            return ResolveId(table, argument, where);
        if (opened.Model is null)
            return table.Find(argument) ?? throw NoSuchWord(opened, table, argument, where);
        if (opened.Tokenizer is not Tokenizer tokenizer)
            throw new UsageException($"{where}: {opened.Name} has no tokenizer, so tokens are named by number, as in id:5; found \"{argument}\".");
        if (argument.Length == 0)
            throw new UsageException($"{where}: expected a token such as \" next\" or id:5, found an empty text.");
        if (tokenizer.ContinuingPrefix is not null && tokenizer.Id(argument) is int spelled && spelled < table.Count)
            return spelled; // text does not tell "s" from "##s", the vocabulary's spelling does
        int[] ids = tokenizer.EncodeIds(argument, addSpecialTokens: false);
        if (ids.Length == 1 && ids[0] < table.Count && table.Text(ids[0]) == argument)
            return ids[0];
        // A vocabulary may hold a token that encoding does not lead to: one with no blank before it where the tokenizer always adds one.
        if (table.Find(argument) is int found)
            return found;
        return ids.Length == 1 && ids[0] < table.Count && !tokenizer.IsUnknown(ids[0]) ? ids[0] : throw NotOneToken(opened, tokenizer, table, argument, where, ids);
    }

    /// <summary>The token's visible form and its number: <c>·next (id 1867)</c>.</summary>
    public static string Describe(TokenRef token) => string.Create(CultureInfo.InvariantCulture, $"{Tokens.Show(token.Text)} (id {token.Id})");

    private static int ResolveId(EmbeddingTable table, string argument, string where)
    {
        bool parsed = int.TryParse(argument.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int id);
        if (parsed && id < table.Count)
            return id;
        throw NoSuchRow(table, argument, where);
    }

    /// <summary>The error about a number beyond the table.</summary>
    public static UsageException NoSuchRow(EmbeddingTable table, string argument, string where) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{where}: expected id:0 to id:{table.Count - 1} of the {table.Name}, found {argument}."));

    private static UsageException NotOneToken(OpenedTable opened, Tokenizer tokenizer, EmbeddingTable table, string argument, string where, int[] ids)
    {
        string Named(int id) => (tokenizer.ContinuingPrefix is null ? null : tokenizer.Token(id)) ?? table.Text(id);
        string pieces = string.Join(" + ", ids.Take(8).Select(id => Quote(table, id))) + (ids.Length > 8 ? " + …" : "");
        string found = ids.Length == 0 ? "it encodes to no token" : ids.Length == 1 ? $"it encodes to {pieces}, which stands for what is not in the vocabulary" : $"it splits into {pieces}";
        IEnumerable<string> known = Enumerable.Range(0, table.Count).Select(Named).Where(text => text.Trim().Length > 0).Distinct();
        HashSet<string> other = [argument.Trim(), " " + argument.Trim()];
        // The other form, with or without a blank before it, is the likeliest wish; after it what is spelled alike.
        IEnumerable<string> nearest = known.Where(other.Contains).Concat(NearestNames.Of(argument, known, Suggestions)).Distinct().Take(Suggestions);
        return new UsageException($"{where}: \"{argument}\" is not one token of {opened.Name}, {found}; the nearest single tokens are "
            + $"{string.Join(", ", nearest.Select(text => $"\"{text}\""))}, and id:N names any.");
    }

    private static UsageException NoSuchWord(OpenedTable opened, EmbeddingTable table, string argument, string where)
    {
        IEnumerable<string> nearest = NearestNames.Of(argument, Enumerable.Range(0, table.Count).Select(table.Text), Suggestions);
        return new UsageException($"{where}: expected a word of {opened.Name}, found \"{argument}\"; the most alike are "
            + $"{string.Join(", ", nearest.Select(text => $"\"{text}\""))}, and id:N names any.");
    }

    private static string Quote(EmbeddingTable table, int id) =>
        string.Create(CultureInfo.InvariantCulture, $"{(id < table.Count ? $"\"{table.Text(id)}\"" : "?")} (id:{id})");
}
