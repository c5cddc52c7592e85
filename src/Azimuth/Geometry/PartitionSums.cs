using System.Numerics.Tensors;

namespace Azimuth.Geometry;

/// <summary>
/// ln Z(c) = ln Σ exp(c·row) for many directions c and their opposites at once, summed as rows come: the largest exponent so far is taken out first,
/// so that nothing overflows. Not synchronised.
/// </summary>
internal sealed class PartitionSums(int directions)
{
    private readonly Signed _plus = new(directions);
    private readonly Signed _minus = new(directions);
    private readonly double[] _scratch = new double[directions];

    /// <summary>Adds rows by their projections on the directions [count, directions].</summary>
    internal void Add(ReadOnlySpan<double> projections, int count)
    {
        _plus.Add(projections, count, _scratch, 1);
        _minus.Add(projections, count, _scratch, -1);
    }

    /// <summary>Adds what another one summed.</summary>
    internal void Merge(PartitionSums other)
    {
        _plus.Merge(other._plus);
        _minus.Merge(other._minus);
    }

    /// <summary>ln(min Z/max Z) over all directions of one sign or both; the first few count as projections of 0, so that each has Z = n.</summary>
    internal double LogIsotropy(int zeroed, double rows, bool bothSigns)
    {
        double least = double.PositiveInfinity, most = double.NegativeInfinity;
        for (int j = 0; j < directions; j++)
        {
            double plus = j < zeroed ? Math.Log(rows) : _plus.LogSum(j);
            double minus = j < zeroed || !bothSigns ? plus : _minus.LogSum(j);
            least = Math.Min(least, Math.Min(plus, minus));
            most = Math.Max(most, Math.Max(plus, minus));
        }

        return least - most;
    }

    private sealed class Signed
    {
        private readonly double[] _largest, _sums, _scale;

        internal Signed(int directions)
        {
            (_largest, _sums, _scale) = (new double[directions], new double[directions], new double[directions]);
            Array.Fill(_largest, double.NegativeInfinity);
        }

        internal double LogSum(int direction) => _largest[direction] + Math.Log(_sums[direction]);

        internal void Add(ReadOnlySpan<double> projections, int count, double[] scratch, double sign)
        {
            int width = _sums.Length;
            _largest.CopyTo(_scale, 0);
            for (int i = 0; i < count; i++)
            {
                TensorPrimitives.Multiply(projections.Slice(i * width, width), sign, scratch);
                TensorPrimitives.Max(_largest, scratch, _largest);
            }

            Rescale();
            for (int i = 0; i < count; i++)
            {
                TensorPrimitives.Multiply(projections.Slice(i * width, width), sign, scratch);
                TensorPrimitives.Subtract(scratch, _largest, scratch);
                TensorPrimitives.Exp<double>(scratch, scratch);
                TensorPrimitives.Add(_sums, scratch, _sums);
            }
        }

        internal void Merge(Signed other)
        {
            _largest.CopyTo(_scale, 0);
            TensorPrimitives.Max(_largest, other._largest, _largest);
            Rescale();
            for (int j = 0; j < _sums.Length; j++)
                _sums[j] += other._sums[j] > 0 ? other._sums[j] * Math.Exp(other._largest[j] - _largest[j]) : 0;
        }

        /// <summary>Sums that stood beside the old largest exponents, kept in the scale, beside the new ones.</summary>
        private void Rescale()
        {
            for (int j = 0; j < _sums.Length; j++)
                _sums[j] *= _sums[j] > 0 ? Math.Exp(_scale[j] - _largest[j]) : 0;
        }
    }
}
