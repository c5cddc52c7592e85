using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Transformers;

/// <summary>One model as GGUF, as a folder and in shards gives the same numbers.</summary>
public sealed class CheckpointFormTests : IDisposable
{
    /// <summary>The fixtures' own requirement.</summary>
    private const double Tolerance = 1e-5;

    private readonly Workers _workers = new(2);

    [Theory]
    [InlineData("model-gpt2", "model.gguf", "golden.safetensors")]
    [InlineData("model-gpt2", "hf", "golden.safetensors")]
    [InlineData("model-llama", "model.gguf", "golden.safetensors")]
    [InlineData("model-llama", "hf", "golden.safetensors")]
    [InlineData("model-llama", "model-q8_0.gguf", "golden-q8_0.safetensors")]
    public void Hidden_states_and_logits_equal_the_reference(string folder, string file, string expected)
    {
        JsonElement golden = Near.Json(TestFiles.Fixture("checkpoints", "gguf", folder, "golden.json"));
        var values = SafetensorsFile.Open(TestFiles.Fixture("checkpoints", "gguf", folder, expected));
        LanguageModel model = LanguageModel.Load(TestFiles.Fixture("checkpoints", "gguf", folder, file), _workers);
        int text = 0;
        foreach (JsonElement ids in golden.GetProperty("ids").EnumerateArray())
        {
            Trace trace = model.Trace(Near.Integers(ids), TraceSites.Embedding | TraceSites.ResidPost | TraceSites.FinalNorm | TraceSites.Logits);
            // Layer 0 is the embedding, the last one after the final norm.
            Compare(values, $"hidden.{text}.0", trace.Embedding);
            Compare(values, $"hidden.{text}.1", trace.Residual(TraceSites.ResidPost, 0));
            Compare(values, $"hidden.{text}.2", trace.FinalNorm);
            Compare(values, $"logits.{text}", trace.Logits);
            text++;
        }

        Assert.Equal(5, text);
    }

    [Fact]
    public void A_permuted_GGUF_and_its_folder_have_the_same_queries_and_keys()
    {
        int[] ids = [1, 17, 42, 9, 300];
        Trace gguf = LanguageModel.Load(TestFiles.Fixture("checkpoints", "gguf", "model-llama", "model.gguf"), _workers).Trace(ids, TraceSites.All);
        Trace folder = LanguageModel.Load(TestFiles.Fixture("checkpoints", "gguf", "model-llama", "hf"), _workers).Trace(ids, TraceSites.All);
        for (int layer = 0; layer < 2; layer++)
        {
            Assert.Equal(folder.Query(layer).Values, gguf.Query(layer).Values);
            Assert.Equal(folder.Key(layer).Values, gguf.Key(layer).Values);
        }

        Assert.Equal(folder.Logits.Values, gguf.Logits.Values);
    }

    [Theory]
    [InlineData("safetensors")]
    [InlineData("bin")]
    public void A_sharded_folder_gives_the_reference_logits(string folder)
    {
        JsonElement golden = Near.Json(TestFiles.Fixture("checkpoints", "sharded", "golden.json"));
        LanguageModel model = LanguageModel.Load(TestFiles.Fixture("checkpoints", "sharded", folder), _workers);
        for (int i = 0; i < 2; i++)
        {
            Matrix logits = model.Logits(Near.Integers(golden.GetProperty("input_ids")[i]));
            Near.Equal($"logits {i}", Near.Numbers(golden.GetProperty("logits")[i]), logits.Values, Tolerance);
        }
    }

    private static void Compare(SafetensorsFile expected, string name, Matrix found)
    {
        StoredMatrix values = expected.Matrix(name, found.Rows, found.Columns);
        for (int row = 0; row < found.Rows; row++)
            Near.Equal($"{name}, position {row}", [.. values.Row(row).Select(v => (double)v)], found.Row(row), Tolerance);
    }

    public void Dispose() => _workers.Dispose();
}
