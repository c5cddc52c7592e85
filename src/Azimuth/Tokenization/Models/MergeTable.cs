using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Models;

/// <summary>
/// Which pairs of symbols merge, how early, and into what. Lower ranks merge first. Filled once, then immutable and thread-safe.
/// </summary>
internal sealed class MergeTable(int capacity)
{
    /// <summary>The rank of a pair that does not merge.</summary>
    public const int None = int.MaxValue;

    private readonly PairTable<(int Rank, int Result)> _pairs = new(capacity);

    /// <summary>Number of pairs.</summary>
    public int Count => _pairs.Count;

    /// <summary>Adds a pair; false when it is already there, which keeps its rank.</summary>
    public bool TryAdd(int left, int right, int rank, int result) => _pairs.TryAdd(left, right, (rank, result));

    /// <summary>Gives a pair a new rank, adding it if need be: where a file lists a pair twice, the later line counts.</summary>
    public void Set(int left, int right, int rank, int result) => _pairs.Set(left, right, (rank, result));

    /// <summary>The rank of the pair, or <see cref="None"/>.</summary>
    public int Rank(int left, int right, out int result)
    {
        bool isFound = _pairs.TryGet(left, right, out (int Rank, int Result) merge);
        result = isFound ? merge.Result : -1;
        return isFound ? merge.Rank : None;
    }
}
