using System.Diagnostics;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;

namespace Azimuth.Tests.Checkpoints;

public sealed class ModelFolderTests
{
    [Fact]
    public void The_default_model_is_a_folder_with_one_GGUF_file()
    {
        var model = ModelFolder.Open(TestFiles.Model("SmolLM2-135M-Instruct"));
        Assert.Equal("SmolLM2-135M-Instruct", model.Name);
        Assert.Null(model.Config);
        Assert.NotNull(model.Gguf);
        Assert.Empty(model.Warnings);
        Assert.Equal("llama", model.Gguf.Metadata.GetString("general.architecture"));
        Assert.Equal(49_152, model.Gguf.Metadata.GetArray("tokenizer.ggml.tokens").Count);
        var table = model.Checkpoint.Matrix("token_embd.weight", 49_152, 576);
        Assert.Equal(TensorType.Q8_0, table.Type);
        Assert.Equal(TensorType.Q4_1, model.Checkpoint.Matrix("blk.0.attn_q.weight", 576, 576).Type);
        Assert.Equal(576, model.Checkpoint.Vector("output_norm.weight").Length);
    }

    [Fact]
    public void The_default_model_opens_in_less_than_60_milliseconds()
    {
        string path = Path.Combine(TestFiles.Model("SmolLM2-135M-Instruct"), "SmolLM2-135M-Instruct.Q4_1.gguf");
        GgufFile.Open(path);
        var clock = Stopwatch.StartNew();
        GgufFile.Open(path);
        Assert.InRange(clock.ElapsedMilliseconds, 0, 60);
    }

    [Fact]
    public void A_safetensors_folder_comes_with_its_configuration()
    {
        var model = ModelFolder.Open(TestFiles.Model("novels-gpt"));
        Assert.IsType<SafetensorsFile>(model.Checkpoint);
        Assert.Equal("gpt2", model.Config!.Value.GetProperty("model_type").GetString());
        Assert.NotNull(model.GenerationConfig);
        Assert.Null(model.Gguf);
        Assert.True(File.Exists(Path.Combine(model.TokenizerFolder, "tokenizer.json")));
    }
}
