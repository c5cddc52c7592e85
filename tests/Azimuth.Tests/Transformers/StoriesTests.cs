using System.Text.Json;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Transformers;

/// <summary>stories260K, a real Llama-architecture model, against a float64 forward pass of the same weights.</summary>
public sealed class StoriesTests : IDisposable
{
    /// <summary>The reference states 8.4e-6 between its own float32 and float64; a logit is a sum of 64 products more.</summary>
    private const double Tolerance = 5e-5;

    private readonly Workers _workers = new(2);

    [Theory]
    [InlineData("")]
    [InlineData("gguf/stories260K-f32.gguf")]
    public void Residual_streams_logits_lens_losses_and_greedy_text_equal_the_reference(string file)
    {
        JsonElement golden = Near.Json(TestFiles.Shared("data", "stories260K", "golden.json"));
        LanguageModel model = LanguageModel.Load(TestFiles.Shared("data", "stories260K", file), _workers);
        foreach (JsonElement one in golden.GetProperty("cases").EnumerateArray())
        {
            int[] ids = Near.Integers(one.GetProperty("input_ids"));
            Trace trace = model.Trace(ids, TraceSites.All);
            int last = ids.Length - 1;
            Matrix[] streams = [trace.Embedding, .. Enumerable.Range(0, 5).Select(layer => trace.Residual(TraceSites.ResidPost, layer))];
            double[][] norms = [.. one.GetProperty("hidden_norms").EnumerateArray().Select(Near.Numbers)];
            double[][] starts = [.. one.GetProperty("hidden_last_first8").EnumerateArray().Select(Near.Numbers)];
            for (int layer = 0; layer < streams.Length; layer++)
            {
                Near.Equal($"norms {layer}", norms[layer], [.. Enumerable.Range(0, ids.Length).Select(p => (float)Vectors.Norm(streams[layer].Row(p)))], Tolerance);
                Near.Equal($"hidden {layer}", starts[layer], streams[layer].Row(last)[..8], Tolerance);
                Lens(model, streams[layer], last, one.GetProperty("logit_lens_last_top5")[layer]);
            }

            Near.Equal("final norm", Near.Numbers(one.GetProperty("final_norm_last_first8")), trace.FinalNorm.Row(last)[..8], Tolerance);
            foreach (JsonElement top in one.GetProperty("logits_last_top50").EnumerateArray())
                Near.Equal($"logit of {top[1]}", [top[2].GetDouble()], [trace.Logits[last, top[0].GetInt32()]], Tolerance);
            Assert.Equal(one.GetProperty("logits_last_logsumexp").GetDouble(), Softmax.LogSumExp(trace.Logits.Row(last)), Tolerance);
            Near.Equal(
                "losses", Near.Numbers(one.GetProperty("nll_per_token")), [.. Perplexity.LossNatsPerPosition(model, ids).Select(nats => (float)nats)], Tolerance);
            int[] greedy = Near.Integers(one.GetProperty("greedy_40"));
            Assert.Equal(greedy, Generator.Greedy(model, ids, greedy.Length));
        }
    }

    /// <summary>What a stored type costs: mean loss of the golden prompts, in nats above the float32 model's. Measured, and stated with a margin of two.</summary>
    [Theory]
    [InlineData("f16", 0.0003)]
    [InlineData("bf16", 0.0065)]
    [InlineData("q8_0", 0.005)]
    [InlineData("q5_1", 0.1)]
    [InlineData("q5_0", 0.18)]
    [InlineData("q4_1", 0.5)]
    [InlineData("q4_0", 0.5)]
    public void Narrow_GGUF_files_predict_almost_as_well(string type, double margin)
    {
        JsonElement golden = Near.Json(TestFiles.Shared("data", "stories260K", "golden.json"));
        LanguageModel model = LanguageModel.Load(TestFiles.Shared("data", "stories260K", "gguf", $"stories260K-{type}.gguf"), _workers);
        foreach (JsonElement one in golden.GetProperty("cases").EnumerateArray())
        {
            double loss = Perplexity.LossNatsPerPosition(model, Near.Integers(one.GetProperty("input_ids"))).Average();
            double expected = one.GetProperty("mean_nll").GetDouble();
            TestContext.Current.TestOutputHelper?.WriteLine($"{type}: {loss - expected:g3}");
            Assert.InRange(loss, expected - margin, expected + margin);
        }
    }

    /// <summary>Each of the eight files writes English words of its training stories; the float32 one writes the reference's text.</summary>
    [Fact]
    public void Every_GGUF_file_tells_a_story()
    {
        string[] words = ["and", "the", "a", "to", "was", "day", "Lily", "Once", "time", "upon", "there", "play", "with", "named", "little", "girl", "she", "mom", "her"];
        JsonElement golden = Near.Json(TestFiles.Shared("data", "stories260K", "golden.json")).GetProperty("cases")[0];
        string[] files = Directory.GetFiles(TestFiles.Shared("data", "stories260K", "gguf"), "*.gguf");
        Assert.Equal(8, files.Length);
        foreach (string file in files)
        {
            LanguageModel model = LanguageModel.Load(file, _workers);
            int[] ids = [.. model.Tokenizer!.Encode(golden.GetProperty("prompt").GetString()!).Ids];
            Assert.Equal(Near.Integers(golden.GetProperty("input_ids")), ids);
            GenerationResult result = Generator.Run(model, ids, new GenerationOptions { MaxTokens = 40 }, null, TestContext.Current.CancellationToken);
            TestContext.Current.TestOutputHelper?.WriteLine($"{Path.GetFileName(file)}: {result.Text}");
            string[] found = result.Text.Split([' ', '.', ',', '\n', '!', '"', '?'], StringSplitOptions.RemoveEmptyEntries);
            Assert.True(found.Length >= 10 && found.Count(words.Contains) * 4 >= found.Length, $"{Path.GetFileName(file)}: {result.Text}");
            if (file.EndsWith("-f32.gguf", StringComparison.Ordinal))
                Assert.Equal(Near.Integers(golden.GetProperty("greedy_40")), result.Ids);
        }
    }

    [Fact]
    public void Text_in_and_text_out_go_through_the_tokenizer_of_the_folder()
    {
        JsonElement golden = Near.Json(TestFiles.Shared("data", "stories260K", "golden.json"));
        LanguageModel model = LanguageModel.Load(TestFiles.Shared("data", "stories260K"), _workers);
        JsonElement one = golden.GetProperty("cases")[0];
        int[] ids = [1, .. model.Tokenizer!.Encode(one.GetProperty("prompt").GetString()!, addSpecialTokens: false).Ids];
        Assert.Equal(Near.Integers(one.GetProperty("input_ids")), ids);
        var pieces = new List<string>();
        GenerationResult result = Generator.Run(model, ids, new GenerationOptions { MaxTokens = 40 }, pieces.Add, TestContext.Current.CancellationToken);
        Assert.Equal(Near.Integers(one.GetProperty("greedy_40")), result.Ids);
        Assert.Equal(result.Text, string.Concat(pieces));
        Assert.True(pieces.Count > 10, "text comes while it is made");
        Assert.StartsWith(" play outside in the park.", result.Text, StringComparison.Ordinal);
        Assert.Equal(StopReason.MaxTokens, result.StopReason);
    }

    private static void Lens(LanguageModel model, Matrix stream, int position, JsonElement expected)
    {
        Matrix logits = model.Parts.Logits(model.Parts.ApplyFinalNorm(new Matrix(1, stream.Columns, stream.Row(position).ToArray())));
        Scored[] found = TopK.Largest(logits.Row(0), 5);
        for (int i = 0; i < found.Length; i++)
        {
            Assert.Equal(expected[i][0].GetInt32(), found[i].Index);
            Assert.Equal(expected[i][2].GetDouble(), found[i].Value, Tolerance);
        }
    }

    public void Dispose() => _workers.Dispose();
}
