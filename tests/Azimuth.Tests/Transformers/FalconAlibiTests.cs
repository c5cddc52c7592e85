using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Architectures;
using Azimuth.Transformers.Positions;

namespace Azimuth.Tests.Transformers;

/// <summary>
/// How strong Falcon's ALiBi is depends on the reference's implementation of attention (docs/accuracy.md): its fixture, which <see cref="FamilyTests"/>
/// compares, is from the one that adds it twice.
/// </summary>
public class FalconAlibiTests
{
    [Theory]
    [InlineData(null, 2, 1)]
    [InlineData("eager", 2, 1)]
    [InlineData("sdpa", 1, 0)]
    public void It_counts_twice_and_says_so_unless_the_config_names_the_fused_attention(string? implementation, int times, int remarks)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(TestFiles.Fixture("families", "falcon-rw-style", "config.json")))!.AsObject();
        if (implementation is not null)
            json["attn_implementation"] = implementation;
        TransformerConfig config = ArchitectureRegistry.Read(new ConfigReader(JsonDocument.Parse(json.ToJsonString()).RootElement, "config.json")).Config;
        AttentionConfig attention = config.Layers[0].Attention;
        Assert.Equal((float)(times / Math.Sqrt(8)), attention.AlibiScale);
        Assert.Equal(-times * 3 * 0.25f / MathF.Sqrt(8), attention.AlibiBias(head: 0, query: 5, key: 2), 1e-6f); // the first of four heads falls by 1/4 a position
        Assert.Equal(remarks, config.Remarks.Count);
        Assert.Null(attention.Rotary);
    }

    [Fact]
    public void A_model_opened_so_warns()
    {
        using var workers = new Workers(1);
        Assert.StartsWith("ALiBi counts twice", Assert.Single(LanguageModel.Load(TestFiles.Fixture("families", "falcon-rw-style"), workers).Warnings), StringComparison.Ordinal);
        Assert.Empty(LanguageModel.Load(TestFiles.Fixture("families", "bloom"), workers).Warnings);
    }

    [Theory]
    [InlineData(255, 255)]
    [InlineData(257, 256)]
    [InlineData(258, 258)]
    [InlineData(259, 260)]
    [InlineData(1025, 1024)]
    [InlineData(-259, -260)]
    public void Products_are_rounded_to_bfloat16_with_ties_to_even(float value, float rounded)
    {
        Assert.Equal(rounded, Alibi.Bfloat16(value));
        Assert.Equal(rounded, Alibi.RoundedBias(1, query: 0, key: (int)value));
        Assert.Equal(0, Alibi.RoundedBias(0.3f, query: 259, key: 259));
    }
}
