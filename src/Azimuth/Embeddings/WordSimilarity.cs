using System.Text.Json.Serialization;
using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>How well cosines follow people's judgements on one set of word pairs.</summary>
public sealed record WordSimilarity
{
    /// <summary>The set's name.</summary>
    public required string Name { get; init; }

    /// <summary>Pairs in the file.</summary>
    public required int PairsInFile { get; init; }

    /// <summary>Pairs of which both words have a row with a direction.</summary>
    public required int PairsUsed { get; init; }

    /// <summary>The others.</summary>
    public required int OutOfVocabulary { get; init; }

    /// <summary><see cref="OutOfVocabulary"/> as a share of the pairs in the file, 0 to 1.</summary>
    public required double OutOfVocabularyShare { get; init; }

    /// <summary>Rank correlation over the pairs used; NaN where it is undefined.</summary>
    public required double Spearman { get; init; }

    /// <summary>Its two-sided p-value by Student's t.</summary>
    public required double SpearmanPValue { get; init; }

    /// <summary>Linear correlation over the pairs used.</summary>
    public required double Pearson { get; init; }

    /// <summary>Its two-sided p-value by Student's t.</summary>
    public required double PearsonPValue { get; init; }

    /// <summary>Over all pairs, those out of vocabulary with similarity 0 (gensim's <c>dummy4unknown</c>).</summary>
    public required double SpearmanDummy4unknown { get; init; }

    /// <summary>Over all pairs, those out of vocabulary with similarity 0.</summary>
    public required double PearsonDummy4unknown { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();

    /// <summary>Measures a table on a set.</summary>
    /// <param name="set">Word pairs with scores.</param>
    /// <param name="words">Which row stands for a word.</param>
    public static WordSimilarity Of(SimilaritySet set, WordIndex words)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(words);
        double?[] cosines = [.. set.Pairs.Select(pair => Cosine(words, pair))];
        double[] all = [.. set.Pairs.Select(pair => pair.Score)];
        double[] used = [.. all.Where((_, i) => cosines[i] is not null)], found = [.. cosines.OfType<double>()];
        double[] dummy = [.. cosines.Select(cosine => cosine ?? 0)];
        double spearman = Correlation.Spearman(used, found), pearson = Correlation.Pearson(used, found);
        int missing = all.Length - used.Length;
        return new WordSimilarity
        {
            Name = set.Name,
            PairsInFile = all.Length,
            PairsUsed = used.Length,
            OutOfVocabulary = missing,
            OutOfVocabularyShare = (double)missing / all.Length,
            Spearman = spearman,
            SpearmanPValue = Correlation.PValue(spearman, used.Length),
            Pearson = pearson,
            PearsonPValue = Correlation.PValue(pearson, used.Length),
            SpearmanDummy4unknown = Correlation.Spearman(all, dummy),
            PearsonDummy4unknown = Correlation.Pearson(all, dummy),
            Conventions = Conventions.OfTable(words.Table, "cosine against human score", words.Convention, "equal values share their mean rank") with { Angles = null },
        };
    }

    private static double? Cosine(WordIndex words, SimilarityPair pair)
    {
        if (words.Find(pair.First) is not int first || words.Find(pair.Second) is not int second)
            return null;
        double? cosine = Vectors.Cosine(words.Table.Vector(first), words.Table.Vector(second));
        return cosine is double value && double.IsFinite(value) ? value : null;
    }
}
