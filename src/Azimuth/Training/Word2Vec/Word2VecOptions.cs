using System.Text.Json.Nodes;
using Azimuth.Training.Corpora;

namespace Azimuth.Training.Word2Vec;

/// <summary>Settings of <see cref="Word2VecTrainer"/>. Defaults are those of the original program where it and gensim agree.</summary>
public sealed record Word2VecOptions
{
    /// <summary>Numbers in a vector; at least 1.</summary>
    public int Dimensions { get; init; } = 100;

    /// <summary>Words to each side at most: every position draws its own width from 1 to this.</summary>
    public int Window { get; init; } = 5;

    /// <summary>False: each context word predicts the word in the middle (skip-gram). True: the mean of the context words does (CBOW).</summary>
    public bool Cbow { get; init; }

    /// <summary>False: the word is told from words drawn at random. True: it is found by its path in a Huffman tree of the vocabulary.</summary>
    public bool HierarchicalSoftmax { get; init; }

    /// <summary>Words drawn for each prediction; without effect in a hierarchical softmax. At least 1.</summary>
    public int Negatives { get; init; } = 5;

    /// <summary>
    /// True: skip-gram draws negatives anew for each pair of words and learns one pair after the other, as the original program does. False: it draws them once for each position, and all
    /// context words of it, in groups of sixteen, are told from the same ones at once (Ji et al. 2016, "Parallelizing word2vec in shared and distributed memory").
    /// </summary>
    public bool NegativesPerPair { get; init; }

    /// <summary>Passes over the corpus.</summary>
    public int Epochs { get; init; } = 5;

    /// <summary>Learning rate of the first word; it falls in a straight line to <see cref="LastRate"/>.</summary>
    public double Rate { get; init; } = 0.025;

    /// <summary>Learning rate behind the last word.</summary>
    public double LastRate { get; init; } = 0.0001;

    /// <summary>Words more frequent than this share of the corpus are left out at random; 0 for none.</summary>
    public double Sample { get; init; } = 1e-3;

    /// <summary>Start of the random numbers.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How the vocabulary is made.</summary>
    public VocabularyOptions Vocabulary { get; init; } = new();

    /// <summary>All of it and the number of threads, in a fixed order: what a run is recognised by.</summary>
    public JsonObject Settings(int threads, JsonArray corpus) => new()
    {
        ["corpus"] = corpus,
        ["model"] = Cbow ? "cbow" : "skip-gram",
        ["loss"] = HierarchicalSoftmax ? "hierarchical softmax" : "negative sampling",
        ["dimensions"] = Dimensions,
        ["window"] = Window,
        ["negatives"] = HierarchicalSoftmax ? null : Negatives,
        ["negativesPerPair"] = HierarchicalSoftmax || Cbow ? null : NegativesPerPair,
        ["epochs"] = Epochs,
        ["rate"] = Rate,
        ["lastRate"] = LastRate,
        ["sample"] = Sample,
        ["minCount"] = Vocabulary.MinCount,
        ["maxVocabulary"] = Vocabulary.MaxWords,
        ["phrases"] = Vocabulary.PhrasePasses,
        ["phraseThreshold"] = Vocabulary.PhrasePasses > 0 ? Vocabulary.PhraseThreshold : null,
        ["seed"] = Seed,
        ["threads"] = Word2VecTrainer.Blocks(this, threads),
    };
}
