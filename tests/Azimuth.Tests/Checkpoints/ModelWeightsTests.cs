using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;

namespace Azimuth.Tests.Checkpoints;

/// <summary>A changed copy is safetensors whatever the original was, in as many files.</summary>
public sealed class ModelWeightsTests
{
    [Theory]
    [InlineData("safetensors")]
    [InlineData("bin")]
    public void Shards_are_copied_under_names_of_safetensors(string folder)
    {
        using var copy = new TemporaryFolder();
        Checkpoint original = ModelFolder.OpenWeights(Verdicts.PathOf("sharded", folder));
        ModelWeights.Write(original, copy.Path, tensor => new SafetensorsEntry(tensor.Name, tensor.Type!.Value, tensor.Shape, original.Bytes(tensor.Name)), null, CancellationToken.None);
        string[] files = ["model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors", "model.safetensors.index.json"];
        Assert.Equal(files, Directory.EnumerateFiles(copy.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(files, ModelWeights.FilesOf(original).Order(StringComparer.Ordinal));
        Checkpoint written = ModelFolder.OpenWeights(copy.Path);
        Assert.Empty(written.Warnings);
        Assert.Equal(original.Tensors.Count, written.Tensors.Count);
        ShardedCheckpointTests.AssertEqual(
            SafetensorsFile.Open(Verdicts.PathOf("sharded", "expected.safetensors")), written,
            [.. written.Tensors.Select(t => t.Name).Where(name => name == "lm_head.weight" || name.EndsWith(".attn.bias", StringComparison.Ordinal) || name.EndsWith(".masked_bias", StringComparison.Ordinal))]);
    }

    [Theory]
    [InlineData("pytorch_model.bin", "model.safetensors")]
    [InlineData("consolidated.00.pth", "consolidated.00.safetensors")]
    public void A_single_file_is_copied_under_a_name_of_safetensors(string name, string expected)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write(name, File.ReadAllBytes(Verdicts.PathOf("torch", "ok/views.pt")));
        Checkpoint original = ModelFolder.OpenWeights(file);
        ModelWeights.Write(original, folder.Path, tensor => new SafetensorsEntry(tensor.Name, tensor.Type!.Value, tensor.Shape, original.Bytes(tensor.Name)), null, CancellationToken.None);
        ShardedCheckpointTests.AssertEqual(SafetensorsFile.Open(Verdicts.PathOf("torch", "ok/views.expected.safetensors")), SafetensorsFile.Open(folder.File(expected)));
    }
}
