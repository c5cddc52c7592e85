using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth contextualize</c>: one word in many sentences.</summary>
internal static class ContextualizeCommand
{
    private const int MostSentences = 100_000;
    private static readonly Argument<string?> Word = Options.Argument("WORD", "the word, with the blank before it where it has one in a sentence: \" bank\"; or one token by number, id:1867");
    private static readonly Option<string?> Sentences = Options.Text("--sentences", "FILE", "a text file with a sentence a line; lines without the word are left out");
    private static readonly Option<string[]?> Text = new("--text") { Description = "a sentence with the word in it; may be given many times", HelpName = "TEXT" };
    private static readonly Option<int> Baseline = Options.WholeNumber("--baseline", "N", "random other tokens the word is compared with, 0 for none", 0, 2_000, 200);
    private static readonly Option<int> Seed = Options.WholeNumber("--seed", "S", "which random tokens", 0, int.MaxValue, 1);

    public static Verb Create() => Verb.Create(
        "contextualize",
        "Follows one word through many sentences: how alike its vectors are at the embedding and after each layer, beside random other tokens, and how far they turn from the word's own row.",
        [Word, Sentences, Text, Baseline, Seed],
        Run,
        new("azimuth contextualize \" bank\" --text \"He sat on the river bank\" --text \"I need a loan from the bank\" --text \"We fished from the muddy bank\"", "one word, two meanings"),
        new("azimuth contextualize \" heart\" -m novels-gpt --text \"with all my heart\" --text \"He learned it by heart, and then\" --json", "every number, for scripts"));

    private static Task<int> Run(Session session)
    {
        string typed = session.Value(Word) ?? throw new UsageException("azimuth contextualize: expected a WORD such as \" bank\", found none.");
        string[] lines = Lines(session);
        LanguageModel model = session.OpenDecoder();
        int[] word = Encode(model, typed);
        List<WordInSentence> found = Find(model, lines, typed, word, out int without);
        ContextualWordOptions options = new() { BaselineTokens = session.Value(Baseline), Seed = (ulong)session.Value(Seed) };
        ShareProgress progress = new(session.Progress, "running sentences", found.Count, "sentences");
        ContextualWordResult result = ContextualWord.Measure(model, found, options, progress, session.Cancel);
        if (without > 0)
            session.Warn(FormattableString.Invariant($"{without:N0} of {Plural.Of(lines.Length, "sentence")} {(without == 1 ? "does" : "do")} not hold \"{typed}\" as the tokens {string.Join(", ", word)} and {(without == 1 ? "was" : "were")} left out."));
        var document = new
        {
            Word = typed,
            Ids = word,
            result.Token,
            result.Sentences,
            SentencesWithout = without,
            result.SelfSimilarity,
            result.AngleToStaticRowMean,
            result.Baseline,
            result.Adjusted,
            result.BaselineTokens,
            result.BaselinePairs,
            result.Seed,
            result.CosineAfterLastLayer,
        };
        Conventions conventions = result.Conventions with { BeginTokenAdded = model.Tokenizer!.Encode(lines[0]).SpecialMask is [true, ..] };
        return session.Show(model.Name, conventions, document, screen => Draw(screen, result, typed, word, model));
    }

    private static string[] Lines(Session session)
    {
        string? file = session.Value(Sentences);
        string[] texts = session.List(Text) ?? [];
        if (file is null == (texts.Length == 0))
            throw new UsageException($"azimuth contextualize: expected --sentences FILE or --text TEXT several times, found {(file is null ? "neither" : "both")}.");
        if (file is not null)
            texts = InputFile.ReadText(file, Sentences.Name).ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (texts.Length < 2)
            throw new UsageException(FormattableString.Invariant($"azimuth contextualize: expected at least two sentences, in which the word is compared with itself, found {texts.Length}."));
        if (texts.Length > MostSentences)
            throw new UsageException(FormattableString.Invariant($"{Sentences.Name}: {file}: expected at most {MostSentences} sentences, found {texts.Length}; cut the file."));
        return texts;
    }

    private static int[] Encode(LanguageModel model, string word)
    {
        if (model.Tokenizer is null)
            throw new UsageException($"WORD: {model.Name} has no tokenizer, so no word can be found in a sentence.");
        if (TokenArgument.IsId(word))
            return [TokenArgument.Resolve(OpenedTable.Of(model), model.TokenEmbedding, word, "WORD")];
        int[] ids = model.Tokenizer.EncodeIds(word, addSpecialTokens: false);
        return ids.Length > 0 ? ids : throw new UsageException("WORD: expected a word such as \" bank\", found an empty text.");
    }

    private static List<WordInSentence> Find(LanguageModel model, string[] lines, string typed, int[] word, out int without)
    {
        List<WordInSentence> found = [];
        for (int i = 0; i < lines.Length; i++)
        {
            int[] ids = model.Tokenizer!.EncodeIds(lines[i]);
            if (ids.Length > model.Config.LongestRun)
            {
                throw new UsageException(FormattableString.Invariant(
                    $"sentence {i + 1}: expected at most {model.Config.LongestRun} tokens, the context of {model.Name}, found {ids.Length}; shorten it."));
            }

            if (WordInSentence.Find(lines[i], ids, word) is { } place)
                found.Add(place);
        }

        without = lines.Length - found.Count;
        if (found.Count >= 2)
            return found;
        string where = FormattableString.Invariant($"WORD: expected \"{typed}\" in at least two sentences, found it in {found.Count} of {lines.Length} as the tokens {string.Join(", ", word)}");
        if (TokenArgument.IsId(typed))
            throw new UsageException(where + ".");
        string other = typed.StartsWith(' ') ? typed.TrimStart() : " " + typed;
        throw new UsageException($"{where}; inside a sentence it may be \"{other}\".");
    }

    private static void Draw(Screen screen, ContextualWordResult result, string typed, int[] word, LanguageModel model)
    {
        string pieces = word.Length == 1 ? "" : $", the last of its {word.Length} tokens";
        screen.Heading($"{Tokens.Show(typed)} in {Numbers.Count(result.Sentences.Count)} sentences: token {TokenArgument.Describe(result.Token)}{pieces}");
        bool baseline = result.Baseline is not null;
        List<Column> columns = [new("after"), new("alike", Side.Right), new("")];
        if (baseline)
            columns.AddRange([new("random tokens", Side.Right), new("beyond them", Side.Right)]);
        columns.Add(new("angle to its own row", Side.Right));
        screen.Table(columns, [.. Enumerable.Range(0, result.SelfSimilarity.Count).Select(site => Row(result, site))]);
        int least = result.SelfSimilarity.Select((value, site) => (value, site)).MinBy(pair => pair.value).site;
        screen.Line($"Least alike after {SiteName(least)}: mean cosine {Numbers.Cosine(result.SelfSimilarity[least])}"
            + (baseline ? $", random tokens {Numbers.Cosine(result.Baseline![least])}." : "."));
        DrawPairs(screen, result, model.Config.LayerCount - 1);
        screen.Dim("alike: mean cosine of the word's vectors, all pairs of sentences. Random tokens: the same for other tokens of these sentences, which share a common direction too.");
    }

    private static Cell[] Row(ContextualWordResult result, int site)
    {
        double value = result.SelfSimilarity[site];
        List<Cell> cells = [SiteName(site), Numbers.Cosine(value), new(Bar.Of(Math.Abs(value), 30), value < 0 ? Role.Rival : Role.Plain)];
        if (result.Baseline is { } baseline)
            cells.AddRange([Numbers.Cosine(baseline[site]), Numbers.Cosine(result.Adjusted![site])]);
        cells.Add(Numbers.Angle(result.AngleToStaticRowMean[site]));
        return [.. cells];
    }

    private static void DrawPairs(Screen screen, ContextualWordResult result, int lastLayer)
    {
        var pairs = result.CosineAfterLastLayer.SelectMany((row, i) => row.Select((cosine, j) => (Cosine: cosine, I: i, J: j)).Where(pair => pair.J > i && pair.Cosine is not null))
            .OrderByDescending(pair => pair.Cosine).ToArray();
        if (pairs.Length < 2)
            return;
        screen.Heading($"Most and least alike after layer {lastLayer}");
        var shown = pairs.Length <= 6 ? pairs : [.. pairs[..3], .. pairs[^3..]];
        screen.Table([new("cosine", Side.Right), new("one"), new("other")],
            [.. shown.Select(Cell[] (pair) => [Numbers.Cosine(pair.Cosine), Name(result, pair.I), Name(result, pair.J)])]);
        screen.Dim($"{shown.Length} of {Numbers.Count(pairs.Length)} pairs{(result.Sentences.Count > result.CosineAfterLastLayer.Count ? $" of the first {result.CosineAfterLastLayer.Count} sentences" : "")}");
    }

    private static string Name(ContextualWordResult result, int sentence) => Tokens.OneLine(result.Sentences[sentence].Text ?? "", 42);

    private static string SiteName(int site) => site == 0 ? "embedding" : FormattableString.Invariant($"layer {site - 1}");
}
