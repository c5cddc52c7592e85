using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Transformers;

/// <summary>The pieces put together again give the whole.</summary>
public sealed class ModelPartsTests : IDisposable
{
    /// <summary>Float32 sums in another order, of logits up to 10.</summary>
    private const double Tolerance = 2e-5;

    private readonly Workers _workers = new(2);

    public static IEnumerable<TheoryDataRow<string>> Families() =>
        new[] { "gpt2", "gpt2-untied", "opt-125m-style", "galactica-style", "opt-350m-style", "llama", "llama-biases-headdim" }.Select(name => new TheoryDataRow<string>(name));

    [Theory]
    [MemberData(nameof(Families))]
    public void Final_norm_and_unembedding_of_the_last_stream_are_the_logits(string family)
    {
        (LanguageModel model, Trace trace) = Run(family);
        Matrix last = trace.Residual(TraceSites.ResidPost, model.Config.LayerCount - 1);
        Matrix normed = model.Parts.ApplyFinalNorm(last);
        Assert.Equal(trace.FinalNorm.Values, normed.Values);
        Assert.Equal(trace.Logits.Values, model.Parts.Logits(normed).Values);
        for (int id = 0; id < model.Config.VocabSize; id += 13)
        {
            double product = Vectors.DotDouble(normed.Row(5), model.Parts.OutputDirection(id)) + model.Parts.OutputBias(id);
            Assert.Equal(trace.Logits[5, id], product, Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Token_and_position_vectors_add_up_to_the_embedding(string family)
    {
        (LanguageModel model, Trace trace) = Run(family);
        for (int position = 0; position < trace.Positions; position++)
        {
            float[] token = model.Parts.TokenVector(trace.Ids[position]);
            float[]? place = model.Parts.PositionVector(position);
            Near.Equal("embedding", [.. token.Select((v, i) => (double)v + (place?[i] ?? 0))], trace.Embedding.Row(position), 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Heads_and_bias_add_up_to_what_attention_adds(string family)
    {
        (LanguageModel model, Trace trace) = Run(family);
        for (int layer = 0; layer < model.Config.LayerCount; layer++)
        {
            Matrix heads = model.Parts.HeadContributions(layer, trace.HeadOutput(layer).Row(6));
            float[] bias = model.Parts.AttentionOutputBias(layer);
            double[] sum = [.. bias.Select((b, i) => b + Enumerable.Range(0, heads.Rows).Sum(h => (double)heads[h, i]))];
            Near.Equal($"layer {layer}", sum, trace.AttentionOut(layer).Row(6), 2e-6);
        }
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama-biases-headdim")]
    public void Direct_contributions_add_up_to_the_logit(string family)
    {
        (LanguageModel model, Trace trace) = Run(family);
        int layers = model.Config.LayerCount;
        var parts = new List<float[]> { trace.Embedding.Row(6).ToArray() };
        for (int layer = 0; layer < layers; layer++)
            parts.AddRange([trace.AttentionOut(layer).Row(6).ToArray(), trace.MlpOut(layer).Row(6).ToArray()]);
        var rows = new Matrix(parts.Count, model.Config.ModelDim, [.. parts.SelectMany(p => p)]);
        Matrix linear = model.Parts.ApplyFinalNormLinearly(rows, trace.Residual(TraceSites.ResidPost, layers - 1).Row(6));
        float[] direction = model.Parts.OutputDirection(77);
        double sum = Vectors.DotDouble(model.Parts.FinalNormBias, direction) + Enumerable.Range(0, rows.Rows).Sum(r => Vectors.DotDouble(linear.Row(r), direction));
        Assert.Equal(trace.Logits[6, 77], sum, Tolerance);
    }

    [Fact]
    public void Residual_streams_are_the_sums_of_what_blocks_add()
    {
        (LanguageModel model, Trace trace) = Run("llama");
        for (int layer = 0; layer < model.Config.LayerCount; layer++)
        {
            float[] pre = trace.Residual(TraceSites.ResidPre, layer).Values, mid = trace.Residual(TraceSites.ResidMid, layer).Values;
            Assert.Equal(trace.Residual(TraceSites.ResidPost, layer).Values, mid.Zip(trace.MlpOut(layer).Values, (a, b) => a + b).ToArray());
            Assert.Equal(mid, pre.Zip(trace.AttentionOut(layer).Values, (a, b) => a + b).ToArray());
        }
    }

    [Fact]
    public void A_trace_says_what_it_lacks()
    {
        (LanguageModel model, _) = Run("gpt2");
        Trace trace = model.Trace([1, 2, 3], TraceSites.ResidPre);
        Assert.True(trace.Has(TraceSites.ResidPre, 2));
        Assert.False(trace.Has(TraceSites.ResidMid, 2));
        Assert.Contains("ResidMid was not traced", Assert.Throws<ArgumentException>(() => trace.Residual(TraceSites.ResidMid, 0)).Message, StringComparison.Ordinal);
        Assert.Contains("layers 0 to 2, asked for 3", Assert.Throws<ArgumentException>(() => trace.Residual(TraceSites.ResidPre, 3)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => trace.Residual(TraceSites.MlpOut, 0));
        Assert.Throws<ArgumentException>(() => trace.AttentionPattern(0));
    }

    private (LanguageModel Model, Trace Trace) Run(string family)
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Fixture("families", family), _workers);
        return (model, model.Trace([5, 9, 77, 130, 2, 41, 17], TraceSites.All));
    }

    public void Dispose() => _workers.Dispose();
}
