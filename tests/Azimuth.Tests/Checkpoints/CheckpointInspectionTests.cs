using System.Text.Json;
using Azimuth.Checkpoints;

namespace Azimuth.Tests.Checkpoints;

public sealed class CheckpointInspectionTests
{
    [Fact]
    public void The_default_model_has_its_135_million_parameters_by_type()
    {
        var inspection = CheckpointInspection.Inspect(TestFiles.Model("SmolLM2-135M-Instruct"));
        Assert.Equal(("GGUF", "3", 98_362_432L), (inspection.Format, inspection.FormatVersion, inspection.FileBytes));
        // 49,152 × 576 + 30 blocks + 576, the published 134,515,008.
        Assert.Equal(134_515_008, inspection.ParameterCount);
        Assert.Equal(272, inspection.Tensors.Count);
        Assert.Equal(inspection.ParameterCount, inspection.Types.Sum(t => t.Parameters));
        Assert.Equal(["F32", "Q4_1", "Q8_0"], inspection.Types.Select(t => t.Type).Order(StringComparer.Ordinal));
        var tokens = inspection.Metadata.Single(m => m.Key == "tokenizer.ggml.tokens");
        Assert.Equal(("string[49152]", 49_152, 8), (tokens.Type, tokens.Count, ((object[])tokens.Value).Length));
    }

    [Fact]
    public void It_is_JSON_in_camel_case_with_numbers_that_are_not_finite_as_texts()
    {
        var inspection = CheckpointInspection.Inspect(Verdicts.PathOf("gguf", "ok/metadata-all-types.gguf"));
        using var json = JsonDocument.Parse(JsonSerializer.Serialize(inspection, JsonSerializerOptions.Web));
        var metadata = json.RootElement.GetProperty("metadata").EnumerateArray().ToDictionary(m => m.GetProperty("key").GetString()!, m => m.GetProperty("value"));
        Assert.Equal("inf", metadata["t.float32.inf"].GetString());
        Assert.Equal("nan", metadata["t.float64.nan"].GetString());
        Assert.Equal("0.1", metadata["t.float32"].GetRawText());
        Assert.Equal("18446744073709551615", metadata["t.uint64"].GetRawText());
        Assert.Equal([1, 2, 3], metadata["a.uint32"].EnumerateArray().Select(v => v.GetInt32()));
        Assert.Equal("int32[2]", metadata["a.nested"][0].GetString());
        Assert.InRange(metadata["t.string.long"].GetString()!.Length, 1, 401);
        Assert.Equal("GGUF", json.RootElement.GetProperty("format").GetString());
    }

    [Fact]
    public void Shards_are_counted_together_and_unread_types_are_listed()
    {
        var sharded = CheckpointInspection.Inspect(Verdicts.PathOf("sharded", "safetensors"));
        Assert.Equal("sharded safetensors", sharded.Format);
        Assert.Equal(3, sharded.Tensors.Select(t => t.File).Distinct().Count());
        Assert.Equal(72_992, sharded.FileBytes);
        var blocks = CheckpointInspection.Inspect(Verdicts.PathOf("gguf", "ok/random-blocks.gguf"));
        Assert.Equal(23, blocks.Types.Count);
        Assert.All(blocks.Tensors, t => Assert.Equal([2L, 256L], t.Shape));
    }

    [Fact]
    public void A_header_is_read_without_its_payload()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("sparse.gguf");
        File.Copy(Verdicts.PathOf("gguf", "ok/plain-types.gguf"), path);
        // 64 GiB of data that is not there: reading it would take far longer than the test may.
        using (var stream = File.OpenWrite(path))
            stream.SetLength(64L << 30);
        Assert.Equal(64L << 30, Verdicts.Bounded(path, CheckpointInspection.Inspect).FileBytes);
    }
}
