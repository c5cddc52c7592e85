using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Transformers.Tracing;

/// <summary>
/// One word in many sentences: how much its vector depends on where it stands (Ethayarajh 2019, "How Contextual are Contextualized Word Representations?"). A word
/// of several tokens is looked at on its last one, the first place where all of it has been read; in each sentence its last occurrence counts.
/// </summary>
public static class ContextualWord
{
    private const TraceSites Kept = TraceSites.Embedding | TraceSites.ResidPost;

    /// <summary>The cosine matrix grows with the square of the sentences.</summary>
    private const int ShownSentences = 32;

    /// <summary>Runs every sentence once and compares the word's vectors at the embedding and after each layer.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sentences">At least two, each with the word's last token marked.</param>
    /// <param name="options">Size and seed of the baseline.</param>
    /// <param name="progress">The share of sentences run.</param>
    /// <param name="cancellation">Checked between the sentences.</param>
    /// <exception cref="ArgumentException">Less than two sentences, a position outside one, different tokens there, an id outside the table, or a sentence beyond the context.</exception>
    public static ContextualWordResult Measure(
        LanguageModel model, IReadOnlyList<WordInSentence> sentences, ContextualWordOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.RequireCausal();
        ArgumentNullException.ThrowIfNull(sentences);
        options ??= new ContextualWordOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.BaselineTokens, nameof(options));
        int id = Check(sentences);
        Place[] sampled = Sample(sentences, id, options);
        ILookup<int, int> bySentence = Enumerable.Range(0, sampled.Length).ToLookup(i => sampled[i].Sentence);
        int sites = model.Config.LayerCount + 1, width = model.Config.ModelDim, shown = Math.Min(sentences.Count, ShownSentences);
        UnitSum[] words = [.. Enumerable.Range(0, sites).Select(_ => new UnitSum(width))];
        Matrix[] others = [.. Enumerable.Range(0, sites).Select(_ => new Matrix(sampled.Length, width))]; // each [sampled token, model]
        var last = new Matrix(shown, width);
        float[] staticRow = model.Parts.TokenVector(id);
        var angles = new double[sites];
        for (int s = 0; s < sentences.Count; s++)
        {
            Trace trace = model.Trace(sentences[s].Ids.ToArray(), Kept, cancellation);
            int position = sentences[s].Position;
            for (int site = 0; site < sites; site++)
            {
                Matrix rows = site == 0 ? trace.Embedding : trace.Residual(TraceSites.ResidPost, site - 1);
                words[site].Add(rows.Row(position));
                angles[site] += (Vectors.AngleDegrees(rows.Row(position), staticRow) ?? double.NaN) / sentences.Count;
                foreach (int i in bySentence[s])
                    rows.Row(sampled[i].Position).CopyTo(others[site].Row(i));
                if (site == sites - 1 && s < shown)
                    rows.Row(position).CopyTo(last.Row(s));
            }

            progress?.Report((s + 1.0) / sentences.Count);
        }

        (int A, int B)[] pairs = Pairs(sampled);
        double[]? baseline = pairs.Length == 0 ? null : new double[sites];
        if (baseline is not null)
            model.Workers.Run(sites, site => baseline[site] = pairs.Average(pair => Vectors.Cosine(others[site].Row(pair.A), others[site].Row(pair.B)) ?? double.NaN));
        double[] self = [.. words.Select(sum => sum.MeanPairwiseCosine)];
        return new ContextualWordResult
        {
            Token = new TokenRef(id, model.TokenEmbedding.Text(id)),
            Sentences = sentences,
            SelfSimilarity = self,
            AngleToStaticRowMean = angles,
            Baseline = baseline,
            Adjusted = baseline is null ? null : [.. self.Zip(baseline, (own, random) => own - random)],
            BaselineTokens = sampled.Length,
            BaselinePairs = pairs.Length,
            Seed = options.Seed,
            CosineAfterLastLayer = Cosines(last),
            Conventions = ConventionsOf(sampled.Length, pairs.Length, options.Seed),
        };
    }

    private static double?[][] Cosines(Matrix rows)
    {
        var cosines = new double?[rows.Rows][];
        for (int i = 0; i < cosines.Length; i++)
            cosines[i] = [.. Enumerable.Range(0, rows.Rows).Select(j => Vectors.Cosine(rows.Row(i), rows.Row(j)))];
        return cosines;
    }

    private static Conventions ConventionsOf(int tokens, int pairs, ulong seed) => new()
    {
        Angles = "degrees",
        FinalNormApplied = false,
        Notes =
        [
            "selfSimilarity: mean cosine of all pairs of sentences; index 0 is the embedding, index L + 1 after layer L",
            "the word's last token, its last occurrence in each",
            "static row: the token's row as it enters the model, without position and norm",
            FormattableString.Invariant($"baseline: {tokens} random other tokens, {pairs} pairs, seed {seed}"),
            "baseline pairs: different ids from different sentences, none the word's, none at position 0 (which many models use as a sink with a vector of its own)",
        ],
    };

    private static int Check(IReadOnlyList<WordInSentence> sentences)
    {
        if (sentences.Count < 2)
            throw new ArgumentException($"a word is compared between at least two sentences, found {sentences.Count}", nameof(sentences));
        foreach (WordInSentence sentence in sentences)
        {
            if ((uint)sentence.Position >= (uint)sentence.Ids.Count)
                throw new ArgumentException($"position {sentence.Position} is outside a sentence of {sentence.Ids.Count} tokens", nameof(sentences));
            if (sentence.Ids[sentence.Position] != sentences[0].Ids[sentences[0].Position])
                throw new ArgumentException($"the same token expected in every sentence, found {sentences[0].Ids[sentences[0].Position]} and {sentence.Ids[sentence.Position]}", nameof(sentences));
        }

        return sentences[0].Ids[sentences[0].Position];
    }

    /// <summary>Random other tokens: what any two tokens have in common at a layer is no property of the word.</summary>
    private static Place[] Sample(IReadOnlyList<WordInSentence> sentences, int id, ContextualWordOptions options)
    {
        Place[] places = [.. sentences.SelectMany((sentence, s) => Enumerable.Range(1, Math.Max(0, sentence.Ids.Count - 1))
            .Where(p => sentence.Ids[p] != id).Select(p => new Place(s, p, sentence.Ids[p])))];
        int count = Math.Min(options.BaselineTokens, places.Length);
        new SeededRandom(options.Seed).Shuffle<Place>(places, count);
        return places[..count];
    }

    private static (int A, int B)[] Pairs(Place[] places)
    {
        var pairs = new List<(int, int)>();
        for (int a = 0; a < places.Length; a++)
        {
            for (int b = a + 1; b < places.Length; b++)
            {
                if (places[a].Sentence != places[b].Sentence && places[a].Id != places[b].Id)
                    pairs.Add((a, b));
            }
        }

        return [.. pairs];
    }

    private readonly record struct Place(int Sentence, int Position, int Id);

    /// <summary>Adds up unit vectors, from which the mean cosine of all pairs follows: (|Σu|² − n)/(n(n − 1)).</summary>
    private sealed class UnitSum(int width)
    {
        private readonly double[] _sum = new double[width];
        private int _count;

        public double MeanPairwiseCosine => _count < 2 ? double.NaN : (TensorPrimitives.SumOfSquares<double>(_sum) - _count) / ((double)_count * (_count - 1));

        /// <summary>A zero vector has no direction and is left out.</summary>
        public void Add(ReadOnlySpan<float> vector)
        {
            double norm = Vectors.Norm(vector);
            if (norm == 0)
                return;
            _count++;
            for (int i = 0; i < _sum.Length; i++)
                _sum[i] += vector[i] / norm;
        }
    }
}

/// <summary>A sentence and where the word's last token stands in it.</summary>
/// <param name="Text">As it was given; null where ids were.</param>
/// <param name="Ids">As they are run.</param>
/// <param name="Position">Of the word's last token, from 0.</param>
public sealed record WordInSentence(string? Text, IReadOnlyList<int> Ids, int Position)
{
    /// <summary>
    /// Finds a word's tokens in a sentence's, last occurrence first: null where they do not follow each other anywhere.
    /// </summary>
    /// <param name="text">The sentence, kept for showing.</param>
    /// <param name="ids">Its tokens.</param>
    /// <param name="word">The word's tokens, at least one.</param>
    public static WordInSentence? Find(string? text, IReadOnlyList<int> ids, IReadOnlyList<int> word)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(word);
        ArgumentOutOfRangeException.ThrowIfZero(word.Count, nameof(word));
        for (int first = ids.Count - word.Count; first >= 0; first--)
        {
            int same = 0;
            while (same < word.Count && ids[first + same] == word[same])
                same++;
            if (same == word.Count)
                return new WordInSentence(text, ids, first + word.Count - 1);
        }

        return null;
    }
}

/// <summary>Size and seed of the baseline.</summary>
public sealed record ContextualWordOptions
{
    /// <summary>Random other tokens, all pairs of which are compared; 0 for no baseline.</summary>
    public int BaselineTokens { get; init; } = 200;

    /// <summary>Which random tokens.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>A word's vectors compared between sentences, at the embedding (index 0) and after each layer.</summary>
public sealed record ContextualWordResult
{
    /// <summary>The token looked at: the word's last.</summary>
    public required TokenRef Token { get; init; }

    /// <summary>The sentences, in the order of <see cref="CosineAfterLastLayer"/>.</summary>
    public required IReadOnlyList<WordInSentence> Sentences { get; init; }

    /// <summary>Mean cosine of all pairs of sentences [embedding, after layer 0, …]; 1 where the context changes nothing.</summary>
    public required IReadOnlyList<double> SelfSimilarity { get; init; }

    /// <summary>Mean angle to the token's own row, in degrees [embedding, after layer 0, …].</summary>
    public required IReadOnlyList<double> AngleToStaticRowMean { get; init; }

    /// <summary>Mean cosine of random other tokens [embedding, after layer 0, …]; null where the sentences hold no such pair.</summary>
    public required IReadOnlyList<double>? Baseline { get; init; }

    /// <summary>Self-similarity less the baseline; null without one.</summary>
    public required IReadOnlyList<double>? Adjusted { get; init; }

    /// <summary>Random other tokens of the baseline.</summary>
    public required int BaselineTokens { get; init; }

    /// <summary>Pairs of them from different sentences with different ids, which the baseline is a mean of.</summary>
    public required int BaselinePairs { get; init; }

    /// <summary>Which random tokens.</summary>
    public required ulong Seed { get; init; }

    /// <summary>After the last layer, of the first 32 sentences: [sentence][sentence], null where a vector has no direction.</summary>
    public required IReadOnlyList<IReadOnlyList<double?>> CosineAfterLastLayer { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public Conventions Conventions { get; init; } = new();
}
