using System.Text.Json.Serialization;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Transformers.Tracing;

/// <summary>What the direct path predicts after a token, beside what the whole model does with that token as its only prompt.</summary>
public static class Bigrams
{
    /// <summary>Tokens whose logits are held at a time: [64, vocab] floats, three times.</summary>
    private const int Together = 64;

    /// <summary>One token by the direct path, by the first MLP, and by the whole model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="id">The token.</param>
    /// <param name="top">How many next tokens to name, 1 or more.</param>
    /// <exception cref="NotSupportedException">The model has no direct path (<see cref="DirectPath.Obstacle"/>).</exception>
    /// <exception cref="ArgumentOutOfRangeException">No such token, or a count below 1.</exception>
    public static TokenBigrams Of(LanguageModel model, int id, int top)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.RequireCausal();
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        float[] direct = DirectPath.Logits(model, [id], withFirstMlp: false).Values, byMlp = DirectPath.Logits(model, [id], withFirstMlp: true).Values;
        float[] actual = model.NextLogits([id]);
        return new TokenBigrams
        {
            Token = new TokenRef(id, model.TokenEmbedding.Text(id)),
            Direct = Path(direct),
            WithFirstMlp = Path(byMlp),
            Actual = Path(actual),
            Conventions = ConventionsOf(model),
        };

        BigramPath Path(float[] logits) => new()
        {
            Top = Predictions.Top(model.Unembedding, logits, top),
            OwnRank = TopK.Rank(logits, id),
            OwnProbability = Math.Exp(logits[id] - Softmax.LogSumExp(logits)),
            KlFromActualNats = Predictions.Divergence(actual, logits),
        };
    }

    /// <summary>Many tokens, in a few shares and means.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ids">The tokens, at least one.</param>
    /// <param name="progress">The share of tokens done.</param>
    /// <param name="cancellation">Checked between portions of tokens.</param>
    /// <exception cref="NotSupportedException">The model has no direct path (<see cref="DirectPath.Obstacle"/>).</exception>
    /// <exception cref="ArgumentException">No tokens, or one outside the table.</exception>
    public static BigramSummary Summarise(LanguageModel model, IReadOnlyList<int> ids, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.RequireCausal();
        ArgumentNullException.ThrowIfNull(ids);
        if (ids.Count == 0)
            throw new ArgumentException("at least one token is needed, found none", nameof(ids));
        PathSums direct = new(ids.Count), byMlp = new(ids.Count), actual = new(ids.Count);
        for (int first = 0; first < ids.Count; first += Together)
        {
            cancellation.ThrowIfCancellationRequested();
            int[] some = [.. ids.Skip(first).Take(Together)];
            Matrix straight = DirectPath.Logits(model, some, withFirstMlp: false), through = DirectPath.Logits(model, some, withFirstMlp: true);
            IReadOnlyList<float[]> whole = model.NextLogits([.. some.Select(id => new[] { id })]);
            model.Workers.Run(some.Length, i =>
            {
                direct.Add(first + i, some[i], straight.Row(i), whole[i]);
                byMlp.Add(first + i, some[i], through.Row(i), whole[i]);
                actual.Add(first + i, some[i], whole[i], whole[i]);
            });
            progress?.Report((double)(first + some.Length) / ids.Count);
        }

        return new BigramSummary { Tokens = ids.Count, Direct = direct.Share(), WithFirstMlp = byMlp.Share(), Actual = actual.Share(), Conventions = ConventionsOf(model) };
    }

    /// <summary>Different random ids of a vocabulary, ascending; all of them where there are no more.</summary>
    /// <param name="vocabSize">Ids are below this.</param>
    /// <param name="count">How many, 1 or more.</param>
    /// <param name="seed">Which.</param>
    public static int[] Sample(int vocabSize, int count, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        int[] ids = [.. Enumerable.Range(0, vocabSize)];
        count = Math.Min(count, vocabSize);
        new SeededRandom(seed).Shuffle<int>(ids, count);
        int[] chosen = ids[..count];
        Array.Sort(chosen);
        return chosen;
    }

    private static Conventions ConventionsOf(LanguageModel model) => new()
    {
        NaturalLog = true,
        Tied = model.IsTied,
        StoredType = model.Unembedding.Rows.Type.ToString(),
        FinalNormApplied = model.Config.FinalNorm is not null,
        Notes =
        [
            "direct: softmax(U · finalNorm(x)), x = the token's vector" + (model.Config.Embedding.Norm is null ? "" : " after the embedding's norm") + ", no position",
            "withFirstMlp: softmax(U · finalNorm(x + m)), m = what the first block's MLP adds to x, with the block's own norms and scale, its attention left out",
            "actual: the whole model, the token alone at position 0",
            "KL(actual | path); rank 1 is highest, equal values by lower id",
        ],
    };

    /// <summary>Figures of one path, token by token; each place is written by one thread.</summary>
    private sealed class PathSums(int count)
    {
        private readonly double[] _divergence = new double[count];
        private readonly bool[] _own = new bool[count], _agrees = new bool[count];

        public void Add(int index, int id, ReadOnlySpan<float> logits, ReadOnlySpan<float> actual)
        {
            int best = TopK.Largest(logits, 1)[0].Index;
            _own[index] = best == id;
            _agrees[index] = best == TopK.Largest(actual, 1)[0].Index;
            _divergence[index] = Predictions.Divergence(actual, logits);
        }

        public BigramShares Share()
        {
            double[] sorted = [.. _divergence.Order()];
            return new BigramShares
            {
                OwnFirst = _own.Count(own => own) / (double)count,
                AgreesWithActual = _agrees.Count(agrees => agrees) / (double)count,
                KlMeanNats = _divergence.Sum() / count,
                KlMedianNats = count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2,
            };
        }
    }
}

/// <summary>What follows one token, by three paths.</summary>
public sealed record TokenBigrams
{
    /// <summary>The token.</summary>
    public required TokenRef Token { get; init; }

    /// <summary>Past every block.</summary>
    public required BigramPath Direct { get; init; }

    /// <summary>By the first block's MLP, past everything else.</summary>
    public required BigramPath WithFirstMlp { get; init; }

    /// <summary>The whole model, the token as its only prompt.</summary>
    public required BigramPath Actual { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();
}

/// <summary>One path's prediction.</summary>
public sealed record BigramPath
{
    /// <summary>The most probable next tokens.</summary>
    public required IReadOnlyList<TokenProbability> Top { get; init; }

    /// <summary>Rank of the token itself.</summary>
    public required int OwnRank { get; init; }

    /// <summary>Probability of the token itself.</summary>
    public required double OwnProbability { get; init; }

    /// <summary>Kullback–Leibler divergence of this path's distribution from the whole model's; 0 for the whole model.</summary>
    public required double KlFromActualNats { get; init; }
}

/// <summary>The three paths over many tokens.</summary>
public sealed record BigramSummary
{
    /// <summary>How many tokens.</summary>
    public required int Tokens { get; init; }

    /// <summary>Past every block.</summary>
    public required BigramShares Direct { get; init; }

    /// <summary>By the first block's MLP, past everything else.</summary>
    public required BigramShares WithFirstMlp { get; init; }

    /// <summary>The whole model, each token as its only prompt.</summary>
    public required BigramShares Actual { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();
}

/// <summary>One path's predictions over many tokens.</summary>
public sealed record BigramShares
{
    /// <summary>Share of tokens after which the token itself is the most probable.</summary>
    public required double OwnFirst { get; init; }

    /// <summary>Share of tokens after which the most probable token is the whole model's.</summary>
    public required double AgreesWithActual { get; init; }

    /// <summary>Mean divergence from the whole model's distribution.</summary>
    public required double KlMeanNats { get; init; }

    /// <summary>Median of the same.</summary>
    public required double KlMedianNats { get; init; }
}
