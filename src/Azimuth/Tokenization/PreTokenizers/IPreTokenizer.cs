using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>Cuts pieces into smaller ones, or rewrites them; a token never crosses a piece's border. Thread-safe.</summary>
internal interface IPreTokenizer
{
    /// <summary>Refines the pieces in place.</summary>
    void Apply(PieceList pieces);
}
