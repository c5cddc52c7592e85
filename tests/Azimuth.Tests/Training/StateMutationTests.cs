using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints.WordVectors;
using Azimuth.Training;
using Azimuth.Training.Corpora;
using Azimuth.Training.Glove;
using Azimuth.Training.LanguageModels;
using Azimuth.Training.TokenizerTraining;
using Azimuth.Training.Word2Vec;
using TemporaryFolder = Azimuth.Tests.Checkpoints.TemporaryFolder;

namespace Azimuth.Tests.Training;

/// <summary>
/// A run whose files were damaged goes on, or is refused in a sentence: no other exception, no hang, no memory out of proportion. The environment variable AZIMUTH_FUZZ says how many of
/// each kind; what takes a few seconds when it is not set.
/// </summary>
public sealed class StateMutationTests : IDisposable
{
    private const long FreeBytes = 64 << 20, BytesPerByte = 100;
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(10);
    private static readonly string[] OddValues = ["\"5\"", "-1", "1.5", "null", "true", "[]", "{}", "9223372036854775807", "9223372036854775808", "1e999", "0", "1", "2", "\"\\ud800\"", "\"counting\"", "\"learning\""];
    private readonly TemporaryFolder _folder = new();
    private readonly Workers _workers = new(1);

    public static TheoryData<string, int> Kinds => new()
    {
        { "word2vec", 1500 }, { "glove", 1500 }, { "glove pairs", 800 }, { "bpe", 3000 }, { "wordpiece", 3000 }, { "unigram", 3000 }, { "counting", 1000 }, { "lm", 800 }, { "log", 1500 },
    };

    public void Dispose()
    {
        _workers.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_damaged_run_goes_on_or_is_refused(string kind, int usual)
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("AZIMUTH_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : usual;
        (string[] names, Action goOn) = Begin(kind);
        byte[][] whole = Array.ConvertAll(names, name => File.ReadAllBytes(_folder.File(name)));
        goOn();
        Restore(names, whole);
        (int worked, int refused) = (0, 0);
        var clock = Stopwatch.StartNew();
        for (int number = 0; number < count; number++)
        {
            var mutations = new Mutations(number);
            int file = mutations.Below(names.Length);
            byte[] damaged = Damaged(names[file], whole[file], whole, mutations);
            Replace(names[file], damaged);
            long before = GC.GetAllocatedBytesForCurrentThread(), begun = Stopwatch.GetTimestamp();
            bool works = Works(goOn, $"{kind}, mutation {number} of {names[file]}");
            long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(bytes <= FreeBytes + (BytesPerByte * damaged.Length), $"{kind}, mutation {number} of {names[file]}: {bytes} bytes allocated for {damaged.Length}");
            Assert.True(Stopwatch.GetElapsedTime(begun) < Hang, $"{kind}, mutation {number} of {names[file]}: {Stopwatch.GetElapsedTime(begun)}");
            (worked, refused) = works ? (worked + 1, refused) : (worked, refused + 1);
            Restore(kind == "log" ? names : [names[file]], kind == "log" ? whole : [whole[file]]);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {count} runs, {worked} went on, {refused} were refused, in {clock.Elapsed.TotalSeconds:F1} s");
        // Damage that never does harm, or always, would test nothing.
        Assert.InRange(worked, 1, count - 1);
        Assert.InRange(refused, 1, count - 1);
    }

    private static bool Works(Action goOn, string what)
    {
        try
        {
            goOn();
            return true;
        }
        catch (Exception e) when (e is CheckpointFormatException or IOException or TrainingException or NotSupportedException)
        {
            Assert.InRange(e.Message.Length, 10, 3000);
            return false;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{what}: {e.GetType().Name}: {e.Message}", e);
        }
    }

    private static byte[] Damaged(string name, byte[] file, byte[][] others, Mutations mutations)
    {
        if (mutations.Chance(2))
            return mutations.Of(file, others);
        byte[] damaged = [.. file];
        if (name.EndsWith(".json", StringComparison.Ordinal) && JsonNode.Parse(file) is JsonObject json)
        {
            string key = mutations.Pick([.. json.Select(pair => pair.Key)]);
            return Encoding.UTF8.GetBytes("{" + string.Join(',', json.Select(pair => $"{JsonValue.Create(pair.Key)!.ToJsonString()}:{(pair.Key == key ? mutations.Pick(OddValues) : pair.Value?.ToJsonString() ?? "null")}")) + "}");
        }

        // A number behind the header, where there is one.
        int begin = name.EndsWith(".safetensors", StringComparison.Ordinal) ? 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(file) : 0;
        if (damaged.Length - begin < 4)
            return mutations.Of(file, others);
        int at = begin + (4 * mutations.Below((damaged.Length - begin) / 4));
        BinaryPrimitives.WriteInt32LittleEndian(damaged.AsSpan(at), mutations.Pick([-1, 0, 1, 2, 3, 7, 300, 100_000, int.MaxValue, int.MinValue, 0x7FC00000, 0x7F800000]));
        return damaged;
    }

    private void Restore(string[] names, byte[][] contents)
    {
        for (int i = 0; i < names.Length; i++)
            Replace(names[i], contents[i]);
    }

    // Another file: the one before may still be mapped.
    private void Replace(string name, byte[] content)
    {
        File.Delete(_folder.File(name));
        _folder.Write(name, content);
    }

    /// <summary>The files to damage, and what is done with them.</summary>
    private (string[] Names, Action GoOn) Begin(string kind) => kind switch
    {
        "word2vec" => Word2Vec(),
        "glove" => Glove(["state.json", "state.safetensors", "corpus.words", "corpus.ids", "pairs"], prepare: false),
        "glove pairs" => Glove(["corpus.words", "corpus.ids"], prepare: true),
        "lm" => LanguageModel(),
        "log" => Log(),
        "counting" => Tokenizer(TokenizerModel.Bpe, 1),
        _ => Tokenizer(kind switch { "bpe" => TokenizerModel.Bpe, "wordpiece" => TokenizerModel.WordPiece, _ => TokenizerModel.Unigram }, 4),
    };

    private string Corpus() => _folder.Write("text.txt", string.Concat(Enumerable.Range(0, 60).Select(i => $"the {i % 7} word of {i % 5} lines and the {i % 3} of wörds 日本\n")));

    private TrainingText Text(VocabularyOptions options) => TrainingText.Prepare(TextCorpus.Open([Corpus()]), options with { MinCount = 1 }, _folder.Path, _workers, cancellation: TestContext.Current.CancellationToken);

    private void Save(ITrainer trainer, int steps)
    {
        for (int i = 0; i < steps && !trainer.Finished; i++)
            trainer.Advance();
        trainer.Save(_folder.Path);
    }

    private static void GoOn(ITrainer trainer)
    {
        for (int i = 0; i < 4 && !trainer.Finished; i++)
            trainer.Advance();
        trainer.Read();
    }

    private (string[] Names, Action GoOn) Word2Vec()
    {
        var options = new Word2VecOptions { Dimensions = 4, Epochs = 3, Sample = 0 };
        using (var trainer = Word2VecTrainer.Begin(Text(options.Vocabulary), options, _workers))
            Save(trainer, 1);
        return (["state.json", "state.safetensors", "corpus.words", "corpus.ids"], () =>
        {
            using var trainer = Word2VecTrainer.Open(_folder.Path, TrainingText.Open(_folder.Path)!, options, _workers);
            GoOn(trainer);
        }
        );
    }

    private (string[] Names, Action GoOn) Glove(string[] names, bool prepare)
    {
        var options = new GloveOptions { Dimensions = 4, Epochs = 3, Window = 3, MemoryBytes = 1 << 22 };
        TrainingText text = Text(options.Vocabulary);
        using (var trainer = GloveTrainer.Begin(GlovePairs.Prepare(text, options, _folder.Path, _workers), options, _workers))
            Save(trainer, 1);
        return (names, () =>
        {
            TrainingText opened = TrainingText.Open(_folder.Path)!;
            GlovePairs pairs = prepare ? GlovePairs.Prepare(opened, options, _folder.Path, _workers) : GlovePairs.Open(opened, _folder.Path, _workers)!;
            using GloveTrainer trainer = prepare ? GloveTrainer.Begin(pairs, options, _workers) : GloveTrainer.Open(_folder.Path, pairs, options, _workers);
            GoOn(trainer);
        }
        );
    }

    private (string[] Names, Action GoOn) Tokenizer(TokenizerModel model, int steps)
    {
        TextCorpus corpus = TextCorpus.Open([Corpus()]);
        TokenizerTrainingOptions options = new() { Model = model, VocabSize = model == TokenizerModel.Bpe ? 280 : 60 };
        using (var trainer = new TokenizerTrainer(corpus, options, _workers))
            Save(trainer, steps);
        return (["state.json", "state.safetensors", "state.safetensors"], () =>
        {
            using var trainer = new TokenizerTrainer(corpus, options, _workers, _folder.Path);
            GoOn(trainer);
            if (trainer.Finished)
                Assert.NotEmpty(trainer.Result.Tokens);
        }
        );
    }

    private (string[] Names, Action GoOn) LanguageModel()
    {
        ModelSource source = ModelSource.New(new ModelShape { Architecture = "llama", Layers = 1, Width = 8, Heads = 2, Context = 8 }, TestFiles.Model("novels-gpt"));
        var settings = new LanguageModelSettings { Batch = 1, Length = 8, Rate = new LearningRate { Peak = 0.01, Lowest = 0.001, WarmUpSteps = 1, Steps = 3 } };
        TokenSpool spool = TokenSpool.Create(_folder.File("tokens.bin"), TextCorpus.Open([Corpus()]), source.Tokenizer, source.Config.VocabSize, _workers);
        using (var trainer = LanguageModelTrainer.Begin(source, spool, settings, _workers))
            Save(trainer, 1);
        return (["state.json", "state.safetensors", "tokens.bin", "config.json"], () =>
        {
            using var trainer = LanguageModelTrainer.Resume(_folder.Path, ModelSource.Of(Azimuth.Transformers.LanguageModel.Load(_folder.Path, _workers), _folder.Path), TokenSpool.Open(_folder.File("tokens.bin")), settings, _workers);
            GoOn(trainer);
        }
        );
    }

    private (string[] Names, Action GoOn) Log()
    {
        var recipe = new TrainingRecipe("word2vec", new JsonObject { ["seed"] = 1, ["corpus"] = new JsonArray("a", 2) });
        var table = new TableReading
        {
            Rows = 2,
            NormMean = 1,
            NormQuantiles = new Dictionary<string, double> { ["0.5"] = 1 },
            MeanPairwiseCosine = 0.5,
            IsoScore = null,
            Neighbors = [new WatchedWord("a", [new WordCosine("b", 0.5)])],
        };
        using (var run = TrainingRun.Begin(_folder.File("run"), recipe))
        {
            for (int step = 1; step < 4; step++)
                run.Log(new TrainingReading { Step = step, Stage = "training", Done = 0.1 * step, Unit = "words", Items = step, LossNats = 2, Table = table });
            run.Save(2, () => 1, _ => { });
        }

        return (["run/log.jsonl", "run/step-000000002/place.json"], () =>
        {
            Assert.All(TrainingLog.Read(_folder.File("run")).Readings, reading => Assert.NotNull(reading.Stage));
            TrainingRun.Resume(_folder.File("run"), recipe).Dispose();
        }
        );
    }
}
