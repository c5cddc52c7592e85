namespace Azimuth.Training.Word2Vec;

/// <summary>
/// The Huffman tree of a vocabulary, as the original program builds it: for each word the inner nodes on its way from the root and the bit of the turn taken at each (Morin and Bengio 2005;
/// Mikolov et al. 2013, section 2.1). There is one inner node fewer than words; the root is the last.
/// </summary>
internal sealed class HuffmanCodes
{
    private readonly int[] _starts, _steps;

    /// <summary>Builds the tree.</summary>
    /// <param name="counts">Of the words, in falling order.</param>
    public HuffmanCodes(IReadOnlyList<long> counts)
    {
        int words = counts.Count;
        (int[] parents, bool[] second) = Build(counts);
        _starts = new int[words + 1];
        var steps = new List<int>();
        var way = new Stack<int>();
        for (int word = 0; word < words; word++)
        {
            for (int node = word; node < 2 * words - 2; node = parents[node])
                way.Push((parents[node] - words) << 1 | (second[node] ? 0 : 1));
            steps.AddRange(way);
            way.Clear();
            _starts[word + 1] = steps.Count;
        }

        _steps = [.. steps];
    }

    /// <summary>From the root on: 2 · inner node + label each, the label being 1 − bit, which is what a step of the training takes.</summary>
    public ReadOnlySpan<int> Path(int word) => _steps.AsSpan(_starts[word], _starts[word + 1] - _starts[word]);

    /// <summary>The parent of each word and inner node, and whether it is the second of the two.</summary>
    private static (int[] Parents, bool[] Second) Build(IReadOnlyList<long> counts)
    {
        int words = counts.Count;
        var weights = new long[Math.Max(1, 2 * words - 1)];
        var parents = new int[weights.Length];
        var second = new bool[weights.Length];
        for (int i = 0; i < words; i++)
            weights[i] = counts[i];
        // The rarest word not taken yet, and the lightest inner node not taken yet: both rows are in order already.
        int word = words - 1, inner = words;
        for (int made = words; made < weights.Length; made++)
        {
            weights[made] = long.MaxValue;
            int a = Take(), b = Take();
            weights[made] = checked(weights[a] + weights[b]);
            parents[a] = parents[b] = made;
            second[b] = true;

            // On a tie the inner node goes before the word.
            int Take() => word >= 0 && (inner >= made || weights[word] < weights[inner]) ? word-- : inner++;
        }

        return (parents, second);
    }
}
