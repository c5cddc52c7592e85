using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tokenization;

namespace Azimuth.Tests.Tokenization;

/// <summary>A few steps that each write several characters for one would make a text of any size: encoding "a" by the files here took all memory.</summary>
public sealed class TextGrowthTests
{
    private const string TenOfOne = """{"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaaaa"}""";

    [Theory]
    [InlineData("normalizer", "normalizers", TenOfOne, "a")]
    [InlineData("normalizer", "normalizers", """{"type": "Replace", "pattern": {"Regex": ""}, "content": "b"}""", "a")]
    [InlineData("normalizer", "normalizers", """{"type": "ByteLevel"}""", "é")]
    [InlineData("pre_tokenizer", "pretokenizers", """{"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}""", "é")]
    public void Encoding_stops_where_a_text_grows_out_of_proportion(string stage, string parts, string part, string text)
    {
        Tokenizer tokenizer = Load(stage, Chain(parts, part, 30));
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => tokenizer.Encode(text));
        Assert.Equal("TextTooLong", error.Kind);
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointFormatException>(() => tokenizer.Stages(text));
    }

    [Fact]
    public void An_added_token_that_is_normalised_stops_the_loading()
    {
        string added = """[{"id": 3, "content": "aa", "normalized": true}]""";
        Assert.Equal("TextTooLong", Assert.Throws<CheckpointFormatException>(() => Load("normalizer", Chain("normalizers", TenOfOne, 30), added)).Kind);
    }

    [Fact]
    public void One_long_replacement_is_no_growth_out_of_proportion()
    {
        Tokenizer tokenizer = Load("normalizer", JsonNode.Parse("""{"type": "Replace", "pattern": {"String": "b"}, "content": "aaaaaaaaaa"}""")!);
        Assert.Equal(100_001, tokenizer.Encode(new string('b', 10_000) + "a").Ids.Length);
    }

    [Theory]
    [InlineData(TenOfOne)]
    [InlineData("""{"type": "Replace", "pattern": {"Regex": ""}, "content": "b"}""")]
    public void Decoders_are_refused_at_once(string part) =>
        Assert.Equal("TextTooLong", Assert.Throws<CheckpointFormatException>(() => Load("decoder", Chain("decoders", part, 30))).Kind);

    [Fact]
    public void Stripping_takes_time_in_proportion_to_the_text()
    {
        Assert.Contains("one character", Assert.Throws<CheckpointFormatException>(() => Load("decoder", Strip(""))).Message);
        Tokenizer tokenizer = Load("decoder", JsonNode.Parse($$"""{"type": "Sequence", "decoders": [{"type": "Fuse"}, {{Strip("a").ToJsonString()}}]}""")!);
        int[] ids = new int[2_000_000];
        ids[^1] = 1;
        Assert.Equal("b", tokenizer.Decode(ids));
    }

    [Fact]
    public void A_token_that_is_listed_twice_is_one_token()
    {
        string added = """[{"id": 3, "content": "<x>", "special": true}, {"id": 3, "content": "<x>", "special": true}]""";
        Assert.Equal([0, 3, 1], Load("decoder", null, added).Encode("a<x>b").Ids);
    }

    private static JsonNode Strip(string content) => new JsonObject { ["type"] = "Strip", ["content"] = content, ["start"] = int.MaxValue, ["stop"] = int.MaxValue };

    private static JsonNode Chain(string parts, string part, int count) =>
        new JsonObject { ["type"] = "Sequence", [parts] = new JsonArray([.. Enumerable.Range(0, count).Select(_ => JsonNode.Parse(part))]) };

    private static Tokenizer Load(string stage, JsonNode? component, string added = "[]")
    {
        using TemporaryFolder folder = new();
        JsonObject file = JsonNode.Parse("""{"version": "1.0", "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2}, "merges": []}}""")!.AsObject();
        file["added_tokens"] = JsonNode.Parse(added);
        file[stage] = component;
        return Tokenizer.FromJsonFile(folder.Write("tokenizer.json", file.ToJsonString()));
    }
}
