using Azimuth.Numerics;
using Azimuth.Training.LanguageModels;
using MathNet.Numerics.LinearAlgebra;

namespace Azimuth.Tests.Training.LanguageModels;

public sealed class MuonTests
{
    /// <summary>Steps with momentum from a second gradient, as only from then on Nesterov's look ahead has another direction.</summary>
    [Theory]
    [InlineData(5, 3)]
    [InlineData(4, 9)]
    public void Steps_equal_those_in_double_precision(int rows, int columns)
    {
        const double Rate = 0.02, Decay = 0.1, Momentum = 0.95, Clip = 1;
        var random = new SeededRandom(11);
        var tensor = new ParameterTensor("matrix", [rows, columns], ParameterRole.Matrix, new ParameterBlock(rows * columns, trains: true), 0);
        Fill(tensor.Values);
        Matrix<double> weights = Of(tensor.Values), momentum = Matrix<double>.Build.Dense(rows, columns);
        using var workers = new Workers(2);
        var optimizer = new Optimizer([tensor], new OptimizerSettings { Kind = OptimizerKind.Muon, WeightDecay = Decay, Momentum = Momentum, ClipNorm = Clip }, workers);
        for (int step = 0; step < 3; step++)
        {
            Fill(tensor.Gradient);
            Matrix<double> gradient = Of(tensor.Gradient);
            gradient *= Math.Min(1, Clip / (gradient.FrobeniusNorm() + 1e-6));
            momentum = Momentum * momentum + gradient;
            // Liu et al. 2025, "Muon is scalable for LLM training", eq. 4.
            weights = (1 - Rate * Decay) * weights - Rate * 0.2 * Math.Sqrt(Math.Max(rows, columns)) * Orthogonal(gradient + Momentum * momentum);
            optimizer.Update(Rate, optimizer.GradientNorm());
            double largest = (weights - Of(tensor.Values)).Enumerate().Max(Math.Abs);
            // Weights of about 1 in single precision; a step is about 0.004.
            Assert.True(largest < 2e-6, $"step {step}: weights differ by {largest}");
        }

        void Fill(Span<float> values)
        {
            foreach (ref float value in values)
                value = (float)random.NextGaussian();
        }

        Matrix<double> Of(Span<float> values)
        {
            float[] copy = values.ToArray();
            return Matrix<double>.Build.Dense(rows, columns, (row, column) => copy[row * columns + column]);
        }
    }

    /// <summary>Jordan 2024, "Muon: an optimizer for hidden layers in neural networks": five rounds of aX + bAX + cA²X, A = XXᵀ.</summary>
    private static Matrix<double> Orthogonal(Matrix<double> direction)
    {
        Matrix<double> x = direction / direction.FrobeniusNorm();
        for (int round = 0; round < 5; round++)
        {
            Matrix<double> a = x * x.Transpose();
            x = 3.4445 * x - 4.7750 * a * x + 2.0315 * a * a * x;
        }

        return x;
    }
}
