using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>"Sequence": one pre-tokenizer after the other, each on the pieces of the one before.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<IPreTokenizer> parts) : IPreTokenizer
{
    /// <summary>The pre-tokenizers in order.</summary>
    public IReadOnlyList<IPreTokenizer> Parts => parts;

    public void Apply(PieceList pieces)
    {
        foreach (IPreTokenizer part in parts)
            part.Apply(pieces);
    }
}
