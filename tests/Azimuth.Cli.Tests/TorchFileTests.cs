using System.Text.Json;

namespace Azimuth.Cli.Tests;

/// <summary>What torch.save wrote, on the command line: whatever its ending, inspected, run and refused in one sentence.</summary>
public sealed class TorchFileTests
{
    [Theory]
    [InlineData("x.bin", "repacked-deflate", "PyTorch", 10)]
    [InlineData("x.bin", "legacy", "PyTorch before 1.6", 11)]
    [InlineData("x.pt", "nested-state-dict", "PyTorch", 10)]
    [InlineData("x.ckpt", "legacy-protocol-4", "PyTorch before 1.6", 1)]
    public async Task Tensors_are_listed_under_any_ending(string name, string fixture, string format, int tensors)
    {
        using TemporaryFolder folder = new();
        File.Copy(TestFiles.Fixture("checkpoints", "torch", "ok", fixture + ".pt"), folder[name]);
        JsonElement found = (await CliProcess.RunInAsync(folder.Path, "inspect", name, "--json")).Json();
        Assert.Equal(format, found.GetProperty("format").GetString());
        Assert.Equal(tensors, found.GetProperty("tensors").GetArrayLength());
    }

    [Fact]
    public async Task A_folder_with_pickled_shards_is_a_model_like_any_other()
    {
        string pickled = (await CliProcess.RunAsync("geometry", "-m", "tests/fixtures/checkpoints/sharded/bin", "--json")).Json().GetProperty("tables").GetRawText();
        Assert.Equal((await CliProcess.RunAsync("geometry", "-m", "tests/fixtures/checkpoints/sharded/safetensors", "--json")).Json().GetProperty("tables").GetRawText(), pickled);
    }

    [Theory]
    [InlineData("global-os-system", "found the Python object os.system")]
    [InlineData("storage-missing", "has no entry archive/data/7")]
    [InlineData("not-a-checkpoint-lfs-pointer", "Git LFS pointer")]
    public async Task What_is_more_than_tensors_is_refused_in_one_sentence(string fixture, string part) =>
        Assert.Contains(part, (await CliProcess.RunAsync("inspect", $"tests/fixtures/checkpoints/torch/refuse/{fixture}.pt")).Refusal(), StringComparison.Ordinal);
}
