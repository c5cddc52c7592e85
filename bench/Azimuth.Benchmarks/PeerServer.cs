using System.Diagnostics;
using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Training.Corpora;
using Azimuth.Training.LanguageModels;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Benchmarks;

/// <summary>
/// Times one case at a time for a script that times a peer in turn. A line "NAME ARGUMENTS… REPETITIONS" is answered by the milliseconds of each
/// repetition on one line; the first line of a case also prepares it, outside the times. Threads: as many as asked for, or as the machine has processors when 0.
/// </summary>
internal static class PeerServer
{
    public static void Run(TextReader requests, TextWriter answers, int threads)
    {
        var cases = new Dictionary<string, Action>(StringComparer.Ordinal);
        var cleanup = new List<Action>();
        var workers = new Workers(threads);
        try
        {
            for (string? line = requests.ReadLine(); line is not null; line = requests.ReadLine())
            {
                string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                int[] numbers = [.. words.Skip(1).Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
                string name = string.Join(' ', words[..^1]);
                if (!cases.TryGetValue(name, out var action))
                {
                    cases[name] = action = Prepare(words[0], numbers, workers, cleanup);
                    action();
                }

                var times = new double[numbers[^1]];
                for (int i = 0; i < times.Length; i++)
                {
                    long start = Stopwatch.GetTimestamp();
                    action();
                    times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                }

                answers.WriteLine(string.Join(' ', times.Select(t => t.ToString("F4", CultureInfo.InvariantCulture))));
                answers.Flush();
            }
        }
        finally
        {
            cleanup.ForEach(action => action());
            workers.Dispose();
        }
    }

    private static Action Prepare(string name, int[] sizes, Workers workers, List<Action> cleanup)
    {
        switch (name)
        {
            case "product": // rows outputs inputs
                {
                    var packed = PackedMatrix.Pack(Data.Matrix(sizes[1], sizes[2], 1));
                    float[] input = Data.Random((long)sizes[0] * sizes[2], 2), output = new float[sizes[0] * sizes[1]];
                    return () => MatrixProduct.Multiply(input, sizes[0], packed, [], output, workers);
                }

            case "topk": // queries rows columns
                {
                    float[] table = Data.Random((long)sizes[1] * sizes[2], 1);
                    var rows = StoredMatrix.FromFloats(table, sizes[1], sizes[2]);
                    return () => RowScores.Largest(table.AsSpan(0, sizes[0] * sizes[2]), sizes[0], rows, 10, workers);
                }

            case "gram": // rows columns
                {
                    var rows = Data.Matrix(sizes[0], sizes[1], 1);
                    return () => Gram.Of(rows, workers);
                }

            case "eigen": // order
                {
                    var gram = Gram.Of(Data.Matrix(4 * sizes[0], sizes[0], 1), workers);
                    return () => SymmetricEigen.Decompose(gram.Products, sizes[0], workers);
                }

            case "svd": // order
                {
                    double[] matrix = Array.ConvertAll(Data.Random((long)sizes[0] * sizes[0], 1), v => (double)v);
                    return () => SingularValues.Of(matrix, sizes[0], sizes[0], workers);
                }

            case "forward": // tokens; every residual stream of 124M parameters of GPT-2's shape
                {
                    string folder = Data.Gpt2Folder();
                    cleanup.Add(() => Directory.Delete(folder, recursive: true));
                    var model = LanguageModel.Load(folder, workers);
                    int[] ids = Data.Ids(sizes[0], model.Config.VocabSize);
                    return () => model.Trace(ids, TraceSites.Residuals | TraceSites.FinalNorm);
                }

            case "decode": // context; tokens; SmolLM2 in Q4_1
                {
                    var model = LanguageModel.Load(KnownModels.DefaultName, workers);
                    int[] ids = Data.Ids(sizes[0] + sizes[1], model.Config.VocabSize);
                    var cache = model.CreateCache(ids.Length);
                    var logits = new float[model.Config.VocabSize];
                    return () =>
                    {
                        if (cache.Length == 0)
                            model.NextLogits(ids.AsSpan(0, sizes[0]), cache, logits);
                        cache.Truncate(sizes[0]);
                        for (int i = sizes[0]; i < ids.Length; i++)
                            model.NextLogits(ids.AsSpan(i, 1), cache, logits);
                    };
                }

            case "prompt": // tokens; SmolLM2 in Q4_1
                {
                    var model = LanguageModel.Load(KnownModels.DefaultName, workers);
                    int[] ids = Data.Ids(sizes[0], model.Config.VocabSize);
                    return () => model.NextLogits(ids);
                }

            case "train": // sequences length; a step of AdamW on 3.5M parameters of GPT-2's shape
                {
                    string folder = Directory.CreateTempSubdirectory("azimuth").FullName, novels = KnownModels.Resolve("novels-gpt");
                    var source = ModelSource.New(new ModelShape { Architecture = "gpt2", Layers = 6, Width = 192, Heads = 6, Context = 256 }, novels);
                    var corpus = TokenSpool.Create(Path.Combine(folder, "ids"), TextCorpus.Open([Path.Combine(novels, "heldout.txt")]), source.Tokenizer, source.Config.VocabSize, workers);
                    var settings = new LanguageModelSettings { Batch = sizes[0], Length = sizes[1], Rate = new LearningRate { Shape = RateShape.Constant, Peak = 1e-3, Steps = long.MaxValue } };
                    var trainer = LanguageModelTrainer.Begin(source, corpus, settings, workers);
                    cleanup.Add(() =>
                    {
                        trainer.Dispose();
                        Directory.Delete(folder, recursive: true);
                    });
                    return trainer.Advance;
                }

            default:
                throw new ArgumentException($"case {name} is unknown: expected product, topk, gram, eigen, forward, decode, prompt or train", nameof(name));
        }
    }
}
