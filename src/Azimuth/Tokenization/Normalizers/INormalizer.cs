using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Normalizers;

/// <summary>Rewrites a stretch of text between added tokens before it is cut; every code point of the result keeps where it came from. Thread-safe.</summary>
internal interface INormalizer
{
    /// <summary>The normalised text; may be <paramref name="text"/> itself when nothing changes.</summary>
    AlignedText Normalize(AlignedText text);
}
