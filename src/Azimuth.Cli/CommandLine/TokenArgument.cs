using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Tokenization;
using Azimuth.Transformers;

namespace Azimuth.Cli.CommandLine;

/// <summary>Finds the token that a command line names: a literal such as <c>" next"</c>, or <c>id:1867</c>.</summary>
internal static class TokenArgument
{
    private const int Suggestions = 4;

    /// <summary>The id of one token.</summary>
    /// <param name="model">The model, for its tokenizer.</param>
    /// <param name="table">The table the id must be a row of.</param>
    /// <param name="argument">What was typed.</param>
    /// <param name="where">The option or argument it was typed for.</param>
    /// <exception cref="UsageException">No such id, or a literal that is not one token.</exception>
    public static int Resolve(LanguageModel model, EmbeddingTable table, string argument, string where)
    {
        if (argument.StartsWith("id:", StringComparison.Ordinal) && argument.Length > 3)
            return ResolveId(table, argument, where);
        if (model.Tokenizer is not Tokenizer tokenizer)
            throw new UsageException($"{where}: {model.Name} has no tokenizer, so tokens are named by number, as in id:5; found \"{argument}\".");
        if (argument.Length == 0)
            throw new UsageException($"{where}: expected a token such as \" next\" or id:5, found an empty text.");
        int[] ids = tokenizer.Encode(argument, addSpecialTokens: false).Ids;
        if (ids.Length == 1 && ids[0] < table.Count && table.Text(ids[0]) == argument)
            return ids[0];
        // A vocabulary may hold a token that encoding does not lead to: one with no blank before it where the tokenizer always adds one.
        for (int id = 0; id < table.Count; id++)
        {
            if (table.Text(id) == argument)
                return id;
        }

        return ids.Length == 1 && ids[0] < table.Count ? ids[0] : throw NotOneToken(model, table, argument, where, ids);
    }

    /// <summary>The token's visible form and its number: <c>·next (id 1867)</c>.</summary>
    public static string Describe(TokenRef token) => string.Create(CultureInfo.InvariantCulture, $"{Tokens.Show(token.Text)} (id {token.Id})");

    private static int ResolveId(EmbeddingTable table, string argument, string where)
    {
        bool parsed = int.TryParse(argument.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out int id);
        if (parsed && id < table.Count)
            return id;
        throw new UsageException(string.Create(
            CultureInfo.InvariantCulture, $"{where}: expected a row of the {table.Name}, id:0 to id:{table.Count - 1}, found {argument}."));
    }

    private static UsageException NotOneToken(LanguageModel model, EmbeddingTable table, string argument, string where, int[] ids)
    {
        string pieces = string.Join(" + ", ids.Take(8).Select(id => Quote(table, id))) + (ids.Length > 8 ? " + …" : "");
        string found = ids.Length == 0 ? "it encodes to no token" : $"it splits into {pieces}";
        IEnumerable<string> known = Enumerable.Range(0, table.Count).Select(table.Text).Where(text => text.Trim().Length > 0).Distinct();
        HashSet<string> other = [argument.Trim(), " " + argument.Trim()];
        // The other form, with or without a blank before it, is the likeliest wish; after it what is spelled alike.
        IEnumerable<string> nearest = known.Where(other.Contains).Concat(NearestNames.Of(argument, known, Suggestions)).Distinct().Take(Suggestions);
        return new UsageException($"{where}: \"{argument}\" is not one token of {model.Name}, {found}; the nearest single tokens are "
            + $"{string.Join(", ", nearest.Select(text => $"\"{text}\""))}, and id:N names any.");
    }

    private static string Quote(EmbeddingTable table, int id) =>
        string.Create(CultureInfo.InvariantCulture, $"{(id < table.Count ? $"\"{table.Text(id)}\"" : "?")} (id:{id})");
}
