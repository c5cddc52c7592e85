using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;

namespace Azimuth.Cli.Tests;

/// <summary>A vocabulary of one token has no neighbours and no rival; the commands say so.</summary>
public sealed class TinyVocabularyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;

    public TinyVocabularyTests()
    {
        string source = Path.Combine(TestFiles.Root, "tests", "fixtures", "families", "llama");
        _model = _folder["one-token"];
        Directory.CreateDirectory(_model);
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "config.json")))!.AsObject();
        config["vocab_size"] = 1;
        File.WriteAllText(Path.Combine(_model, "config.json"), config.ToJsonString());
        var file = SafetensorsFile.Open(Path.Combine(source, "model.safetensors"));
        SafetensorsWriter.Save(Path.Combine(_model, "model.safetensors"), file.Tensors.Select(tensor => FirstRow(file, tensor)));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_row_without_others_is_not_called_zero()
    {
        string screen = (await CliProcess.RunAsync("neighbors", "id:0", "-m", _model)).Screen();
        Assert.Contains("No other row has a direction", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("is zero", screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_without_a_rival_is_refused_in_one_sentence() => Assert.Contains(
        "the model predicts only one", (await CliProcess.RunAsync("trace", "--ids", "0", "-m", _model)).Refusal(), StringComparison.Ordinal);

    private static SafetensorsEntry FirstRow(SafetensorsFile file, TensorInfo tensor)
    {
        StoredBytes bytes = file.Bytes(tensor.Name);
        return tensor.Name is "model.embed_tokens.weight" or "lm_head.weight"
            ? new SafetensorsEntry(tensor.Name, TensorType.F32, [1, tensor.Shape[1]], bytes.Slice(0, sizeof(float) * tensor.Shape[1]))
            : new SafetensorsEntry(tensor.Name, TensorType.F32, tensor.Shape, bytes);
    }
}
