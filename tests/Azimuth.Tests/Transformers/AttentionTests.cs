using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Running;

namespace Azimuth.Tests.Transformers;

/// <summary>Attention over the cache against the formula written out in double.</summary>
public sealed class AttentionTests : IDisposable
{
    private const int Length = 45;

    private readonly Workers _workers = new(2);

    public static IEnumerable<TheoryDataRow<AttentionConfig>> Configs()
    {
        var plain = new AttentionConfig { HeadCount = 4, KeyValueHeadCount = 4, HeadDim = 16, Scale = 0.25f };
        return new[]
        {
            plain,
            plain with { KeyValueHeadCount = 2 },
            plain with { KeyValueHeadCount = 1, HeadDim = 20 },
            plain with { HeadDim = 12 },
            plain with { HeadCount = 3, KeyValueHeadCount = 3, HeadDim = 80 },
            plain with { Window = 8 },
            plain with { Window = 1 },
            plain with { SoftCap = 0.5f },
            plain with { AlibiSlopes = Alibi.Slopes(4) },
        }.Select(config => new TheoryDataRow<AttentionConfig>(config));
    }

    [Theory]
    [MemberData(nameof(Configs))]
    public void Weights_and_mixed_values_equal_the_formula(AttentionConfig config)
    {
        int width = config.QueryWidth + 2 * config.KeyWidth;
        var random = new SeededRandom(11);
        float[] rows = [.. Enumerable.Range(0, Length * width).Select(_ => (float)(2 * random.NextDouble() - 1))]; // [position, q | k | v]
        float[] heads = new float[Length * config.QueryWidth];
        Matrix[] pattern = [.. Enumerable.Range(0, config.HeadCount).Select(_ => new Matrix(Length, Length))];
        Run(config, rows, width, heads, pattern);
        for (int head = 0; head < config.HeadCount; head++)
        {
            for (int position = 0; position < Length; position++)
            {
                double[] weights = Weights(config, rows, width, head, position);
                Near.Equal($"head {head}, weights of {position}", weights, pattern[head].Row(position), 1e-6);
                Near.Equal(
                    $"head {head}, values of {position}", Mixed(config, rows, width, head, weights),
                    heads.AsSpan(position * config.QueryWidth + head * config.HeadDim, config.HeadDim), 2e-6);
            }
        }
    }

    /// <summary>In two calls, the second of a length that no tile divides.</summary>
    private void Run(AttentionConfig config, float[] rows, int width, float[] heads, Matrix[] pattern)
    {
        var cache = new KeyValueCache(ConfigOf(config), 1);
        var work = new Workspace();
        foreach ((int start, int count) in new[] { (0, 14), (14, Length - 14) })
        {
            cache.Append(new int[count]);
            for (int position = start; position < start + count; position++)
            {
                Span<float> row = rows.AsSpan(position * width, width);
                cache.Store(0, position, row.Slice(config.QueryWidth, config.KeyWidth), row[(config.QueryWidth + config.KeyWidth)..]);
            }

            work.Clear();
            work.Add(cache, start, count);
            work.Attention.Begin(work.Segments);
            var part = new float[count * config.QueryWidth];
            work.Attention.Run(0, config, bias: null, rows[(start * width)..], part, pattern, patternQuery: null, _workers);
            part.CopyTo(heads, start * config.QueryWidth);
        }
    }

    private static double[] Weights(AttentionConfig config, float[] rows, int width, int head, int position)
    {
        int keyHead = head / (config.HeadCount / config.KeyValueHeadCount);
        float[] query = rows[(position * width + head * config.HeadDim)..][..config.HeadDim];
        int low = Math.Max(0, position - (config.Window ?? Length) + 1);
        var scores = new double[Length];
        for (int t = low; t <= position; t++)
        {
            float[] key = rows[(t * width + config.QueryWidth + keyHead * config.HeadDim)..][..config.HeadDim];
            double score = Vectors.DotDouble(query, key) * config.Scale;
            if (config.SoftCap is { } cap)
                score = cap * Math.Tanh(score / cap);
            if (config.AlibiSlopes is { } slopes)
                score -= slopes[head] * (position - t);
            scores[t] = Math.Exp(score);
        }

        double sum = scores.Sum();
        return [.. scores.Select(score => score / sum)];
    }

    private static double[] Mixed(AttentionConfig config, float[] rows, int width, int head, double[] weights)
    {
        int keyHead = head / (config.HeadCount / config.KeyValueHeadCount);
        int at = config.QueryWidth + config.KeyWidth + keyHead * config.HeadDim;
        return [.. Enumerable.Range(0, config.HeadDim).Select(d => weights.Select((w, t) => w * rows[t * width + at + d]).Sum())];
    }

    private static TransformerConfig ConfigOf(AttentionConfig attention) => new()
    {
        Architecture = "test",
        VocabSize = 1,
        ContextLength = Length,
        ModelDim = 8,
        Embedding = new EmbeddingConfig { Dim = 8 },
        FinalNorm = null,
        Output = new OutputConfig { Tied = true },
        Layers =
        [
            new LayerConfig
            {
                Shape = BlockShape.PreNorm,
                Norm = new NormConfig { Kind = NormKind.RmsNorm, Epsilon = 1e-6f },
                Attention = attention,
                Mlp = new MlpConfig { HiddenDim = 8, Activation = Activation.Relu, IsGated = false },
            },
        ],
    };

    public void Dispose() => _workers.Dispose();
}
