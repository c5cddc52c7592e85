using System.Numerics.Tensors;
using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Training.LanguageModels;

/// <summary>LayerNorm or RMSNorm that is trained. Statistics of a row are made again in the backward pass: that is cheaper than keeping what they are for.</summary>
/// <param name="config">The formula.</param>
/// <param name="gain">[width], or null.</param>
/// <param name="bias">[width], or null.</param>
/// <param name="width">Values of a row.</param>
internal sealed class TrainedNorm(NormConfig config, ParameterBlock? gain, ParameterBlock? bias, int width)
{
    private const int ChunkRows = 128; // rows whose sums for gain and bias are added as one: fixed, so that threads do not matter
    private readonly float[] _gain = new float[width];
    private float[] _sums = [];

    /// <summary>Takes over the gain as it is now.</summary>
    public void Prepare()
    {
        if (gain is null)
            _gain.AsSpan().Fill(1);
        else if (config.GainIsOffset)
            TensorPrimitives.Add(gain.Values, 1, _gain);
        else
            gain.Values.CopyTo(_gain, 0);
    }

    /// <summary>Norm of each row [rows, width]; may be in place.</summary>
    public void Forward(float[] input, int rows, float[] output, Workers workers) => Forward(input, rows, new NormedPart(width, 0, 1), output, workers);

    /// <summary>Norm of a part of each row; may be in place. What is not of the part stays.</summary>
    public void Forward(float[] input, int rows, NormedPart part, float[] output, Workers workers) => workers.RunRanges(rows, 16, (from, to) =>
    {
        for (int i = from * part.Count; i < to * part.Count; i++)
        {
            int at = part.Begin(i, width);
            Span<float> result = output.AsSpan(at, width);
            Standardize(input.AsSpan(at, width), result);
            TensorPrimitives.Multiply(result, _gain, result);
            if (bias is not null)
                TensorPrimitives.Add(result, bias.Values, result);
        }
    });

    /// <summary>
    /// The gradient of the input: with x̂ the standardised row and g = dy · gain, dx = (g − mean g − x̂ · mean(g · x̂)) / spread; RMSNorm has no mean g (Ba et al. 2016). Gain and bias
    /// get Σ dy · x̂ and Σ dy.
    /// </summary>
    /// <param name="input">What was normed [rows, width].</param>
    /// <param name="outputGradient">dy [rows, width].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="inputGradient">[rows, width]; may be <paramref name="outputGradient"/> where nothing is added.</param>
    /// <param name="adds">True to add to what is there.</param>
    /// <param name="workers">Threads.</param>
    public void Backward(float[] input, float[] outputGradient, int rows, float[] inputGradient, bool adds, Workers workers) =>
        Backward(input, outputGradient, rows, new NormedPart(width, 0, 1), inputGradient, adds, workers);

    /// <summary>The same for a part of each row.</summary>
    public void Backward(float[] input, float[] outputGradient, int rows, NormedPart part, float[] inputGradient, bool adds, Workers workers)
    {
        int chunks = (rows + ChunkRows - 1) / ChunkRows;
        if (_sums.Length < chunks * 2 * width)
            _sums = new float[chunks * 2 * width];
        workers.Run(chunks, chunk =>
        {
            Span<float> gains = _sums.AsSpan(chunk * 2 * width, width), shifts = _sums.AsSpan((chunk * 2 + 1) * width, width);
            gains.Clear();
            shifts.Clear();
            float[] scratch = System.Buffers.ArrayPool<float>.Shared.Rent(2 * width);
            Span<float> standard = scratch.AsSpan(0, width), g = scratch.AsSpan(width, width);
            for (int i = chunk * ChunkRows * part.Count; i < Math.Min(rows, (chunk + 1) * ChunkRows) * part.Count; i++)
            {
                int at = part.Begin(i, width);
                ReadOnlySpan<float> dy = outputGradient.AsSpan(at, width);
                float scale = Standardize(input.AsSpan(at, width), standard);
                TensorPrimitives.MultiplyAdd(dy, standard, gains, gains);
                TensorPrimitives.Add(shifts, dy, shifts);
                TensorPrimitives.Multiply(dy, _gain, g);
                float along = TensorPrimitives.Dot<float>(g, standard) / width, mean = config.Kind == NormKind.LayerNorm ? TensorPrimitives.Sum<float>(g) / width : 0;
                Span<float> dx = inputGradient.AsSpan(at, width);
                TensorPrimitives.MultiplyAdd(standard, -along, g, g);
                if (mean != 0)
                    TensorPrimitives.Subtract(g, mean, g);
                if (adds)
                    TensorPrimitives.MultiplyAdd(g, scale, dx, dx);
                else
                    TensorPrimitives.Multiply(g, scale, dx);
            }

            System.Buffers.ArrayPool<float>.Shared.Return(scratch);
        });
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            if (gain?.Gradient is { } gainGradient)
                TensorPrimitives.Add(gainGradient, _sums.AsSpan(chunk * 2 * width, width), gainGradient);
            if (bias?.Gradient is { } biasGradient)
                TensorPrimitives.Add(biasGradient, _sums.AsSpan((chunk * 2 + 1) * width, width), biasGradient);
        }
    }

    /// <summary>(row − mean) / spread, or row / spread; returns 1 / spread.</summary>
    private float Standardize(ReadOnlySpan<float> row, Span<float> result)
    {
        if (config.Kind == NormKind.LayerNorm)
        {
            TensorPrimitives.Subtract(row, TensorPrimitives.Sum(row) / width, result);
            row = result;
        }

        float scale = 1 / MathF.Sqrt(TensorPrimitives.SumOfSquares(row) / width + config.Epsilon);
        TensorPrimitives.Multiply(row, scale, result);
        return scale;
    }
}

/// <summary>What of each row is normed: <paramref name="Count"/> pieces of the norm's width side by side, each by itself.</summary>
/// <param name="Stride">From a row to the next.</param>
/// <param name="Offset">Where the first piece begins in a row.</param>
/// <param name="Count">Pieces of a row.</param>
internal readonly record struct NormedPart(int Stride, int Offset, int Count)
{
    /// <summary>Where a piece begins, counted over all rows.</summary>
    public int Begin(int piece, int width) => piece / Count * Stride + Offset + piece % Count * width;
}
