using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Vocabulary;

namespace Azimuth.Checking;

/// <summary>What passes over a table gave: the length of each row, and which rows are equal.</summary>
internal sealed class TableRows
{
    private readonly double[] _norms;
    private readonly Lazy<IReadOnlyList<int[]>> _duplicates;

    private TableRows(FoundTable found, double[] norms, CheckSubject subject)
    {
        (Tensor, Matrix, _norms) = (found.Tensor, found.Matrix, norms);
        _duplicates = new Lazy<IReadOnlyList<int[]>>(() => [.. EqualRows.Find(Matrix, subject.Workers, subject.Cancellation).Where(group => norms[group[0]] > 0)]);
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

    /// <summary>Rows with the same numbers, two or more each, lowest id first; rows of zeros and rows that are not finite are left out.</summary>
    public IReadOnlyList<int[]> Duplicates => _duplicates.Value;

    public static TableRows Scan(FoundTable found, CheckSubject subject)
    {
        subject.Say($"reading {found.Tensor}", 0);
        return new TableRows(found, TableScan.Norms(found.Matrix, subject.Workers, subject.Cancellation), subject);
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
}
