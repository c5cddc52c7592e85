using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Tokenization;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth tokenize</c>: a text's tokens with their places in it, or every case and space form of a word.</summary>
internal static class TokenizeCommand
{
    /// <summary>Rows of the table: nobody reads more, and the columns of a million rows take gigabytes to lay out.</summary>
    private const int MostShown = 10_000;

    private static readonly Option<string?> Text = Options.Text("--text", "TEXT", "the text");
    private static readonly Option<string?> File = Options.Text("--file", "FILE", "a UTF-8 text file in place of --text");
    private static readonly Option<bool> NoSpecial = Options.Flag("--no-special", "leave out the tokens that the model's files put around a text");
    private static readonly Option<string?> Variants = Options.Text("--variants", "WORD", "every case and space form of a word and the ids of each");

    public static Verb Create() => Verb.Create(
        "tokenize",
        "Splits a text into the model's tokens and shows each with its id and its place in the text. With --variants, shows how the forms of one word are spelled in tokens.",
        [Text, File, NoSpecial, Variants],
        Run,
        new("azimuth tokenize --text \"The king's crown 👑\"", "ids, characters and bytes of each token"),
        new("azimuth tokenize --variants next", "next, Next, NEXT with and without a blank before them"),
        new("azimuth tokenize --file README.md -m novels-gpt --json", "a whole file, for scripts"));

    private static Task<int> Run(Session session)
    {
        string? text = session.Value(Text), file = session.Value(File), word = session.Value(Variants);
        int given = (text is null ? 0 : 1) + (file is null ? 0 : 1) + (word is null ? 0 : 1);
        if (given != 1)
            throw new UsageException($"azimuth tokenize: expected one of --text, --file and --variants, found {(given == 0 ? "none" : "several")}.");
        if (word is not null && session.Value(NoSpecial))
            throw new UsageException("azimuth tokenize: --variants never adds special tokens, so --no-special has nothing to do; leave it out.");
        if (word is not null && word.Trim().Length == 0)
            throw new UsageException("--variants: expected a word, found none.");
        ModelTokenizer model = session.OpenTokenizer();
        return word is not null ? ShowVariants(session, model, word.Trim()) : ShowTokens(session, model, text ?? InputFile.ReadText(file!, "--file"));
    }

    private static Task<int> ShowTokens(Session session, ModelTokenizer model, string text)
    {
        bool special = !session.Value(NoSpecial);
        Tokenizer tokenizer = model.Tokenizer;
        TokenEncoding encoding = tokenizer.Encode(text, special);
        string decoded = tokenizer.Decode(encoding.Ids);
        var tokens = encoding.Ids.Select((id, i) => new
        {
            Id = id,
            Text = tokenizer.TokenText(id),
            encoding.Characters[i].Start,
            encoding.Characters[i].End,
            StartByte = encoding.Bytes[i].Start,
            EndByte = encoding.Bytes[i].End,
            Special = encoding.SpecialMask[i],
        });
        Conventions conventions = new()
        {
            BeginTokenAdded = encoding.SpecialMask is [true, ..],
            Notes = ["start and end count Unicode code points, startByte and endByte UTF-8 bytes", special ? "special tokens as the model's files say" : "no special tokens"],
        };
        return session.Show(model.Name, conventions, new { encoding.Ids, Tokens = tokens, Decoded = decoded }, screen =>
        {
            screen.Heading($"{Plural.Of(encoding.Count, "token")} for {Plural.Of(CodePoints(text), "character")}");
            Column[] columns = [new("#", Side.Right), new("token"), new("id", Side.Right), new("characters"), new("bytes"), new("")];
            screen.Table(columns,
            [
                .. tokens.Take(MostShown).Select(Cell[] (token, i) =>
                [
                    Numbers.Count(i + 1), Tokens.Show(token.Text, 40), Numbers.Id(token.Id), $"{token.Start}–{token.End}", $"{token.StartByte}–{token.EndByte}",
                    token.Special ? "added" : "",
                ]),
            ]);
            if (encoding.Count > MostShown)
                screen.Line($"{Numbers.Count(MostShown)} of {Numbers.Count(encoding.Count)} tokens; --json has all of them.");
            screen.Line(decoded == text ? "Decoding gives the text back." : $"Decoding gives {Tokens.Show(decoded, 200)}");
        });
    }

    private static Task<int> ShowVariants(Session session, ModelTokenizer model, string word)
    {
        Tokenizer tokenizer = model.Tokenizer;
        IReadOnlyList<TokenVariant> variants = TokenVariants.Of(model.Tokenizer, word);
        Conventions conventions = new() { Notes = ["each form encoded on its own, no special tokens"] };
        var document = new
        {
            Word = word,
            Variants = variants.Select(v => new { v.Case, v.Space, v.Text, v.Ids, Tokens = v.Ids.Zip(v.Tokens, (id, text) => new TokenRef(id, text)), Single = v.IsSingleToken }),
        };
        return session.Show(model.Name, conventions, document, screen =>
        {
            screen.Heading($"Forms of {Tokens.Show(word)}");
            screen.Table([new("form"), new("case"), new("space"), new("tokens", Side.Right), new("ids"), new("pieces")],
            [
                .. variants.Select(Cell[] (v) =>
                [
                    Tokens.Show(v.Text, 20), v.Case, v.Space, Numbers.Count(v.Ids.Count), Tokens.Cut(string.Join(' ', v.Ids.Select(Numbers.Id)), 22),
                    Tokens.Cut(string.Join(" | ", v.Tokens.Select(token => Tokens.Show(token))), 22),
                ]),
            ]);
            int single = variants.Count(v => v.IsSingleToken);
            screen.Line($"{single} of {variants.Count} forms {(single == 1 ? "is" : "are")} one token: to the model these are unrelated ids until their rows are looked at.");
        });
    }

    private static int CodePoints(string text) => text.Length - text.Count(char.IsLowSurrogate);
}
