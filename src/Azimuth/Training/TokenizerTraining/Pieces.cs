using System.Text;
using Azimuth.Tokenization.Text;

namespace Azimuth.Training.TokenizerTraining;

/// <summary>The pieces of a unigram model in the making, with the natural logarithm of each one's probability, and a trie to find them in words.</summary>
internal sealed class Pieces
{
    private readonly PointTrie _trie = new();

    /// <summary>Takes over the pieces.</summary>
    /// <param name="texts">[piece]: its code points, all different.</param>
    /// <param name="scores">[piece].</param>
    public Pieces(int[][] texts, double[] scores)
    {
        (Texts, Scores) = (texts, scores);
        for (int id = 0; id < texts.Length; id++)
            _trie.TryAdd(texts[id], id);
    }

    /// <summary>[piece]: its code points.</summary>
    public int[][] Texts { get; }

    /// <summary>[piece]: the natural logarithm of its probability.</summary>
    public double[] Scores { get; }

    /// <summary>Number of pieces.</summary>
    public int Count => Texts.Length;

    /// <summary>A piece's text.</summary>
    public string Text(int id) => CodePoints.Text(Texts[id]);

    /// <summary>Adds every piece that lies in a word, by rising starts, then rising ends.</summary>
    public void Find(ReadOnlySpan<int> word, List<Edge> edges)
    {
        edges.Clear();
        for (int start = 0; start < word.Length; start++)
        {
            int node = PointTrie.Root;
            for (int end = start; end < word.Length && (node = _trie.Step(node, word[end])) != PointTrie.None; end++)
            {
                if (_trie.Value(node) is >= 0 and int id)
                    edges.Add(new Edge(start, end + 1, id));
            }
        }
    }

    /// <summary>The code points of UTF-8 bytes.</summary>
    public static int[] Points(ReadOnlySpan<byte> text) => CodePoints.Of(Encoding.UTF8.GetString(text));
}

/// <summary>A piece at its place in a word.</summary>
internal readonly record struct Edge(int Start, int End, int Piece);
