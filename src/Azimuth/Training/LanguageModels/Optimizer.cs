using System.Runtime.Intrinsics;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;

namespace Azimuth.Training.LanguageModels;

/// <summary>
/// One update of all weights that train, in this order: the norm of all gradients together; gradients times min(1, clip / (norm + 1e-6)); weights shrink by 1 − rate · λ where they
/// have two or more dimensions; AdamW's or Muon's step. Results do not depend on the number of threads.
/// </summary>
internal sealed class Optimizer
{
    private const int ChunkValues = 1 << 16;
    private readonly OptimizerSettings _settings;
    private readonly Workers _workers;
    private readonly List<Moments> _adam = [];
    private readonly List<Moments> _muon = [];
    private readonly List<(Moments Of, int From, int Count)> _chunks = []; // of everything that trains
    private readonly double[] _squares;
    private readonly NewtonSchulz _orthogonal;

    public Optimizer(IEnumerable<ParameterTensor> tensors, OptimizerSettings settings, Workers workers)
    {
        (_settings, _workers, _orthogonal) = (settings, workers, new NewtonSchulz(workers));
        foreach (ParameterTensor tensor in tensors.Where(tensor => tensor.Trains))
        {
            bool isMuon = settings.Kind == OptimizerKind.Muon && tensor.Role == ParameterRole.Matrix;
            var moments = new Moments(tensor, new float[tensor.Length], isMuon ? [] : new float[tensor.Length]);
            (isMuon ? _muon : _adam).Add(moments);
            (int first, int end) = tensor.Moves ?? (0, tensor.Length);
            for (int from = first; from < end; from += ChunkValues)
                _chunks.Add((moments, from, Math.Min(ChunkValues, end - from)));
        }

        _squares = new double[_chunks.Count];
    }

    /// <summary>Updates done.</summary>
    public long Step { get; private set; }

    /// <summary>The norm of all gradients as they are.</summary>
    public double GradientNorm()
    {
        _workers.Run(_chunks.Count, i =>
        {
            (Moments of, int from, int count) = _chunks[i];
            double norm = Vectors.Norm(of.Tensor.Gradient.Slice(from, count));
            _squares[i] = norm * norm;
        });
        return Math.Sqrt(_squares.Sum());
    }

    /// <summary>Moves the weights.</summary>
    /// <param name="rate">The learning rate.</param>
    /// <param name="norm">What <see cref="GradientNorm"/> gave.</param>
    public void Update(double rate, double norm)
    {
        Step++;
        float clip = _settings.ClipNorm > 0 ? (float)Math.Min(1, _settings.ClipNorm / (norm + 1e-6)) : 1;
        double first = 1 - Math.Pow(_settings.Beta1, Step), second = Math.Sqrt(1 - Math.Pow(_settings.Beta2, Step));
        _workers.Run(_chunks.Count, i =>
        {
            (Moments of, int from, int count) = _chunks[i];
            if (of.Squares.Length > 0)
                AdamW(of, from, count, clip, rate, first, second);
        });
        foreach (Moments of in _muon)
            Muon(of, clip, rate);
    }

    /// <summary>The moments as tensors, in the order of the weights in memory: exp_avg.NAME and exp_avg_sq.NAME, or momentum.NAME.</summary>
    public IEnumerable<SafetensorsEntry> Save() => _adam.SelectMany(of => new[] { Entry("exp_avg.", of, of.Mean), Entry("exp_avg_sq.", of, of.Squares) })
        .Concat(_muon.Select(of => Entry("momentum.", of, of.Mean)));

    /// <summary>Takes over saved moments.</summary>
    /// <exception cref="Checkpoints.CheckpointFormatException">A tensor is missing or misshapen.</exception>
    public void Load(SafetensorsFile file, long step)
    {
        Step = step;
        foreach (Moments of in _adam)
        {
            file.Vector("exp_avg." + of.Tensor.Name, of.Mean.Length).CopyTo(of.Mean, 0);
            file.Vector("exp_avg_sq." + of.Tensor.Name, of.Mean.Length).CopyTo(of.Squares, 0);
        }

        foreach (Moments of in _muon)
            file.Vector("momentum." + of.Tensor.Name, of.Mean.Length).CopyTo(of.Mean, 0);
    }

    /// <summary>A vector whatever the tensor's shape: only this program reads it.</summary>
    private static SafetensorsEntry Entry(string prefix, Moments of, float[] values) => SafetensorsEntry.From(prefix + of.Tensor.Name, values, values.Length);

    /// <summary>w ← w (1 − rate · λ); m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − rate · (m / (1 − β₁ᵗ)) / (√v / √(1 − β₂ᵗ) + ε).</summary>
    private void AdamW(Moments of, int from, int count, float clip, double rate, double first, double second)
    {
        Span<float> w = of.Tensor.Values.Slice(from, count), g = of.Tensor.Gradient.Slice(from, count), m = of.Mean.AsSpan(from, count), v = of.Squares.AsSpan(from, count);
        float keep = Keep(of.Tensor, rate), b1 = (float)_settings.Beta1, n1 = (float)(1 - _settings.Beta1), b2 = (float)_settings.Beta2, n2 = (float)(1 - _settings.Beta2);
        float step = (float)(rate / first), root = (float)(1 / second), epsilon = (float)_settings.Epsilon;
        int i = 0;
        for (; i + 16 <= count; i += 16)
        {
            Vector512<float> gradient = Vector512.Create<float>(g[i..]) * clip;
            Vector512<float> mean = Vector512.Create<float>(m[i..]) * b1 + gradient * n1, squares = Vector512.Create<float>(v[i..]) * b2 + gradient * gradient * n2;
            mean.CopyTo(m[i..]);
            squares.CopyTo(v[i..]);
            (Vector512.Create<float>(w[i..]) * keep - mean * step / (Vector512.Sqrt(squares) * root + Vector512.Create(epsilon))).CopyTo(w[i..]);
        }

        for (; i < count; i++)
        {
            float gradient = g[i] * clip;
            m[i] = m[i] * b1 + gradient * n1;
            v[i] = v[i] * b2 + gradient * gradient * n2;
            w[i] = w[i] * keep - m[i] * step / (MathF.Sqrt(v[i]) * root + epsilon);
        }
    }

    /// <summary>
    /// m ← μ m + g; the direction g + μ m with all its singular values brought near 1, times 0.2 √(larger side), so that its entries are about as large as AdamW's and one rate
    /// serves both (Liu et al. 2025, "Muon is scalable for LLM training", eq. 4).
    /// </summary>
    private void Muon(Moments of, float clip, double rate)
    {
        float momentum = (float)_settings.Momentum, keep = Keep(of.Tensor, rate);
        int rows = (int)of.Tensor.Shape[0], columns = (int)of.Tensor.Shape[1];
        float[] direction = _orthogonal.Room(rows * columns);
        Span<float> g = of.Tensor.Gradient, w = of.Tensor.Values;
        for (int i = 0; i < g.Length; i++)
        {
            float gradient = g[i] * clip;
            of.Mean[i] = momentum * of.Mean[i] + gradient;
            direction[i] = gradient + momentum * of.Mean[i];
        }

        ReadOnlySpan<float> update = _orthogonal.Apply(rows, columns);
        float step = (float)(rate * 0.2 * Math.Sqrt(Math.Max(rows, columns)));
        for (int i = 0; i < w.Length; i++)
            w[i] = w[i] * keep - step * update[i];
    }

    private float Keep(ParameterTensor tensor, double rate) => tensor.Shape.Count > 1 ? (float)(1 - rate * _settings.WeightDecay) : 1;

    /// <summary>What is remembered of a tensor's gradients.</summary>
    private sealed record Moments(ParameterTensor Tensor, float[] Mean, float[] Squares);
}
