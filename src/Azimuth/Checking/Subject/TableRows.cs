using System.Buffers.Binary;
using System.Numerics;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Checking;

/// <summary>What one pass over a table gave: a length and a hash for each row, sixteen bytes beside a row of thousands.</summary>
internal sealed class TableRows
{
    private readonly double[] _norms;
    private readonly ulong[] _hashes;
    private readonly Lazy<IReadOnlyList<int[]>> _duplicates;

    private TableRows(FoundTable found, double[] norms, ulong[] hashes)
    {
        (Tensor, Matrix, _norms, _hashes) = (found.Tensor, found.Matrix, norms, hashes);
        _duplicates = new Lazy<IReadOnlyList<int[]>>(FindDuplicates);
    }

    /// <summary>The tensor's name, or the file's.</summary>
    public string Tensor { get; }

    public StoredMatrix Matrix { get; }

    public int Count => _norms.Length;

    /// <summary>Length of each row; NaN or infinite where a value is.</summary>
    public IReadOnlyList<double> Norms => _norms;

    /// <summary>Rows that are zero in every value.</summary>
    public IEnumerable<int> ZeroRows => Enumerable.Range(0, Count).Where(id => _norms[id] == 0);

    /// <summary>Rows with a value that is NaN or infinite.</summary>
    public IEnumerable<int> NonFiniteRows => Enumerable.Range(0, Count).Where(id => !double.IsFinite(_norms[id]));

    /// <summary>Rows with the same stored bytes, two or more each, lowest id first; rows of zeros are left out.</summary>
    public IReadOnlyList<int[]> Duplicates => _duplicates.Value;

    public static TableRows Scan(FoundTable found, CheckSubject subject)
    {
        subject.Say($"reading {found.Tensor}", 0);
        StoredMatrix matrix = found.Matrix;
        var norms = new double[matrix.Rows];
        var hashes = new ulong[matrix.Rows];
        int columns = matrix.Columns;
        TableScan.Run(matrix, subject.Workers, (first, count, rows) =>
        {
            for (int i = 0; i < count; i++)
            {
                norms[first + i] = Vectors.Norm(rows.Slice(i * columns, columns));
                hashes[first + i] = Hash(matrix.Bytes.Span((first + i) * matrix.RowBytes, (int)matrix.RowBytes));
            }
        }, subject.Cancellation);
        GC.KeepAlive(matrix.Bytes);
        return new TableRows(found, norms, hashes);
    }

    /// <summary>Mean of chosen rows [model]; zeros when there are none. Sums have a fixed order.</summary>
    public double[] Mean(IReadOnlyList<int> ids)
    {
        var mean = new double[Matrix.Columns];
        var row = new float[Matrix.Columns];
        foreach (int id in ids)
        {
            Matrix.ReadRow(id, row);
            for (int c = 0; c < row.Length; c++)
                mean[c] += row[c];
        }

        for (int c = 0; c < mean.Length && ids.Count > 0; c++)
            mean[c] /= ids.Count;
        return mean;
    }

    /// <summary>Equal bytes have equal hashes; whether the reverse holds is looked at afterwards.</summary>
    private IReadOnlyList<int[]> FindDuplicates()
    {
        int[] ids = [.. Enumerable.Range(0, Count)];
        Array.Sort([.. _hashes], ids);
        var groups = new List<int[]>();
        for (int from = 0, to; from < ids.Length; from = to)
        {
            for (to = from + 1; to < ids.Length && _hashes[ids[to]] == _hashes[ids[from]];)
                to++;
            if (to - from > 1 && _norms[ids[from]] != 0)
                groups.AddRange(Classes(ids[from..to]));
        }

        return [.. groups.OrderBy(g => g[0])];
    }

    private IEnumerable<int[]> Classes(int[] sameHash)
    {
        int[] left = [.. sameHash.Order()];
        while (left.Length > 1)
        {
            ReadOnlySpan<byte> first = Bytes(left[0]);
            var same = new List<int>();
            var other = new List<int>();
            foreach (int id in left)
                (Bytes(id).SequenceEqual(first) ? same : other).Add(id);
            if (same.Count > 1)
                yield return [.. same];
            left = [.. other];
        }
    }

    private ReadOnlySpan<byte> Bytes(int id) => Matrix.Bytes.Span(id * Matrix.RowBytes, (int)Matrix.RowBytes);

    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        const ulong Prime = 0x9E3779B185EBCA87;
        ulong hash = (ulong)bytes.Length;
        for (; bytes.Length >= 8; bytes = bytes[8..])
            hash = BitOperations.RotateLeft((hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes)) * Prime, 31);
        foreach (byte b in bytes)
            hash = (hash ^ b) * Prime;
        return hash ^ (hash >> 29);
    }
}
