using System.Numerics;

namespace Azimuth.Tokenization.Text;

/// <summary>Strings of code points, each with a number, walked one code point at a time. Filled once, then thread-safe.</summary>
internal sealed class PointTrie
{
    /// <summary>Where every walk starts.</summary>
    public const int Root = 0;

    /// <summary>No node, or no string that ends at a node.</summary>
    public const int None = -1;

    private readonly PairTable<int> _children = new(16);
    private readonly List<int> _values = [None];

    /// <summary>Whether no string was added.</summary>
    public bool IsEmpty => _values.Count == 1;

    /// <summary>Adds a string; where it is there already, the number it has stays. False for that, and for the empty string.</summary>
    public bool TryAdd(ReadOnlySpan<int> text, int value)
    {
        int node = Root;
        foreach (int point in text)
        {
            if (_children.TryAdd(node, point, _values.Count))
                _values.Add(None);
            node = Step(node, point);
        }

        if (node == Root || _values[node] != None)
            return false;
        _values[node] = value;
        return true;
    }

    /// <summary>The node one code point on, or <see cref="None"/>.</summary>
    public int Step(int node, int point) => _children.TryGet(node, point, out int child) ? child : None;

    /// <summary>The number of the string that ends at a node, or <see cref="None"/>.</summary>
    public int Value(int node) => _values[node];

    /// <summary>The number of the longest string <paramref name="text"/> begins with, or <see cref="None"/> with a length of 0.</summary>
    public int Longest<T>(ReadOnlySpan<T> text, out int length) where T : unmanaged, IBinaryInteger<T>
    {
        int found = None, node = Root;
        length = 0;
        for (int at = 0; at < text.Length; at++)
        {
            node = Step(node, int.CreateTruncating(text[at]));
            if (node == None)
                break;
            if (_values[node] != None)
                (found, length) = (_values[node], at + 1);
        }

        return found;
    }
}
