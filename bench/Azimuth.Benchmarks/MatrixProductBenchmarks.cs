using System.Numerics.Tensors;
using Azimuth.Numerics;
using BenchmarkDotNet.Attributes;

namespace Azimuth.Benchmarks;

/// <summary>The product of rows with packed weights on the shapes of real layers; the baseline is one vectorised dot product an output.</summary>
[MemoryDiagnoser]
public class MatrixProductBenchmarks
{
    private readonly Workers _workers = new();
    private PackedMatrix _packed = null!;
    private float[] _weights = [], _input = [], _output = [];

    [Params("1x3072x768", "12x3072x768", "120x3072x768", "1020x3072x768", "1020x768x3072", "512x1536x576")]
    public string Shape { get; set; } = ""; // rows x outputs x inputs

    private int[] Sizes => [.. Shape.Split('x').Select(part => int.Parse(part, System.Globalization.CultureInfo.InvariantCulture))];

    [GlobalSetup]
    public void Setup()
    {
        int[] sizes = Sizes;
        _weights = Data.Random((long)sizes[1] * sizes[2], 1);
        _packed = PackedMatrix.Pack(StoredMatrix.FromFloats(_weights, sizes[1], sizes[2]));
        _input = Data.Random((long)sizes[0] * sizes[2], 2);
        _output = new float[sizes[0] * sizes[1]];
    }

    [GlobalCleanup]
    public void Cleanup() => _workers.Dispose();

    [Benchmark(Baseline = true)]
    public void DotProductEach()
    {
        int[] sizes = Sizes;
        int outputs = sizes[1], inputs = sizes[2];
        _workers.Run(outputs / 64, part =>
        {
            for (int o = 64 * part; o < 64 * part + 64; o++)
            {
                for (int r = 0; r < sizes[0]; r++)
                    _output[r * outputs + o] = TensorPrimitives.Dot(_input.AsSpan(r * inputs, inputs), _weights.AsSpan(o * inputs, inputs));
            }
        });
    }

    [Benchmark]
    public void Multiply() => MatrixProduct.Multiply(_input, Sizes[0], _packed, [], _output, _workers);
}

/// <summary>One row times weights as stored: what decoding a token is made of. The baseline is single precision.</summary>
[MemoryDiagnoser]
public class StoredTypeBenchmarks
{
    private const int Outputs = 49152, Inputs = 576;

    private readonly Workers _workers = new();
    private readonly Dictionary<TensorType, PackedMatrix> _packed = [];
    private readonly float[] _input = Data.Random(Inputs, 2), _output = new float[Outputs];

    [GlobalSetup]
    public void Setup()
    {
        foreach (var type in new[] { TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q4_1 })
        {
            var bytes = new byte[(long)Outputs * Inputs / type.BlockLength() * type.BlockBytes()];
            new Random(1).NextBytes(bytes);
            // Bits of the exponents are kept low: every number is finite.
            for (int i = 0; i < bytes.Length; i++)
                bytes[i] &= 0x3B;
            _packed[type] = PackedMatrix.Pack(new StoredMatrix(type, Outputs, Inputs, StoredBytes.FromBytes(bytes)), workers: _workers);
        }
    }

    [GlobalCleanup]
    public void Cleanup() => _workers.Dispose();

    [Benchmark(Baseline = true)]
    public void F32() => Run(TensorType.F32);

    [Benchmark]
    public void F16() => Run(TensorType.F16);

    [Benchmark]
    public void BF16() => Run(TensorType.BF16);

    [Benchmark]
    public void Q8() => Run(TensorType.Q8_0);

    [Benchmark]
    public void Q4() => Run(TensorType.Q4_1);

    private void Run(TensorType type) => MatrixProduct.Multiply(_input, 1, _packed[type], [], _output, _workers);
}
