namespace Azimuth.Training.TokenizerTraining;

/// <summary>Two neighbouring tokens that became one.</summary>
/// <param name="Left">Id of the first.</param>
/// <param name="Right">Id of the second.</param>
/// <param name="Count">How often the pair stood in the corpus just before, overlapping ones too.</param>
public readonly record struct Merge(int Left, int Right, long Count);
