#:project ../src/Azimuth/Azimuth.csproj
#:property PublishAot=false

// The whole circle in one file: a text, a tokenizer, vectors of its tokens and their isotropy while they are learned, its repair, neighbours,
// and analogies on pairs that were held out. Every number that is printed is measured here; the text is made up at the end of this file.
//
//     dotnet run -c Release samples/01-whole-circle.cs [NEW-FOLDER]

using System.Runtime.InteropServices;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Training;
using Azimuth.Training.Corpora;
using Azimuth.Training.TokenizerTraining;
using Azimuth.Training.Word2Vec;

string? given = args.FirstOrDefault();
if (Path.Exists(given))
{
    Console.Error.WriteLine($"error: {given}: expected the name of a new folder, found one that is there. Name another, or none for a temporary one.");
    return 2;
}

string folder = (given is null ? Directory.CreateTempSubdirectory("azimuth-circle-") : Directory.CreateDirectory(given)).FullName;
using var workers = new Workers(2); // the order of word2vec's updates depends on the number of threads: with two of them every run gives the same bits
var watch = new TableWatch([], 0, workers);
Relation[] relations = Story.Relations;

Title("1  A text");
string[] text = WriteText(new SeededRandom(1));
double wordsInAll = text.Sum(line => line.Split(' ').Length);
File.WriteAllLines(InFolder("text.txt"), text);
Console.WriteLine($"""
    {text.Length:N0} sentences, {wordsInAll:N0} words, such as: {text[4]}.
    They are about {relations.Length} relations of {relations[0].Pairs.Count} pairs: {string.Join(", ", relations.Select(r => r.Pairs[1]).Select(pair => $"{pair.First}-{pair.Second}"))}, …
    Stated pairs, half of them: {SentencesWithBoth(r => r.Stated)} sentences have both words.
    Held-out pairs, the others: {SentencesWithBoth(r => r.HeldOut)} sentences have both words. All that ties them is what each is told of.
    """);

Title("2  A tokenizer");
Console.WriteLine("tokens   tokens a word   queen        princess          kingdom");
Tokenizer tokenizer = null!;
foreach (int size in new[] { 100, 300, 1000 })
{
    var options = new TokenizerTrainingOptions { Model = TokenizerModel.WordPiece, VocabSize = size };
    using var trainer = new TokenizerTrainer(TextCorpus.Open([InFolder("text.txt")]), options, workers);
    TrainingLoop.Run(trainer, null, new TrainingPace());
    TokenizerFiles.Write(trainer.Result, InFolder($"tokenizer-{size}"));
    tokenizer = Tokenizer.Load(InFolder($"tokenizer-{size}"));
    double tokensAWord = text.Sum(line => Tokens(line).Length) / wordsInAll;
    Console.WriteLine($"{tokenizer.VocabSize,6}   {tokensAWord,13:F2}   {Pieces("queen"),-10}   {Pieces("princess"),-15}   {Pieces("kingdom")}");
}

Console.WriteLine("""
    Pieces that stand together most often are joined first: words of the text become whole, one that is
    not in it (kingdom) stays in pieces. The last tokenizer was to have 1,000 tokens and has fewer: no
    pieces are left that stand together twice. The text is now read as its tokens, and each that comes
    five times or more gets a vector of its own.
    """);

Title("3  Vectors, while they are learned");
Console.WriteLine("passes   loss, nats   mean length   mean cosine   IsoScore");
(EmbeddingTable untrained, EmbeddingTable trained) = Learn("vectors", text, ShowReading);
Console.WriteLine("""
    At random, vectors point everywhere alike: the mean cosine of all pairs is 0, IsoScore near 1. Five
    of six updates say "not this word", and that turns all vectors the same way (Mimno & Thompson 2017).
    Then the words part from each other, but a common direction and a few strong ones stay. To see that
    it is those updates, set Negatives = 1 where this file sets Dimensions.
    """);

Title("4  Repair");
Console.WriteLine("what is done to the vectors                      mean cosine   IsoScore   own kind   stated");
EmbeddingTable repaired = trained;
double best = 0;
foreach (var kind in new[] { RepairKind.Raw, RepairKind.Centre, RepairKind.RemoveComponents, RepairKind.WhitenZca })
{
    TableRepair repair = TableRepair.Fit(trained, new RepairOptions(kind), workers);
    EmbeddingTable table = repair.Apply(trained, workers);
    TableReading shape = watch.Of(table);
    double right = Ask(table, r => AnalogySection.Of(r.Name, Words(r.Stated), Words(r.Stated))).Total.Accuracy;
    Console.WriteLine($"{repair.Description,-46}   {shape.MeanPairwiseCosine,11:F3}   {shape.IsoScore,8:F3}   {OfOwnKind(table),8:P0}   {right,6:P0}");
    if (right > best)
        (repaired, best) = (table, right);
}

Console.WriteLine("""
    Whitening makes IsoScore 1 by definition, so that proves nothing. What counts is what the vectors
    are good for: "own kind" is the share of each word's 5 nearest that are of its relation, "stated"
    that of right analogies among stated pairs. The repair with most of these is taken from here on.
    """);

Title("5  Neighbours by cosine");
foreach (string word in new[] { "calf", "oslo", "wrote" })
{
    Console.WriteLine($"{word,-6} untrained  {Nearest(untrained, word)}");
    Console.WriteLine($"       trained    {Nearest(trained, word)}");
    Console.WriteLine($"       repaired   {Nearest(repaired, word)}");
}

Title("6  Analogies on held-out pairs");
Console.WriteLine($"{"right answers in percent",-49}{string.Concat(relations.Select(r => $"{r.Name,9}"))}      all");
Show("untrained", Ask(untrained, HeldOut));
Show("trained", Ask(trained, HeldOut));
Show("trained and repaired", Ask(repaired, HeldOut));
Show("control: the word nearest to c, without a pair", Ask(repaired, r => AnalogySection.Of(r.Name, [("the", "the")], Words(r.HeldOut))));
Show("control: trained on the same words, shuffled", Ask(Learn("shuffled", Shuffled(new SeededRandom(2)), null).Trained, HeldOut));
double chance = 100.0 / (relations[0].Pairs.Count - 1);
Console.WriteLine($"{"chance: a guess among the relation's second words",-49}{string.Concat(relations.Select(_ => $"{chance,9:F0}"))}{chance,9:F0}");
Pair last = relations[0].HeldOut[^1];
Console.WriteLine($"""
    {relations.Sum(r => HeldOut(r).Questions.Count)} questions: king is to queen (stated) as {last.First} is to … {last.Second} (held out). The answer has to come
    first of all {trained.Count} tokens but the question's own. The controls say that neither being near c nor the
    words' counts suffice: the pair's direction is added to c's, and both come from what words stand
    beside. This text was made for that. In others analogies hold less often: count before you believe.
    """);

Title("7  From here");
TableWriter.Save(InFolder("vectors.vec"), trained, new() { Format = TableFormat.Word2VecText }, workers);
var questions = relations.SelectMany(r => HeldOut(r).Questions.Select(q => $"{q.A} {q.B} {q.C} {q.D}").Prepend($": {r.Name}"));
File.WriteAllLines(InFolder("questions.txt"), questions);
Console.WriteLine($"""
    cd {folder}
    azimuth neighbors oslo -m vectors.vec --whiten
    azimuth eval analogies questions.txt -m vectors.vec
    azimuth tokenize -m tokenizer-1000 --text "the queen of the kingdom"
    """);
return 0;

// Skip-gram with negative sampling over the tokens, as the library has it by default; readings at 0, ½, 1, 2, 4 … passes and at the end.
(EmbeddingTable Untrained, EmbeddingTable Trained) Learn(string run, string[] lines, Action<TrainingReading>? show)
{
    string tokens = Path.Combine(Directory.CreateDirectory(InFolder(run)).FullName, "tokens.txt");
    File.WriteAllLines(tokens, lines.Select(line => string.Join(' ', Tokens(line))));
    var options = new Word2VecOptions { Dimensions = 50, Epochs = 20 };
    TrainingText prepared = TrainingText.Prepare(TextCorpus.Open([tokens]), options.Vocabulary, InFolder(run), workers);
    using var trainer = Word2VecTrainer.Begin(prepared, options, workers);
    EmbeddingTable first = trainer.Table!;
    for (long due = 0; ; trainer.Advance())
    {
        if (trainer.Step >= due || trainer.Finished)
        {
            show?.Invoke(trainer.Read() with { Table = watch.Of(trainer.Table!) });
            due = Math.Max(1, 2 * trainer.Step);
        }

        if (trainer.Finished)
            return (first, trainer.Table!);
    }
}

void ShowReading(TrainingReading reading)
{
    TableReading shape = reading.Table!;
    string bar = new('█', (int)(35 * shape.IsoScore!));
    string learning = $"{reading.Epoch,6:F1}   {reading.LossNats,10:F2}   {shape.NormMean,11:F2}";
    Console.WriteLine($"{learning}   {shape.MeanPairwiseCosine,11:F3}   {shape.IsoScore,8:F3}  {bar}".TrimEnd());
}

AnalogySection HeldOut(Relation relation) => AnalogySection.Of(relation.Name, Words(relation.Stated), Words(relation.HeldOut));

AnalogyAccuracy Ask(EmbeddingTable table, Func<Relation, AnalogySection> section) =>
    AnalogyEvaluation.Run(new AnalogyQuestions("questions", [.. relations.Select(section)]), new WordIndex(table), new(), workers)[0];

void Show(string what, AnalogyAccuracy accuracy) => Console.WriteLine(
    $"{what,-49}{string.Concat(accuracy.Sections.Select(s => $"{100 * s.Counts.Accuracy,9:F0}"))}{100 * accuracy.Total.Accuracy,9:F0}");

IReadOnlyList<Neighbor> FiveNearest(EmbeddingTable table, string word) =>
    Neighbors.Find(table, table.Find(word)!.Value, SimilarityMetric.Cosine, 5, workers).Neighbors;

string Nearest(EmbeddingTable table, string word) => string.Join("  ", FiveNearest(table, word).Select(n => $"{n.Text} {n.Value:F2}"));

double OfOwnKind(EmbeddingTable table) => relations.Select(r => Words(r.Pairs).SelectMany(pair => new[] { pair.First, pair.Second }).ToHashSet())
    .Average(kind => kind.Average(word => FiveNearest(table, word).Count(n => kind.Contains(n.Text)) / 5.0));

string[] Tokens(string line) => tokenizer.Encode(line, addSpecialTokens: false).Tokens;

string Pieces(string word) => string.Join(' ', Tokens(word).Select(token => token.TrimStart('#'))); // ## marks a piece inside a word

string InFolder(string file) => Path.Combine(folder, file);

static (string First, string Second)[] Words(IEnumerable<Pair> pairs) => [.. pairs.Select(pair => (pair.First, pair.Second))];

static void Title(string title) => Console.WriteLine($"\n{title}\n{new string('─', title.Length)}");

int SentencesWithBoth(Func<Relation, IEnumerable<Pair>> pairs) => text.Select(line => line.Split(' ')).Count(words =>
    relations.SelectMany(pairs).Any(pair => words.Contains(pair.First) && words.Contains(pair.Second)));

// 20 sentences about each word and 5 that state each stated pair, in random order.
string[] WriteText(SeededRandom random)
{
    var lines = new List<string>();
    foreach (Relation relation in relations)
    {
        foreach (Pair pair in relation.Pairs)
        {
            for (int i = 0; i < 20; i++)
                lines.AddRange(Sentence(Pick(relation.FirstFrames), pair.First, pair), Sentence(Pick(relation.SecondFrames), pair.Second, pair));
        }

        foreach (Pair pair in relation.Stated)
            lines.AddRange(Enumerable.Range(0, 5).Select(_ => Sentence(relation.Statement, pair.First, pair)));
    }

    random.Shuffle(CollectionsMarshal.AsSpan(lines), lines.Count);
    return [.. lines];

    string Pick(string[] list) => list[random.NextInt32(list.Length)];
    string Sentence(string frame, string word, Pair pair) => $"{frame} {Pick(Story.Endings)}".TrimEnd().Replace("{w}", word, StringComparison.Ordinal)
        .Replace("{v}", pair.Second, StringComparison.Ordinal).Replace("{t}", Pick(pair.Things), StringComparison.Ordinal);
}

// The same words in lines of the same lengths, in random order.
string[] Shuffled(SeededRandom random)
{
    string[] words = [.. text.SelectMany(line => line.Split(' '))];
    random.Shuffle(words.AsSpan(), words.Length);
    int at = 0;
    return [.. text.Select(line => string.Join(' ', line.Split(' ').Select(_ => words[at++])))];
}

/// <summary>Two words, and things that sentences about either of them mention.</summary>
internal sealed record Pair(string First, string Second, string[] Things);

/// <summary>Pairs of one kind; sentences about a first word and about a second ({w}, with a thing {t}); and one that states a pair ({w}, {v}).</summary>
internal sealed record Relation(string Name, string Text, string[] FirstFrames, string[] SecondFrames, string Statement)
{
    public IReadOnlyList<Pair> Pairs { get; } =
        [.. Text.ReplaceLineEndings(" ").Split(", ").Select(pair => pair.Trim().Split(' ')).Select(w => new Pair(w[0], w[1], w[2..]))];

    public IReadOnlyList<Pair> Stated => [.. Pairs.Take(Pairs.Count / 2)];

    public IReadOnlyList<Pair> HeldOut => [.. Pairs.Skip(Pairs.Count / 2)];
}

/// <summary>What the text is about.</summary>
internal static class Story
{
    public static readonly string[] Endings =
        ["", "", "in the morning", "after the rain", "on a windy day", "as everybody knows", "without a word", "and nobody minded"];

    public static readonly Relation[] Relations =
    [
        new("family",
            """
            man woman bread work, king queen crown palace, prince princess castle ball, father mother children supper, uncle aunt cousins visits,
            actor actress stage applause, waiter waitress table menu, wizard witch wand spells, hero heroine battle glory,
            duke duchess manor hounds, nephew niece toys holidays, monk nun prayers chapel, host hostess guests parties,
            emperor empress throne armies, steward stewardess cabin luggage, son daughter school lessons
            """,
            ["he said that the {w} loved his {t}", "the {w} and his {t} made him proud", "his {t} are what the {w} thought of when he sang"],
            ["she said that the {w} loved her {t}", "the {w} and her {t} made her proud", "her {t} are what the {w} thought of when she sang"],
            "the {w} married the {v}"),
        new("young",
            """
            dog puppy bone leash, cat kitten yarn whiskers, cow calf barn milk, horse foal saddle hay, sheep lamb wool shepherd,
            bear cub honey cave, hen chick eggs coop, duck duckling pond reeds, goat kid cliff thistles, pig piglet mud trough,
            frog tadpole swamp lilies, deer fawn forest antlers, owl owlet mice oak, kangaroo joey pouch outback, swan cygnet lake feathers,
            hare leveret clover burrow
            """,
            ["the old {w} guarded the {t}", "a heavy full grown {w} near the {t}", "for years the strong {w} knew the {t}"],
            ["the newborn {w} discovered the {t}", "a tiny playful {w} near the {t}", "for the first time the little {w} saw the {t}"],
            "the {w} feeds its {v}"),
        new("capital",
            """
            italy rome pasta opera, france paris wine cheese, spain madrid bulls guitars, germany berlin sausages engines,
            japan tokyo sushi kimonos, egypt cairo pyramids camels, russia moscow snow vodka, greece athens olives temples,
            england london tea umbrellas, norway oslo fjords skis, cuba havana cigars sugar, peru lima llamas potatoes,
            india delhi spices elephants, austria vienna waltzes violins, ireland dublin whiskey harps, china beijing silk dragons
            """,
            ["the farmers of {w} are known for {t}", "{w} exports {t} across its border", "the whole nation of {w} is fond of {t}"],
            ["the streets of downtown {w} are full of {t}", "the mayor of {w} buys {t}", "at the station of {w} we looked for {t}"],
            "the government of {w} sits in {v}"),
        new("past",
            """
            sing sang songs choirs, drink drank water lemonade, write wrote letters ink, drive drove trucks roads, eat ate apples pies,
            swim swam rivers goggles, throw threw stones darts, fly flew kites planes, build built houses bricks, teach taught pupils grammar,
            catch caught trains thieves, sell sold carpets tickets, draw drew maps portraits, ride rode bicycles ponies,
            win won medals races, dig dug holes wells
            """,
            ["today they {w} and talk about {t}", "we always {w} with {t}", "tomorrow you will {w} because of the {t}"],
            ["yesterday they {w} and talked about {t}", "last year we {w} with {t}", "long ago you {w} because of the {t}"],
            "they {w} as they {v} before"),
    ];
}
