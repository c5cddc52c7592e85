using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Conversion;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Transformers;
using Azimuth.Transformers.Positions;

namespace Azimuth.Tests.Conversion;

/// <summary>YaRN's settings in GGUF files, each under llama.cpp's key; a published Llama has all of them.</summary>
public sealed class YarnTests : IDisposable
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;
    private readonly Workers _workers = new(2);
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Bounds_other_than_the_usual_go_there_and_back()
    {
        string source = Source(rope => (rope["beta_fast"], rope["beta_slow"]) = (4.0, 2.0)), gguf = _folder.File("model.gguf"), back = _folder.File("back");
        ModelConverter.ToGguf(LanguageModel.Load(source, _workers), new ConversionOptions(), gguf, cancellation: Cancel);
        ModelConverter.ToFolder(ModelFolder.Open(gguf), new ConversionOptions(), back, _workers, cancellation: Cancel);
        Assert.Equal((4.0, 2.0), (Yarn(source).BetaFast, Yarn(source).BetaSlow));
        Assert.Equal((4.0, 2.0), (Yarn(gguf).BetaFast, Yarn(gguf).BetaSlow));
        Assert.Equal((4.0, 2.0), (Yarn(back).BetaFast, Yarn(back).BetaSlow));
    }

    [Fact]
    public void The_multiplier_of_the_logarithm_is_mscale_all_dim()
    {
        string source = Source(rope => { rope.Remove("attention_factor"); (rope["mscale"], rope["mscale_all_dim"]) = (1.0, 0.5); });
        string gguf = With(Gguf(), keys => keys.Set("llama.rope.scaling.yarn_log_multiplier", 0.5f));
        Assert.Equal(Yarn(source).AttentionFactor, Yarn(gguf).AttentionFactor, 6);
        Assert.NotEqual(Yarn(Gguf()).AttentionFactor, Yarn(gguf).AttentionFactor, 3);
    }

    [Theory]
    [InlineData("yarn_ext_factor", 0.5f)]
    [InlineData("yarn_attn_factor", 2f)]
    [InlineData("yarn_beta_fast", 0f)]
    public void What_is_not_computed_is_refused(string key, float value)
    {
        string path = With(Gguf(), keys => keys.Set("llama.rope.scaling." + key, value));
        Assert.Contains(key, Assert.Throws<CheckpointFormatException>(() => LanguageModel.Load(path, _workers)).Message);
    }

    [Fact]
    public void A_zero_in_config_json_counts_as_nothing()
    {
        string source = Source(rope => { rope.Remove("attention_factor"); (rope["mscale"], rope["mscale_all_dim"]) = (0.707, 0.0); });
        double factor = Yarn(source).Factor;
        Assert.Equal(RotaryScaling.Yarn.DefaultAttentionFactor(factor), Yarn(source).AttentionFactor);
    }

    private RotaryScaling.Yarn Yarn(string path) => Assert.IsType<RotaryScaling.Yarn>(LanguageModel.Load(path, _workers).Config.Layers[0].Attention.Rotary!.Scaling);

    private string Gguf()
    {
        string path = _folder.File(Guid.NewGuid() + ".gguf");
        ModelConverter.ToGguf(LanguageModel.Load(Source(rope => rope.Remove("attention_factor")), _workers), new ConversionOptions(), path, cancellation: Cancel);
        return path;
    }

    private string With(string path, Action<GgufKeys> change)
    {
        GgufFile file = GgufFile.Open(path);
        GgufKeys keys = GgufKeys.From(file.Metadata);
        change(keys);
        string changed = _folder.File(Guid.NewGuid() + ".gguf");
        GgufWriter.Save(changed, keys, [.. file.Tensors.Select(tensor => new GgufTensor(tensor.Name, tensor.Type!.Value, tensor.Shape, file.Bytes(tensor.Name)))], cancellation: Cancel);
        return changed;
    }

    private string Source(Action<JsonObject> change)
    {
        string source = TestFiles.Fixture("families", "llama-rope-yarn"), copy = Directory.CreateDirectory(_folder.File(Guid.NewGuid().ToString())).FullName;
        File.Copy(Path.Combine(source, "model.safetensors"), Path.Combine(copy, "model.safetensors"));
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "config.json")))!.AsObject();
        change(config["rope_parameters"]!.AsObject());
        File.WriteAllText(Path.Combine(copy, "config.json"), config.ToJsonString());
        return copy;
    }

    public void Dispose()
    {
        _workers.Dispose();
        _folder.Dispose();
    }
}
