using System.Numerics.Tensors;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>
/// f(W, b) = C Σᵢ −log softmax(W xᵢ + b)[yᵢ] + |W|²/2 with its gradient and Hessian, all in double. With a pinned last class, whose row and intercept stay zero,
/// two classes are logistic regression with one weight row. Sums run over fixed blocks of examples, so that results do not depend on the threads.
/// </summary>
internal sealed class SoftmaxObjective
{
    private const int BlockSize = 256;

    private readonly double[] _features; // [example, model + 1], the last column is 1
    private readonly double[] _sums; // [block, class, model + 1], used again by every evaluation
    private readonly int[] _labels;
    private readonly int _classes, _width;
    private readonly double _strength;
    private readonly Workers _workers;

    /// <summary>Takes the examples.</summary>
    /// <param name="features">[example, model].</param>
    /// <param name="dim">Numbers of an example.</param>
    /// <param name="labels">0 … classes − 1.</param>
    /// <param name="classes">At least two.</param>
    /// <param name="pinned">The last class has no weights.</param>
    /// <param name="strength">C.</param>
    /// <param name="workers">The threads to use.</param>
    internal SoftmaxObjective(ReadOnlySpan<float> features, int dim, int[] labels, int classes, bool pinned, double strength, Workers workers)
    {
        (_labels, _classes, _width, _strength, _workers) = (labels, classes, dim + 1, strength, workers);
        FreeRows = pinned ? classes - 1 : classes;
        _features = new double[checked(labels.Length * _width)];
        for (int i = 0; i < labels.Length; i++)
        {
            TensorPrimitives.ConvertTruncating(features.Slice(i * dim, dim), _features.AsSpan(i * _width, dim));
            _features[i * _width + dim] = 1;
        }

        Probabilities = new double[checked(labels.Length * classes)];
        _sums = new double[checked(Blocks * Length)];
    }

    /// <summary>Classes that have weights.</summary>
    internal int FreeRows { get; }

    /// <summary>Number of parameters: free rows of model weights and an intercept each.</summary>
    internal int Length => checked(FreeRows * _width);

    /// <summary>softmax(W xᵢ + b) at the parameters of the last <see cref="Value"/> [example, class].</summary>
    private double[] Probabilities { get; }

    /// <summary>f, its gradient, and what <see cref="HessianTimes"/> needs.</summary>
    internal double Value(double[] parameters, double[] gradient)
    {
        var losses = new double[Blocks];
        Array.Clear(_sums);
        _workers.Run(Blocks, block =>
        {
            var sum = _sums.AsSpan(block * Length, Length);
            var logits = new double[_classes];
            for (int i = block * BlockSize; i < Math.Min(_labels.Length, (block + 1) * BlockSize); i++)
            {
                var x = _features.AsSpan(i * _width, _width);
                for (int k = 0; k < FreeRows; k++)
                    logits[k] = TensorPrimitives.Dot<double>(parameters.AsSpan(k * _width, _width), x);
                double largest = logits.Max(), total = 0;
                var p = Probabilities.AsSpan(i * _classes, _classes);
                for (int k = 0; k < _classes; k++)
                    total += p[k] = Math.Exp(logits[k] - largest);
                TensorPrimitives.Divide(p, total, p);
                losses[block] += largest + Math.Log(total) - logits[_labels[i]];
                for (int k = 0; k < FreeRows; k++)
                    TensorPrimitives.MultiplyAdd(x, _strength * (p[k] - (k == _labels[i] ? 1 : 0)), sum.Slice(k * _width, _width), sum.Slice(k * _width, _width));
            }
        });
        double penalty = AddUp(parameters, gradient);
        return _strength * losses.Sum() + penalty / 2;
    }

    /// <summary>Hessian · direction at the parameters of the last <see cref="Value"/>.</summary>
    internal void HessianTimes(double[] direction, double[] product)
    {
        Array.Clear(_sums);
        _workers.Run(Blocks, block =>
        {
            var sum = _sums.AsSpan(block * Length, Length);
            var z = new double[FreeRows];
            for (int i = block * BlockSize; i < Math.Min(_labels.Length, (block + 1) * BlockSize); i++)
            {
                var x = _features.AsSpan(i * _width, _width);
                var p = Probabilities.AsSpan(i * _classes, FreeRows);
                double mean = 0;
                for (int k = 0; k < FreeRows; k++)
                {
                    z[k] = TensorPrimitives.Dot<double>(direction.AsSpan(k * _width, _width), x);
                    mean += p[k] * z[k];
                }

                for (int k = 0; k < FreeRows; k++)
                    TensorPrimitives.MultiplyAdd(x, _strength * p[k] * (z[k] - mean), sum.Slice(k * _width, _width), sum.Slice(k * _width, _width));
            }
        });
        AddUp(direction, product);
    }

    private int Blocks => BlocksOf(_labels.Length);

    /// <summary>How many sums of <see cref="Length"/> numbers are kept for so many examples.</summary>
    internal static int BlocksOf(int examples) => (examples + BlockSize - 1) / BlockSize;

    /// <summary>total = Σ of the blocks' sums + the weights of <paramref name="point"/> (intercepts are not penalised); returns the weights' squared length.</summary>
    private double AddUp(double[] point, double[] total)
    {
        Array.Clear(total);
        for (int block = 0; block < Blocks; block++)
            TensorPrimitives.Add(total, _sums.AsSpan(block * Length, Length), total);
        double squares = 0;
        for (int k = 0; k < FreeRows; k++)
        {
            var weights = point.AsSpan(k * _width, _width - 1);
            var to = total.AsSpan(k * _width, _width - 1);
            TensorPrimitives.Add(to, weights, to);
            squares += TensorPrimitives.SumOfSquares<double>(weights);
        }

        return squares;
    }
}
