using System.Numerics.Tensors;
using Azimuth.Numerics;
using BenchmarkDotNet.Attributes;

namespace Azimuth.Benchmarks;

/// <summary>Exact ten best rows of a table of GPT-2's size; the baseline scores every row and sorts them all.</summary>
[MemoryDiagnoser]
public class RowTopKBenchmarks
{
    private const int Rows = 50257, Columns = 768;

    private readonly Workers _workers = new();
    private float[] _table = [];
    private StoredMatrix _rows = null!;

    [Params(1, 100)]
    public int Queries { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _table = Data.Random((long)Rows * Columns, 1);
        _rows = StoredMatrix.FromFloats(_table, Rows, Columns);
    }

    [GlobalCleanup]
    public void Cleanup() => _workers.Dispose();

    [Benchmark(Baseline = true)]
    public int[] ScoreAndSort()
    {
        int[] best = [];
        for (int q = 0; q < Queries; q++)
        {
            var scores = new float[Rows];
            int query = q;
            _workers.Run(Rows / 128 + 1, part =>
            {
                for (int r = 128 * part; r < Math.Min(Rows, 128 * part + 128); r++)
                    scores[r] = -TensorPrimitives.Dot(_table.AsSpan(r * Columns, Columns), _table.AsSpan(query * Columns, Columns));
            });
            int[] order = [.. Enumerable.Range(0, Rows)];
            Array.Sort(scores, order);
            best = order[..10];
        }

        return best;
    }

    [Benchmark]
    public Scored[][] Largest() => RowScores.Largest(_table.AsSpan(0, Queries * Columns), Queries, _rows, 10, _workers);
}

/// <summary>What the geometry of a table costs: EᵀE in double, and its eigenvalues.</summary>
[MemoryDiagnoser]
public class TableGeometryBenchmarks
{
    private readonly Workers _workers = new();
    private StoredMatrix _rows = null!;
    private Gram _gram = null!;

    [Params("49152x576", "50257x768")]
    public string Table { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        int[] sizes = [.. Table.Split('x').Select(part => int.Parse(part, System.Globalization.CultureInfo.InvariantCulture))];
        _rows = Data.Matrix(sizes[0], sizes[1], 1);
        _gram = Gram.Of(_rows, _workers);
    }

    [GlobalCleanup]
    public void Cleanup() => _workers.Dispose();

    [Benchmark(Baseline = true)]
    public Gram Products() => Gram.Of(_rows, _workers);

    [Benchmark]
    public double[] Eigenvalues() => SymmetricEigen.ValuesOf(_gram.Products, _gram.Columns, _workers);

    [Benchmark]
    public SymmetricEigen Eigenvectors() => SymmetricEigen.Decompose(_gram.Products, _gram.Columns, _workers);
}
