using Azimuth.Checkpoints;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Models;

/// <summary>The error for text that a vocabulary cannot spell when it has no unknown token either: the reference libraries refuse such a text too.</summary>
internal static class UnknownWord
{
    private const int Shown = 40;

    /// <summary>The error, naming the word and the file.</summary>
    public static CheckpointFormatException Error(string file, ReadOnlySpan<int> word, string? unknownToken)
    {
        string shown = VisibleText.Show(CodePoints.Text(word[..Math.Min(word.Length, Shown)])) + (word.Length > Shown ? "…" : "");
        string instead = unknownToken is null ? "names no unknown token" : $"lacks its unknown token \"{VisibleText.Show(unknownToken)}\" too";
        return new CheckpointFormatException(
            file, $"the text has \"{shown}\", which the vocabulary lacks, and it {instead}; encode other text, or use a tokenizer with an unknown token.", kind: "UnknownTokenMissing");
    }
}
