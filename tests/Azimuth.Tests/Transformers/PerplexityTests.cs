using System.Text.Json;
using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Tests.Transformers;

/// <summary>Held-out texts against the reference's losses (float32 there as here; 1e-4 relative is its README's requirement).</summary>
public sealed class PerplexityTests : IDisposable
{
    private readonly Workers _workers = new(2);

    [Theory]
    [InlineData(256, 256)]
    [InlineData(256, 128)]
    public void Perplexity_of_novels_gpt_equals_the_reference(int window, int stride) =>
        Check("novels-gpt", TestFiles.Model("novels-gpt") + "/heldout.txt", window, stride);

    [Theory]
    [InlineData(512, 512)]
    [InlineData(512, 256)]
    public void Perplexity_of_SmolLM2_equals_the_reference(int window, int stride) =>
        Check("smollm2", TestFiles.Fixture("trace", "heldout-short.txt"), window, stride);

    [Fact]
    public void Losses_of_a_text_are_the_windows_losses()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Fixture("families", "llama"), _workers);
        int[] ids = [.. Enumerable.Range(0, 50).Select(i => i * 37 % 131)];
        double[] losses = Perplexity.LossNatsPerPosition(model, ids);
        Assert.Equal(49, losses.Length);
        PerplexityResult whole = Perplexity.Of(model, ids, 64, 64, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(losses.Average(), whole.LossNatsPerToken, 1e-12);
        Assert.Equal(49, whole.PredictedTokens);
        // Ten new tokens at a time, each after at least ten others: the first window's losses, then the last ten of each window.
        double[] strided = [.. Perplexity.LossNatsPerPosition(model, ids[..20]),
            .. Enumerable.Range(1, 3).SelectMany(w => Perplexity.LossNatsPerPosition(model, ids[(10 * w)..(10 * w + 20)])[^10..])];
        PerplexityResult result = Perplexity.Of(model, ids, 20, 10, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(49, result.PredictedTokens);
        Assert.Equal(strided.Average(), result.LossNatsPerToken, 1e-12);
    }

    [Fact]
    public void Progress_ends_at_one_and_cancellation_is_heard()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Fixture("families", "llama"), _workers);
        int[] ids = [.. Enumerable.Range(0, 50).Select(i => i * 37 % 131)];
        var seen = new List<double>();
        using var source = new CancellationTokenSource();
        Assert.Equal(49, Perplexity.Of(model, ids, 20, 10, new Report(seen.Add), TestContext.Current.CancellationToken).PredictedTokens);
        Assert.Equal([0.4, 0.6, 0.8, 1], seen);
        Assert.Throws<OperationCanceledException>(() => Perplexity.Of(model, ids, 20, 10, new Report(_ => source.Cancel()), source.Token));
    }

    [Theory]
    [InlineData(1, 1, "window: expected 2 to 64")]
    [InlineData(65, 1, "window: expected 2 to 64 tokens (the model's context), found 65")]
    [InlineData(20, 0, "stride: expected 1 to 20")]
    [InlineData(20, 21, "stride: expected 1 to 20 tokens (the window), found 21")]
    public void Windows_and_strides_outside_their_range_are_refused(int window, int stride, string message)
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Fixture("families", "llama"), _workers);
        var error = Assert.Throws<ArgumentException>(() => Perplexity.Of(model, [1, 2, 3], window, stride));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private void Check(string fixture, string textFile, int window, int stride)
    {
        JsonElement expected = Near.Json(TestFiles.Fixture("trace", fixture + ".json")).GetProperty("heldout");
        LanguageModel model = LanguageModel.Load(TestFiles.Traced(fixture), _workers);
        int[] ids = model.Tokenizer!.Encode(File.ReadAllText(textFile), addSpecialTokens: false).Ids;
        Assert.Equal(expected.GetProperty("tokens").GetInt32(), ids.Length);
        JsonElement one = expected.GetProperty($"stride_{stride}");
        PerplexityResult found = Perplexity.Of(model, ids, window, stride, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(one.GetProperty("predicted_tokens").GetInt32(), found.PredictedTokens);
        double loss = one.GetProperty("loss_nats_per_token").GetDouble(), perplexity = one.GetProperty("perplexity").GetDouble();
        Assert.Equal(loss, found.LossNatsPerToken, 1e-4 * loss);
        Assert.Equal(perplexity, found.Perplexity, 1e-4 * loss * perplexity);
        TestContext.Current.TestOutputHelper?.WriteLine($"loss differs by {Math.Abs(loss - found.LossNatsPerToken) / loss:g3} relative");
    }

    private sealed class Report(Action<double> seen) : IProgress<double>
    {
        void IProgress<double>.Report(double value) => seen(value);
    }

    public void Dispose() => _workers.Dispose();
}
