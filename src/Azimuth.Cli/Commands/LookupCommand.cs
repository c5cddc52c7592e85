using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth lookup</c>: from ids to rows, and how the directions of those rows lie to each other.</summary>
internal static class LookupCommand
{
    /// <summary>More tokens than this do not fit a matrix into 100 columns; JSON has them all.</summary>
    private const int ShownTokens = 10;

    /// <summary>A matrix of every pair: 1,000 tokens are a million pairs.</summary>
    private const int MostTokens = 1000;

    private static readonly Argument<string[]> TokenList =
        Options.Arguments("TOKEN", "tokens to look up: literals such as \" next\", or id:1867; may be left out where --text is given");

    private static readonly Option<string?> Text = Options.Text("--text", "TEXT", "the tokens of a text in place of single ones, no special tokens added");
    private static readonly Option<string> Table = TableOption.Create();

    public static Verb Create() => Verb.Create(
        "lookup",
        "Shows the rows that tokens are looked up as: their lengths, first values, and the cosine and angle of every pair. Looking up is checked against the product of a one-hot vector with the table.",
        [TokenList, Text, Table],
        RunAsync,
        new("azimuth lookup \" king\" \" queen\" \" man\" \" woman\"", "four tokens and the angles between them"),
        new("azimuth lookup --text \"The cat sat on the mat\" -m novels-gpt", "the tokens of a text"),
        new("azimuth lookup id:0 id:1 --json", "by number, for scripts"));

    private static Task<int> RunAsync(Session session)
    {
        string[] tokens = session.Value(TokenList) ?? [];
        string? text = session.Value(Text);
        if (tokens.Length > 0 == text is not null)
            throw new UsageException($"azimuth lookup: expected tokens or --text TEXT, found {(text is null ? "neither" : "both")}.");
        OpenedTable opened = session.OpenTableFor(tokens);
        EmbeddingTable table = TableOption.Of(opened, session, Table);
        int[] ids = text is null
            ? [.. tokens.Select(token => TokenArgument.Resolve(opened, table, token, "TOKEN"))]
            : Encode(opened, text);
        if (ids.Length is 0 or > MostTokens)
            throw new UsageException(FormattableString.Invariant($"azimuth lookup: expected 1 to {MostTokens} tokens, found {ids.Length}."));
        TokenLookup lookup = TokenLookup.Of(table, ids, session.Workers);
        return session.Show(opened.Name, lookup.Conventions with { Tied = opened.Tied }, lookup, screen => Draw(screen, lookup));
    }

    private static int[] Encode(OpenedTable opened, string text) =>
        opened.Tokenizer?.EncodeIds(text, addSpecialTokens: false)
        ?? throw new UsageException($"--text: {opened.Name} has no tokenizer; name tokens by number, as in id:5.");

    private static void Draw(Screen screen, TokenLookup lookup)
    {
        int shown = Math.Min(lookup.Tokens.Count, ShownTokens);
        screen.Heading($"Rows of the {lookup.Table}, {lookup.ModelDim} values each");
        screen.Table([new("#", Side.Right), new("token"), new("id", Side.Right), new("length", Side.Right), new("first values")],
        [
            .. lookup.Tokens.Select(Cell[] (token, i) =>
            [
                Numbers.Count(i + 1), Tokens.Show(token.Text), Numbers.Id(token.Id), Numbers.Three(lookup.Norms[i]),
                string.Join(' ', lookup.RowsPreview[i].Take(5).Select(value => Numbers.Three(value))) + " …",
            ]),
        ]);
        screen.Heading("Cosine of every pair");
        Matrix(screen, lookup, shown, lookup.Cosine, Numbers.Cosine);
        screen.Heading("Angle of every pair");
        Matrix(screen, lookup, shown, lookup.AngleDegrees, degrees => degrees is null ? "–" : Numbers.Angle(degrees));
        if (shown < lookup.Tokens.Count)
            screen.Dim($"{shown} of {Plural.Of(lookup.Tokens.Count, "token")}");
        screen.Line($"One-hot vector times table, largest difference from the row: {Numbers.Three(lookup.OneHotMaxDifference)}.");
    }

    private static void Matrix(Screen screen, TokenLookup lookup, int shown, IReadOnlyList<IReadOnlyList<double?>> values, Func<double?, string> format)
    {
        Column[] columns = [new(""), .. Enumerable.Range(0, shown).Select(i => new Column(Label(lookup, i, 7), Side.Right))];
        screen.Table(columns,
        [
            .. Enumerable.Range(0, shown).Select(Cell[] (i) => [Label(lookup, i, 12), .. Enumerable.Range(0, shown).Select(j => (Cell)format(values[i][j]))]),
        ]);
    }

    private static string Label(TokenLookup lookup, int i, int width) => Tokens.Show(lookup.Tokens[i].Text, width);
}
