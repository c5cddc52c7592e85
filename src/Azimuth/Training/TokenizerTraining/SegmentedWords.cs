namespace Azimuth.Training.TokenizerTraining;

/// <summary>Words as the tokens they are made of so far. Words only get shorter, so each keeps its place in one array.</summary>
internal sealed class SegmentedWords
{
    private readonly int[] _symbols;
    private readonly int[] _starts;

    /// <summary>Takes over the words.</summary>
    /// <param name="symbols">Tokens of all words, one word behind the other.</param>
    /// <param name="lengths">[word]: its number of tokens.</param>
    /// <param name="counts">[word]: how often it occurs.</param>
    public SegmentedWords(int[] symbols, int[] lengths, long[] counts)
    {
        (_symbols, Lengths, Counts) = (symbols, lengths, counts);
        _starts = new int[lengths.Length];
        for (int i = 1; i < lengths.Length; i++)
            _starts[i] = _starts[i - 1] + lengths[i - 1];
    }

    /// <summary>[word]: its number of tokens now.</summary>
    public int[] Lengths { get; }

    /// <summary>[word]: how often it occurs.</summary>
    public long[] Counts { get; }

    /// <summary>A word's tokens.</summary>
    public Span<int> Word(int index) => _symbols.AsSpan(_starts[index], Lengths[index]);

    /// <summary>Tokens of all words, one word behind the other, without the gaps that merging leaves.</summary>
    public int[] Symbols()
    {
        int[] symbols = new int[Lengths.Sum()];
        for (int i = 0, at = 0; i < Lengths.Length; at += Lengths[i++])
            Word(i).CopyTo(symbols.AsSpan(at));
        return symbols;
    }
}
