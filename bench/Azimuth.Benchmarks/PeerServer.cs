using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Training.Corpora;
using Azimuth.Training.LanguageModels;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Benchmarks;

/// <summary>
/// Times one case at a time for a script that times a peer in turn. A line "NAME ARGUMENTS… REPETITIONS" is answered by the milliseconds of each repetition on one line; the first line of a case
/// also prepares it, outside the times. With 0 repetitions the answer is a few numbers of the result, for the peer's to be compared with. Threads: as many as asked for, or as the machine has
/// processors when 0. An argument that is no number is a path, without blanks.
/// </summary>
internal static class PeerServer
{
    public static void Run(TextReader requests, TextWriter answers, int threads)
    {
        var cases = new Dictionary<string, Func<double[]>>(StringComparer.Ordinal);
        var cleanup = new List<Action>();
        var workers = new Workers(threads);
        try
        {
            for (string? line = requests.ReadLine(); line is not null; line = requests.ReadLine())
            {
                string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                string name = string.Join(' ', words[..^1]);
                bool isNew = !cases.TryGetValue(name, out var action);
                if (isNew)
                    cases[name] = action = Prepare(words[0], words[1..^1], workers, cleanup);
                double[] result = isNew || words[^1] == "0" ? action!() : [];
                answers.WriteLine(string.Join(' ', (words[^1] == "0" ? result : Times(action!, int.Parse(words[^1], CultureInfo.InvariantCulture))).Select(value => value.ToString("R", CultureInfo.InvariantCulture))));
                answers.Flush();
            }
        }
        finally
        {
            cleanup.ForEach(action => action());
            workers.Dispose();
        }
    }

    private static double[] Times(Func<double[]> action, int repetitions)
    {
        var times = new double[repetitions];
        for (int i = 0; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        return times;
    }

    private static Func<double[]> Prepare(string name, string[] arguments, Workers workers, List<Action> cleanup)
    {
        int[] sizes = [.. arguments.Where(word => char.IsAsciiDigit(word[0])).Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
        if (PeerTables.Prepare(name, sizes, workers) is { } ofTable)
            return ofTable;
        if (PeerTexts.Prepare(name, arguments, workers, cleanup) is { } ofText)
            return ofText;
        string path = arguments.FirstOrDefault(word => !char.IsAsciiDigit(word[0])) ?? KnownModels.DefaultName;
        switch (name)
        {
            case "product": // rows outputs inputs
                {
                    var packed = PackedMatrix.Pack(Data.Matrix(sizes[1], sizes[2], 1));
                    float[] input = Data.Random((long)sizes[0] * sizes[2], 2), output = new float[sizes[0] * sizes[1]];
                    return () =>
                    {
                        MatrixProduct.Multiply(input, sizes[0], packed, [], output, workers);
                        return First(output);
                    };
                }

            case "topk": // queries rows columns
                {
                    float[] table = Data.Random((long)sizes[1] * sizes[2], 1);
                    var rows = StoredMatrix.FromFloats(table, sizes[1], sizes[2]);
                    return () => [.. RowScores.Largest(table.AsSpan(0, sizes[0] * sizes[2]), sizes[0], rows, 10, workers)[^1].Select(scored => (double)scored.Index)];
                }

            case "gram": // rows columns
                {
                    var rows = Data.Matrix(sizes[0], sizes[1], 1);
                    return () => Gram.Of(rows, workers).Products[..8];
                }

            case "eigen": // order
                {
                    var gram = Gram.Of(Data.Matrix(4 * sizes[0], sizes[0], 1), workers);
                    return () => SymmetricEigen.Decompose(gram.Products, sizes[0], workers).Values[..8];
                }

            case "svd": // order
                {
                    double[] matrix = Array.ConvertAll(Data.Random((long)sizes[0] * sizes[0], 1), v => (double)v);
                    return () => SingularValues.Of(matrix, sizes[0], sizes[0], workers).Values[..8];
                }

            case "read": // mebibytes
                {
                    float[] values = Data.Random((long)sizes[0] << 18, 1);
                    return () => [Sum(values, workers)];
                }

            case "forward": // tokens folder; every residual stream of 124M parameters of GPT-2's shape; the folder is made where it is missing
                {
                    if (arguments.Length < 2)
                        throw new ArgumentException("forward: expected a number of tokens and a folder for the model's 498 MB, found no folder");
                    if (!Directory.Exists(path))
                        Data.Gpt2Folder(path);
                    var model = LanguageModel.Load(path, workers);
                    int[] ids = Data.Ids(sizes[0], model.Config.VocabSize);
                    return () => First(model.Trace(ids, TraceSites.Residuals | TraceSites.FinalNorm).FinalNorm.Row(ids.Length - 1));
                }

            case "batch": // context tokens texts model; texts side by side, the most probable token goes on; texts begin with different tokens
                {
                    var model = LanguageModel.Load(path, workers);
                    int[] ids = Data.Ids(sizes[0] + sizes[2], model.Config.VocabSize);
                    KeyValueCache[] caches = [.. Enumerable.Range(0, sizes[2]).Select(_ => model.CreateCache(sizes[0] + sizes[1]))];
                    var logits = new Matrix(sizes[2], model.Config.VocabSize);
                    return () =>
                    {
                        if (caches[0].Length == 0)
                            model.NextLogits([.. caches.Select((_, i) => ids[i..(i + sizes[0] - 1)])], caches, logits);
                        foreach (KeyValueCache cache in caches)
                            cache.Truncate(sizes[0] - 1);
                        int[][] last = [.. caches.Select((_, i) => new[] { ids[i + sizes[0] - 1] })];
                        var made = new List<double>();
                        for (int i = 0; i < sizes[1]; i++)
                        {
                            model.NextLogits(last, caches, logits);
                            last = [.. caches.Select((_, text) => new[] { TensorPrimitives.IndexOfMax<float>(logits.Row(text)) })];
                            made.AddRange(last.Select(id => (double)id[0]));
                        }

                        return [.. made];
                    };
                }

            case "decode": // context tokens model; the most probable token goes on
                {
                    var model = LanguageModel.Load(path, workers);
                    int[] ids = Data.Ids(sizes[0], model.Config.VocabSize);
                    var cache = model.CreateCache(sizes[0] + sizes[1]);
                    var logits = new float[model.Config.VocabSize];
                    return () =>
                    {
                        if (cache.Length == 0)
                            model.NextLogits(ids.AsSpan(0, sizes[0] - 1), cache, logits);
                        cache.Truncate(sizes[0] - 1);
                        var made = new double[sizes[1]];
                        int id = ids[^1];
                        for (int i = 0; i < made.Length; i++)
                        {
                            model.NextLogits([id], cache, logits);
                            made[i] = id = TensorPrimitives.IndexOfMax(logits);
                        }

                        return made;
                    };
                }

            case "prompt": // tokens model
                {
                    var model = LanguageModel.Load(path, workers);
                    int[] ids = Data.Ids(sizes[0], model.Config.VocabSize);
                    return () =>
                    {
                        float[] logits = model.NextLogits(ids);
                        return [TensorPrimitives.IndexOfMax<float>(logits), .. First(logits)];
                    };
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
                    return () =>
                    {
                        trainer.Advance();
                        return [];
                    };
                }

            default:
                throw new ArgumentException($"case {name} is unknown: expected product, topk, gram, eigen, svd, pca, leftinverse, whiten, tokenize, read, forward, decode, prompt or train", nameof(name));
        }
    }

    private static double[] First(ReadOnlySpan<float> values) => [.. values[..8].ToArray().Select(value => (double)value)];

    /// <summary>The sum of all values: as fast as memory is read.</summary>
    private static double Sum(float[] values, Workers workers)
    {
        var sums = new double[workers.ThreadCount];
        workers.Run(sums.Length, part => sums[part] = TensorPrimitives.Sum<float>(values.AsSpan((int)((long)values.Length * part / sums.Length)..(int)((long)values.Length * (part + 1) / sums.Length))));
        return sums.Sum();
    }
}
