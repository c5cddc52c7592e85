using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>
/// One pass over a table that sums unit rows and partition functions of every repaired form of it. In coordinates along the covariance's eigenvectors,
/// p = V(x − mean), removing components is leaving out the first coordinates and whitening is a factor for each; lengths and cosines do not depend on
/// the axes. Rows are summed in a fixed number of parts, added in order, so that results do not depend on the threads.
/// </summary>
internal sealed class IsotropyPass
{
    internal const int Raw = 0, Centred = 1, Whitened = 5; // 2, 3, 4: without the first one, two, three components
    private const int Forms = 6;
    private const int Parts = 64;
    private const int Together = 64; // rows projected at once

    private readonly double[][] _unitSums; // [form][model]: Σ row/|row|
    private readonly long[] _directions; // [form]: rows that have a direction
    private readonly PartitionSums _raw, _centred, _whitened;
    private readonly long _rows;

    private IsotropyPass(int columns, long rows)
    {
        (_raw, _centred, _whitened, _rows) = (new PartitionSums(columns), new PartitionSums(columns), new PartitionSums(columns), rows);
        _unitSums = [.. Enumerable.Range(0, Forms).Select(_ => new double[columns])];
        _directions = new long[Forms];
    }

    internal static IsotropyPass Over(StoredMatrix rows, TableSpectrum spectrum, double[] factors, Workers workers, IProgress<double>? progress, CancellationToken cancellation)
    {
        int columns = rows.Columns, count = spectrum.RowCount, rowsPerPart = (count + Parts - 1) / Parts;
        DoubleRows products = new(spectrum.Products.Vectors, columns, columns), components = new(spectrum.Covariance.Vectors, columns, columns);
        double meanNorm = TensorPrimitives.Norm<double>(spectrum.Mean);
        var parts = new IsotropyPass[Parts];
        int done = 0;
        workers.Run(Parts, p =>
        {
            int from = Math.Min(count, p * rowsPerPart), to = Math.Min(count, from + rowsPerPart);
            IsotropyPass part = parts[p] = new(columns, count);
            var block = new Block(columns);
            for (int first = from; first < to; first += Together)
            {
                cancellation.ThrowIfCancellationRequested();
                int here = Math.Min(Together, to - first);
                block.Read(rows, first, here, spectrum.Mean, products, components);
                part.Add(block, here, factors, meanNorm);
                progress?.Report((double)Interlocked.Add(ref done, here) / count);
            }
        });
        foreach (IsotropyPass part in parts.Skip(1))
            parts[0].Merge(part);
        return parts[0];
    }

    /// <summary>(|Σu|² − n)/(n(n − 1)) over the n rows that have a direction; NaN with fewer than two.</summary>
    internal double MeanPairwiseCosine(int form)
    {
        double n = _directions[form];
        return n < 2 ? double.NaN : (TensorPrimitives.SumOfSquares<double>(_unitSums[form]) - n) / (n * (n - 1));
    }

    internal double LogPartitionIsotropy(int form, bool bothSigns) => form switch
    {
        Raw => _raw.LogIsotropy(0, _rows, bothSigns),
        Whitened => _whitened.LogIsotropy(0, _rows, bothSigns),
        _ => _centred.LogIsotropy(form - Centred, _rows, bothSigns),
    };

    private void Add(Block block, int count, double[] factors, double meanNorm)
    {
        int width = factors.Length;
        _raw.Add(block.Raw.AsSpan(0, count * width), count);
        _centred.Add(block.Centred.AsSpan(0, count * width), count);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<double> raw = block.Raw.AsSpan(i * width, width), centred = block.Centred.AsSpan(i * width, width);
            Span<double> whitened = block.Whitened.AsSpan(i * width, width);
            TensorPrimitives.Multiply(centred, factors, whitened);
            double length = TensorPrimitives.Norm(raw);
            // Below what rounding leaves of a row that equals the mean, there is no direction.
            double noise = 1e-13 * (length + meanNorm);
            AddUnit(Raw, raw, 0, length, 0);
            double rest = TensorPrimitives.SumOfSquares(centred[Math.Min(3, width)..]);
            for (int removed = 3; removed >= 0; removed--)
            {
                AddUnit(Centred + removed, centred, Math.Min(removed, width), Math.Sqrt(rest), noise);
                rest += removed > 0 && removed <= width ? centred[removed - 1] * centred[removed - 1] : 0;
            }

            AddUnit(Whitened, whitened, 0, Math.Sqrt(rest) > noise ? TensorPrimitives.Norm<double>(whitened) : 0, 0);
        }

        _whitened.Add(block.Whitened.AsSpan(0, count * width), count);
    }

    private void AddUnit(int form, ReadOnlySpan<double> row, int from, double length, double noise)
    {
        if (!(length > noise))
            return;
        var sum = _unitSums[form].AsSpan(from);
        TensorPrimitives.MultiplyAdd(row[from..], 1 / length, sum, sum);
        _directions[form]++;
    }

    private void Merge(IsotropyPass other)
    {
        _raw.Merge(other._raw);
        _centred.Merge(other._centred);
        _whitened.Merge(other._whitened);
        for (int form = 0; form < Forms; form++)
        {
            TensorPrimitives.Add(_unitSums[form], other._unitSums[form], _unitSums[form]);
            _directions[form] += other._directions[form];
        }
    }

    /// <summary>Rows in double and their projections.</summary>
    private sealed class Block(int columns)
    {
        private readonly float[] _stored = new float[Together * columns];
        private readonly double[] _wide = new double[Together * columns];

        internal double[] Raw { get; } = new double[Together * columns]; // on the eigenvectors of the products [row, model]
        internal double[] Centred { get; } = new double[Together * columns]; // on the covariance's, of the centred rows
        internal double[] Whitened { get; } = new double[Together * columns]; // times the factors

        internal void Read(StoredMatrix rows, int first, int count, double[] mean, DoubleRows products, DoubleRows components)
        {
            Span<float> stored = _stored.AsSpan(0, count * columns);
            Span<double> wide = _wide.AsSpan(0, count * columns);
            rows.ReadRows(first, count, stored);
            TensorPrimitives.ConvertTruncating<float, double>(stored, wide);
            products.Multiply(wide, count, Raw.AsSpan(0, count * columns));
            for (int i = 0; i < count; i++)
                TensorPrimitives.Subtract(wide.Slice(i * columns, columns), mean, wide.Slice(i * columns, columns));
            components.Multiply(wide, count, Centred.AsSpan(0, count * columns));
        }
    }
}
