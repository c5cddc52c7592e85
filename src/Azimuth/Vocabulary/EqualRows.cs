using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Vocabulary;

/// <summary>Rows that hold the very same numbers. +0 and −0 are the same number.</summary>
internal static class EqualRows
{
    /// <summary>Groups of two or more equal rows, each ascending, in the order of their first row.</summary>
    internal static IReadOnlyList<int[]> Find(StoredMatrix matrix, Workers workers, CancellationToken cancellation)
    {
        int columns = matrix.Columns;
        var hashes = new ulong[matrix.Rows];
        TableScan.Run(matrix, workers, (first, count, rows) =>
        {
            for (int i = 0; i < count; i++)
                hashes[first + i] = Hash(rows.Slice(i * columns, columns));
        }, cancellation);
        var groups = new List<int[]>();
        foreach (IGrouping<ulong, int> alike in Enumerable.Range(0, hashes.Length).GroupBy(id => hashes[id]))
        {
            int[] ids = [.. alike];
            if (ids.Length > 1)
                groups.AddRange(Split(matrix, ids));
        }

        return [.. groups.OrderBy(group => group[0])];
    }

    /// <summary>Equal hashes are only a hint.</summary>
    private static IEnumerable<int[]> Split(StoredMatrix matrix, int[] ids)
    {
        var kinds = new List<(float[] Row, List<int> Ids)>();
        foreach (int id in ids)
        {
            float[] row = matrix.Row(id);
            int kind = kinds.FindIndex(k => k.Row.AsSpan().SequenceEqual(row));
            if (kind < 0)
                kinds.Add((row, [id]));
            else
                kinds[kind].Ids.Add(id);
        }

        return kinds.Where(kind => kind.Ids.Count > 1).Select(kind => kind.Ids.ToArray());
    }

    // FNV-1a over the numbers' bits, zero without its sign.
    private static ulong Hash(ReadOnlySpan<float> row)
    {
        ulong hash = 14695981039346656037;
        foreach (float value in row)
            hash = (hash ^ BitConverter.SingleToUInt32Bits(value == 0 ? 0 : value)) * 1099511628211;
        return hash;
    }
}
