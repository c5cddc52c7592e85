using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;
using BenchmarkDotNet.Attributes;

namespace Azimuth.Benchmarks;

/// <summary>A forward pass of a 124M-parameter model of GPT-2's shape over 512 tokens; the baseline keeps nothing but the last logits.</summary>
[MemoryDiagnoser]
public class ForwardPassBenchmarks
{
    private readonly Workers _workers = new();
    private readonly int[] _ids = Data.Ids(512, 50257);
    private string _folder = "";
    private LanguageModel _model = null!;

    [GlobalSetup]
    public void Setup()
    {
        _folder = Data.Gpt2Folder();
        _model = LanguageModel.Load(_folder, _workers);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _workers.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark(Baseline = true)]
    public float[] LastLogits() => _model.NextLogits(_ids);

    [Benchmark]
    public Trace AllResidualStreams() => _model.Trace(_ids, TraceSites.Residuals);

    [Benchmark]
    public Matrix LogitsEverywhere() => _model.Logits(_ids);
}

/// <summary>SmolLM2-135M-Instruct in Q4_1, the bundled model: one more token after a context of 128, and a prompt of 512 at once.</summary>
[MemoryDiagnoser]
public class SmolLm2Benchmarks
{
    private readonly Workers _workers = new();
    private readonly int[] _ids = Data.Ids(512, 49152);
    private LanguageModel _model = null!;
    private KeyValueCache _cache = null!;
    private float[] _logits = [];

    [GlobalSetup]
    public void Setup()
    {
        _model = LanguageModel.Load(KnownModels.DefaultName, _workers);
        _logits = new float[_model.Config.VocabSize];
        _cache = _model.CreateCache(512);
        _model.NextLogits(_ids.AsSpan(0, 128), _cache, _logits);
    }

    [GlobalCleanup]
    public void Cleanup() => _workers.Dispose();

    [Benchmark(Baseline = true)]
    public void NextToken()
    {
        _cache.Truncate(128);
        _model.NextLogits(_ids.AsSpan(128, 1), _cache, _logits);
    }

    [Benchmark]
    public float[] Prompt512() => _model.NextLogits(_ids);
}
