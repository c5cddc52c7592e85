namespace Azimuth.Training.Corpora;

/// <summary>Which words get a vector.</summary>
public sealed record VocabularyOptions
{
    /// <summary>Words that are rarer are taken out of the text.</summary>
    public long MinCount { get; init; } = 5;

    /// <summary>At most so many words, the most frequent; null for all.</summary>
    public int? MaxWords { get; init; }

    /// <summary>Only spaces, tabs and the ends of lines part words, as in the original program of GloVe; otherwise all blanks of Unicode do, as in gensim.</summary>
    public bool AsciiBlanks { get; init; }

    /// <summary>Lines are never cut, as in the original program of GloVe; otherwise behind <see cref="TrainingText.LongestLine"/> words, as in gensim.</summary>
    public bool WholeLines { get; init; }

    /// <summary>How often neighbouring words are joined to phrases before training: n passes give phrases of up to 2ⁿ words. 0 for none.</summary>
    public int PhrasePasses { get; init; }

    /// <summary>Score above which two words are joined.</summary>
    public double PhraseThreshold { get; init; } = 100;
}
