using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Tests.Transformers;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Tracing;

/// <summary>Without positions the first layer's attention is a sum over a set; the mask alone lets order into later layers.</summary>
public sealed class OrderTestTests : IDisposable
{
    private static readonly int[] Ids = [5, 9, 77, 130, 2, 41, 17];
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData("gpt2")]
    [InlineData("opt-350m-style")]
    [InlineData("bloom")]
    [InlineData("xglm")]
    [InlineData("gpt-j")]
    [InlineData("llama")]
    [InlineData("llama-rope-yarn")]
    [InlineData("phi3-longrope")]
    [InlineData("gemma2")]
    [InlineData("olmo2")]
    [InlineData("falcon-40b-style")]
    [InlineData("mixtral")]
    public void Without_positions_the_first_attention_does_not_see_the_order(string family)
    {
        OrderTestResult result = OrderTest.Run(Open(family), Ids);
        Assert.True(result.FirstLayerSeesAll);
        Assert.True(result.WithPositions.FirstAttentionChange > 1e-4, $"with positions: {result.WithPositions.FirstAttentionChange}");
        Assert.True(result.WithoutPositions.FirstAttentionChange < 1e-5, $"without: {result.WithoutPositions.FirstAttentionChange}"); // sums in another order
        Assert.True(result.WithoutPositions.ResidualChange[0] < 1e-5);
        Assert.True(result.WithoutPositions.ResidualChange[^1] > 1e-4, "the mask leaks no order"); // three layers
        Assert.True(result.WithPositions.KlNats > result.WithoutPositions.KlNats * 0.1);
    }

    [Fact]
    public void One_layer_without_positions_predicts_the_same_whatever_the_order()
    {
        string folder = TestFiles.Fixture("families", "llama");
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();
        config["num_hidden_layers"] = 1;
        LanguageModel model = LanguageModel.Load(ModelFolder.Open(folder), System.Text.Json.JsonSerializer.SerializeToElement(config), "config.json", _workers);
        OrderTestResult result = OrderTest.Run(model, Ids, new OrderTestOptions { Permutations = 20 });
        Assert.Equal(20, result.Permutations);
        Assert.True(result.WithoutPositions.KlNats < 1e-9, $"{result.WithoutPositions.KlNats}");
        Assert.Equal(1, result.WithoutPositions.SameTopShare, 1e-12);
        Assert.True(result.WithPositions.KlNats > 1e-6);
    }

    [Fact]
    public void A_window_shorter_than_the_prompt_is_said()
    {
        OrderTestResult result = OrderTest.Run(Open("mistral"), [5, 9, 77, 130, 2, 41, 17, 3, 8, 11, 90]);
        Assert.False(result.FirstLayerSeesAll); // it sees 8
        Assert.True(result.WithoutPositions.FirstAttentionChange > 1e-4);
    }

    [Fact]
    public void Taking_positions_out_leaves_the_model_as_it_was()
    {
        LanguageModel model = Open("gpt2"), without = model.WithoutPositions();
        float[] before = model.NextLogits(Ids);
        Assert.Null(without.Parts.PositionVector(3));
        Assert.NotEqual(before, without.NextLogits(Ids));
        Assert.Equal(before, model.NextLogits(Ids));
        Assert.Equal(without.NextLogits(Ids), Open("gpt2").WithoutPositions().NextLogits(Ids));
    }

    [Fact]
    public void A_yarn_factor_is_not_part_of_the_order_and_stays()
    {
        LanguageModel model = Open("llama-rope-yarn");
        // At position 0 nothing is turned, so what is left of the rotation is its factor.
        Trace turned = model.Trace([7], TraceSites.Query), still = model.WithoutPositions().Trace([7], TraceSites.Query);
        Near.Equal("query at position 0", [.. turned.Query(0).Values.Select(x => (double)x)], still.Query(0).Values, 1e-7);
    }

    [Theory]
    [InlineData(new[] { 5 }, 0)]
    [InlineData(new[] { 5, 6 }, 0)]
    [InlineData(new[] { 5, 5, 5, 6 }, 0)]
    [InlineData(new[] { 1, 5, 6 }, 1)]
    public void Tokens_that_cannot_change_places_are_refused(int[] ids, int kept) =>
        Assert.Contains("two different tokens", Assert.Throws<ArgumentException>(() => OrderTest.Run(Open("gpt2"), ids, new OrderTestOptions { KeptInFront = kept })).Message, StringComparison.Ordinal);

    private LanguageModel Open(string family) => LanguageModel.Load(TestFiles.Fixture("families", family), _workers);
}
