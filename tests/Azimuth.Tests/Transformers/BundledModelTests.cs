using System.Text.Json;
using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Tests.Transformers;

/// <summary>The bundled models, and novels-gpt with its first weights, against float64 references: ids, logits, losses, greedy continuations.</summary>
public sealed class BundledModelTests : IDisposable
{
    private readonly Workers _workers = new(2);

    [Theory]
    [InlineData("smollm2")]
    [InlineData("novels-gpt")]
    public void Prompts_give_the_reference_ids_logits_losses_and_continuations(string name)
    {
        JsonElement golden = Near.Json(TestFiles.Fixture("trace", name + ".json"));
        LanguageModel model = LanguageModel.Load(TestFiles.Traced(name), _workers);
        foreach (JsonElement prompt in golden.GetProperty("prompts").EnumerateArray())
        {
            int[] ids = Near.Integers(prompt.GetProperty("ids"));
            Assert.Equal(ids, model.Tokenizer!.Encode(prompt.GetProperty("text").GetString()!, addSpecialTokens: false).Ids);
            float[] logits = model.NextLogits(ids);
            foreach (string which in new[] { "target", "rival" })
            {
                double expected = prompt.GetProperty($"logit_{which}").GetDouble();
                Assert.Equal(expected, logits[prompt.GetProperty(which).GetInt32()], 1e-4 * Math.Abs(expected)); // the fixture's requirement
            }

            double[] losses = Near.Numbers(prompt.GetProperty("loss_nats_per_position")), found = Perplexity.LossNatsPerPosition(model, ids);
            for (int i = 0; i < losses.Length; i++)
                Assert.Equal(losses[i], found[i], 1e-4 * Math.Max(1, losses[i]));
            int[] greedy = Near.Integers(prompt.GetProperty("greedy_20"));
            Assert.Equal(greedy, Generator.Greedy(model, ids, greedy.Length));
        }
    }

    /// <summary>The losses its README states, computed from the bundled weights; the ids are those of the reference.</summary>
    [Theory]
    [InlineData(256, 3.93370)]
    [InlineData(128, 3.87632)]
    public void Novels_gpt_predicts_the_held_out_text_better_than_its_first_weights(int stride, double expected)
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Model("novels-gpt"), _workers);
        int[] ids = model.Tokenizer!.Encode(File.ReadAllText(TestFiles.Model("novels-gpt/heldout.txt")), addSpecialTokens: false).Ids;
        double loss = Perplexity.Of(model, ids, 256, stride, cancellation: TestContext.Current.CancellationToken).LossNatsPerToken;
        Assert.Equal(expected, loss, 2e-5);
        JsonElement first = Near.Json(TestFiles.Fixture("trace", "novels-gpt.json")).GetProperty("heldout").GetProperty($"stride_{stride}");
        Assert.True(loss < first.GetProperty("loss_nats_per_token").GetDouble());
    }

    [Fact]
    public void The_default_model_is_opened_by_name_and_stops_at_its_end_token()
    {
        LanguageModel model = LanguageModel.Load("SmolLM2-135M-Instruct", _workers);
        Assert.True(model.IsTied);
        Assert.Same(model.TokenEmbedding, model.Unembedding);
        Assert.Equal([2], model.GenerationDefaults.EndIds);
        int[] ids = model.Tokenizer!.Encode("<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n", addSpecialTokens: false).Ids;
        GenerationResult result = Generator.Run(model, ids, new GenerationOptions { MaxTokens = 60 }, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(StopReason.EndToken, result.StopReason);
        Assert.Equal(2, result.Ids[^1]);
        Assert.DoesNotContain("<|im_end|>", result.Text, StringComparison.Ordinal);
    }

    public void Dispose() => _workers.Dispose();
}
