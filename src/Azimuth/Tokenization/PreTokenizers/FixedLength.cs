using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>"FixedLength": pieces of so many code points, the last one shorter.</summary>
internal sealed class FixedLength(int length) : IPreTokenizer
{
    public void Apply(PieceList pieces) => pieces.Cut((text, parts) =>
    {
        for (int at = 0; at < text.Length;)
        {
            int end = length < text.Length - at ? at + length : text.Length;
            parts.Add(new TextRange(at, end));
            at = end;
        }
    });
}
