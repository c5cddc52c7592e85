using System.Security.Cryptography;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Vocabulary;

/// <summary>Rows that hold the very same numbers. +0 and −0 are the same number.</summary>
internal static class EqualRows
{
    private const ulong Prime = (1UL << 61) - 1;

    // Nobody knows the key, so that no file can be made whose different rows meet in one group. The answer does not depend on it.
    private static readonly ulong Key = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) % (Prime - (1UL << 33)) + (1UL << 33);

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
                groups.AddRange(Split(matrix, ids, cancellation));
        }

        return [.. groups.OrderBy(group => group[0])];
    }

    /// <summary>Equal hashes are only a hint.</summary>
    private static IEnumerable<int[]> Split(StoredMatrix matrix, int[] ids, CancellationToken cancellation)
    {
        var kinds = new List<(float[] Row, List<int> Ids)>();
        var row = new float[matrix.Columns];
        foreach (int id in ids)
        {
            cancellation.ThrowIfCancellationRequested();
            matrix.ReadRow(id, row);
            int kind = kinds.FindIndex(k => k.Row.AsSpan().SequenceEqual(row));
            if (kind < 0)
                kinds.Add(([.. row], [id]));
            else
                kinds[kind].Ids.Add(id);
        }

        return kinds.Where(kind => kind.Ids.Count > 1).Select(kind => kind.Ids.ToArray());
    }

    /// <summary>
    /// The polynomial of the row's numbers at the key, modulo 2⁶¹ − 1, zero without its sign: two different rows of n numbers agree for at most n of all keys (Carter and
    /// Wegman 1979, "Universal classes of hash functions").
    /// </summary>
    private static ulong Hash(ReadOnlySpan<float> row)
    {
        ulong hash = 0;
        foreach (float value in row)
        {
            ulong high = Math.BigMul(hash, Key, out ulong low);
            ulong sum = (low & Prime) + ((low >> 61) | (high << 3)) + BitConverter.SingleToUInt32Bits(value == 0 ? 0 : value);
            sum = (sum & Prime) + (sum >> 61);
            hash = sum >= Prime ? sum - Prime : sum;
        }

        return hash;
    }
}
