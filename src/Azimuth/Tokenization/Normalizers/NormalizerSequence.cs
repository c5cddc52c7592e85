using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Normalizers;

/// <summary>"Sequence": one normalizer after the other.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<INormalizer> parts) : INormalizer
{
    /// <summary>Whether it does nothing.</summary>
    public bool IsEmpty => parts.Count == 0;

    public AlignedText Normalize(AlignedText text) => parts.Aggregate(text, (at, part) => part.Normalize(at));
}
