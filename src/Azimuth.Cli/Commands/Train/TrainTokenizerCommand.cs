using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Tokenization;
using Azimuth.Training;
using Azimuth.Training.Corpora;
using Azimuth.Training.TokenizerTraining;

namespace Azimuth.Cli.Commands.Train;

/// <summary><c>azimuth train tokenizer</c>: a vocabulary from plain text.</summary>
internal static class TrainTokenizerCommand
{
    private static readonly Argument<string[]> Corpus = TrainCorpus.Argument("each line with its end is a text");
    private static readonly Option<string?> Out = TrainOptions.OutputFolder();
    private static readonly Option<string> Model = Options.Choice("--model", "byte-level BPE as GPT-2's, WordPiece as BERT's, or the unigram language model", "bpe", "wordpiece", "unigram");
    private static readonly Option<int> VocabSize = Options.WholeNumber("--vocab-size", "N", "tokens in all, special ones and the alphabet too", 2, 1 << 24, 32_000);
    private static readonly Option<int> MinFrequency = Options.WholeNumber("--min-frequency", "N", "pairs that come less often are not merged (bpe and wordpiece)", 1, int.MaxValue, 2);
    private static readonly Option<bool> Lowercase = Options.Flag("--lowercase", "lower case and no accents, as BERT's uncased models (wordpiece)");
    private static readonly Option<int> AlphabetLimit = Options.WholeNumber("--limit-alphabet", "N", "characters that get a token of their own, the most frequent (wordpiece)", 1, 1 << 20, 1000);
    private static readonly Option<string[]> Special = new("--special")
    {
        Description = "a special token, in place of the kind's own; may be repeated, ids are in this order",
        HelpName = "TOKEN",
        AllowMultipleArgumentsPerToken = false,
    };

    public static Verb Create() => Verb.Create(
        "tokenizer",
        "Learns a tokenizer from text: byte-level BPE, WordPiece or Unigram. Words are counted on all threads, then the vocabulary is made of them. The folder opens in every command and in the tokenizers library; the result does not depend on the number of threads.",
        [Corpus, Out, Model, VocabSize, MinFrequency, Lowercase, AlphabetLimit, Special, .. TrainOptions.OfTheRun],
        Run,
        new("azimuth train tokenizer README.md docs -o words --vocab-size 1000", "byte-level BPE: tokenizer.json, vocab.json and merges.txt"),
        new("azimuth train tokenizer docs -o pieces --model wordpiece --vocab-size 1000 --lowercase", "WordPiece, without case"),
        new("azimuth train tokenizer - -o unigram --model unigram --vocab-size 500 --json < README.md", "Unigram from standard input")).WithoutModel("since a tokenizer is learned from text alone");

    private static Task<int> Run(Session session)
    {
        string[] paths = TrainCorpus.Paths(session, Corpus);
        string path = TrainOptions.NewFolder(session, Out);
        TrainCorpus corpus = TrainCorpus.Find(session, paths, path);
        TokenizerTrainingOptions options = Read(session);
        var recipe = new TrainingRecipe("tokenizer", Settings(options, corpus.Identity));
        if (FinishedRun.Show(session, path, recipe) is { } nothingToDo)
            return nothingToDo;
        IReadOnlyList<string> files = [];
        TokenizerTrainer? opened = null;
        (TrainingReading last, string folder) = TrainOptions.Train(session, path, recipe, Open, trainer => files = TokenizerFiles.Write(((TokenizerTrainer)trainer).Result, path));
        TrainedTokenizer trained = opened!.Result;
        if (opened.Replaced.Complaint is { } complaint)
            session.Warn(complaint);
        if (trained.Tokens.Count < options.VocabSize)
            session.Warn(FormattableString.Invariant($"--vocab-size: {options.VocabSize:N0} tokens were asked for and {trained.Tokens.Count:N0} made, as {Scarce(options)}; give more text to get more"));
        var document = new
        {
            Path = path,
            Files = files,
            Run = folder,
            Tokens = trained.Tokens.Count,
            Special = options.Special.Count,
            Merges = trained.Merges.Count,
            LastCount = trained.Merges.Count > 0 ? trained.Merges[^1].Count : (long?)null,
            opened.DifferentWords,
            opened.Words,
            Replaced = opened.Replaced.Count,
            last.Seconds,
        };
        return session.Show(null, Conventions(options), document, screen => Draw(screen, path, files, folder, trained, opened, last));

        ITrainer Open(string? state, string run)
        {
            opened = new TokenizerTrainer(corpus.Open(run), options, session.Workers, state);
            corpus.WarnOfUnread(session);
            return opened;
        }
    }

    private static TokenizerTrainingOptions Read(Session session)
    {
        TokenizerModel model = session.Value(Model) switch { "wordpiece" => TokenizerModel.WordPiece, "unigram" => TokenizerModel.Unigram, _ => TokenizerModel.Bpe };
        foreach (Option option in new Option[] { Lowercase, AlphabetLimit })
        {
            if (session.IsGiven(option) && model != TokenizerModel.WordPiece)
                throw new UsageException($"{option.Name}: expected with --model wordpiece only, found --model {session.Value(Model)}.");
        }

        if (session.IsGiven(MinFrequency) && model == TokenizerModel.Unigram)
            throw new UsageException("--min-frequency: expected with --model bpe or wordpiece only, found --model unigram.");
        var options = new TokenizerTrainingOptions
        {
            Model = model,
            VocabSize = session.Value(VocabSize),
            MinFrequency = session.Value(MinFrequency),
            Lowercase = session.Value(Lowercase),
            AlphabetLimit = session.Value(AlphabetLimit),
            SpecialTokens = session.IsGiven(Special) ? session.Value(Special) : null,
        };
        try
        {
            options.Check();
        }
        catch (ArgumentException problem)
        {
            throw new UsageException($"{(problem.Message.Contains("vocabulary", StringComparison.Ordinal) ? VocabSize.Name : Special.Name)}: {problem.Message}.");
        }

        return options;
    }

    private static JsonObject Settings(TokenizerTrainingOptions options, JsonArray corpus) => new()
    {
        ["model"] = options.Model.ToString(),
        ["vocabSize"] = options.VocabSize,
        ["minFrequency"] = options.MinFrequency,
        ["special"] = new JsonArray([.. options.Special.Select(token => (JsonNode)token)]),
        ["lowercase"] = options.Lowercase,
        ["alphabetLimit"] = options.AlphabetLimit,
        ["corpus"] = corpus,
    };

    private static string Scarce(TokenizerTrainingOptions options) => options.Model == TokenizerModel.Unigram ? "the text has no more pieces"
        : FormattableString.Invariant($"no other pair comes {(options.MinFrequency == 1 ? "in the text" : $"{options.MinFrequency:N0} times (--min-frequency)")}");

    private static Conventions Conventions(TokenizerTrainingOptions options) => new()
    {
        NaturalLog = options.Model == TokenizerModel.Unigram ? true : null,
        Notes = options.Model switch
        {
            TokenizerModel.Unigram => ["scores are ln p"],
            _ => ["of pairs with equal counts the one with the smaller left id, then the smaller right id, is merged first"],
        },
    };

    private static void Draw(Screen screen, string path, IReadOnlyList<string> files, string folder, TrainedTokenizer trained, TokenizerTrainer trainer, TrainingReading last)
    {
        bool merges = trained.Options.Model != TokenizerModel.Unigram;
        screen.Heading($"{trained.Options.Model switch { TokenizerModel.Bpe => "byte-level BPE", TokenizerModel.WordPiece => "WordPiece", _ => "Unigram" }}, {Plural.Of(trained.Tokens.Count, "token")}");
        List<(string, string)> facts =
        [
            ("written", $"{path}: {string.Join(", ", files)}"),
            ("log and saved states", folder),
            ("words", string.Create(CultureInfo.InvariantCulture, $"{trainer.Words:N0}, {trainer.DifferentWords:N0} different")),
        ];
        if (merges)
            facts.Add(("merges", trained.Merges.Count == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{trained.Merges.Count:N0}, the last of a pair that came {Plural.Of(trained.Merges[^1].Count, "time")}")));
        facts.Add(("time", Numbers.Duration(TimeSpan.FromSeconds(last.Seconds))));
        screen.Facts(facts);
        screen.Heading(merges ? "First and last merges" : "Likeliest pieces, and the last");
        int first = merges ? trained.Tokens.Count - trained.Merges.Count : trained.Options.Special.Count;
        int tail = Math.Max(first + 12, trained.Tokens.Count - 8);
        // A piece inside a word says so by its ##; all others are shown as the text they stand for, not in the byte alphabet of the files.
        Tokenizer? tokenizer = trained.Options.Model == TokenizerModel.WordPiece ? null : Tokenizer.Load(path);
        screen.Line(Few(first, Math.Min(first + 12, trained.Tokens.Count)));
        screen.Line(Few(tail, trained.Tokens.Count));

        string Few(int from, int end) => string.Join("  ", Enumerable.Range(from, Math.Max(0, end - from)).Select(id => Tokens.Show(tokenizer?.TokenText(id) ?? trained.Tokens[id])));
    }
}
