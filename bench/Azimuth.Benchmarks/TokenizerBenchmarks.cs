using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Tokenization;
using BenchmarkDotNet.Attributes;

namespace Azimuth.Benchmarks;

/// <summary>The bundled SmolLM2's tokenizer on the novels that novels-gpt was measured by, forty times over (4 MB); the baseline also says where each token stands.</summary>
[MemoryDiagnoser]
public class TokenizerBenchmarks
{
    private readonly Workers _workers = new();
    private Tokenizer _tokenizer = null!;
    private string _text = "";

    [GlobalSetup]
    public void Setup()
    {
        _tokenizer = Tokenizer.Load(KnownModels.Resolve(KnownModels.DefaultName));
        _text = string.Concat(Enumerable.Repeat(File.ReadAllText(Path.Combine(KnownModels.Resolve("novels-gpt"), "heldout.txt")), 40));
    }

    [GlobalCleanup]
    public void Cleanup() => _workers.Dispose();

    [Benchmark(Baseline = true)]
    public TokenEncoding WithPlaces() => _tokenizer.Encode(_text);

    [Benchmark]
    public int[] IdsOnOneThread() => _tokenizer.EncodeIds(_text);

    [Benchmark]
    public int[] IdsOnAllThreads() => _tokenizer.EncodeIds(_text, workers: _workers);
}
