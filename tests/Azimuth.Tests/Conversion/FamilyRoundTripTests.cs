using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Conversion;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Transformers;
using Azimuth.Transformers.Architectures;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Conversion;

/// <summary>Every family fixture becomes GGUF in llama.cpp's convention, computes the reference's numbers from it, and becomes the same folder again; or is refused by name.</summary>
public sealed class FamilyRoundTripTests : IDisposable
{
    /// <summary>The fixtures' own requirement.</summary>
    private const double Tolerance = 1e-4;

    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;
    private readonly Workers _workers = new(2);
    private readonly TemporaryFolder _folder = new();

    /// <summary>Fixtures whose config GGUF cannot say, and the setting that is named.</summary>
    internal static readonly Dictionary<string, string> Inexpressible = new()
    {
        ["falcon-rw-style"] = "where the norms stand", // llama.cpp computes Falcon side by side only
        ["gpt2-inverse-layer-scale"] = "the activation",
        ["llama-rope-dynamic"] = "the rotary frequencies",
    };

    public static TheoryData<string> Convertible => [.. Folders().Where(name => HasForm(name))];

    private static IEnumerable<string> Folders() => Directory.GetDirectories(TestFiles.Fixture("families")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    private static bool HasForm(string name)
    {
        JsonElement config = JsonFile.ReadObject(TestFiles.Fixture("families", name, "config.json"));
        return ArchitectureRegistry.GgufFormOf(config.GetProperty("model_type").GetString()!) is not null;
    }

    [Fact]
    public void Every_GGUF_architecture_that_is_read_has_a_fixture()
    {
        string[] found = [.. Convertible.Select(row => ArchitectureRegistry.GgufFormOf(JsonFile.ReadObject(TestFiles.Fixture("families", row.Data, "config.json")).GetProperty("model_type").GetString()!)!.Name).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(["bert", "bloom", "falcon", "gemma", "gemma2", "gemma3", "gpt2", "gptneox", "llama", "mpt", "phi2", "phi3", "qwen2", "qwen3", "starcoder2"], found);
    }

    [Theory]
    [MemberData(nameof(Convertible))]
    public void From_GGUF_a_family_computes_the_reference(string family)
    {
        string source = TestFiles.Fixture("families", family), path = _folder.File("model.gguf");
        LanguageModel model = LanguageModel.Load(source, _workers);
        if (Inexpressible.TryGetValue(family, out string? setting))
        {
            Assert.Contains(setting, Assert.Throws<ArgumentException>(() => ModelConverter.ToGguf(model, new ConversionOptions(), path, cancellation: Cancel)).Message);
            Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
            return;
        }

        ModelConverter.ToGguf(model, new ConversionOptions { Type = TensorType.F32 }, path, cancellation: Cancel);
        LanguageModel written = LanguageModel.Load(path, _workers);
        var expected = SafetensorsFile.Open(Path.Combine(source, "expected.safetensors"));
        int[][] inputs = JsonSerializer.Deserialize<int[][]>(File.ReadAllBytes(Path.Combine(source, "inputs.json")))!;
        double largest = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            Matrix found = Last(written, inputs[i]);
            StoredMatrix want = expected.Matrix(written.Config.Output.HasLogits ? $"{i}.logits" : $"{i}.hidden_state.{written.Config.LayerCount}", found.Rows, found.Columns);
            for (int position = 0; position < found.Rows; position++)
                largest = Math.Max(largest, want.Row(position).Zip(found.Row(position).ToArray(), (a, b) => Math.Abs((double)a - b)).Max());
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{family} as {GgufFile.Open(path).Metadata.GetString("general.architecture")}: largest difference {largest:g2}");
        Assert.InRange(largest, 0, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Convertible))]
    public void A_folder_comes_back_from_GGUF(string family)
    {
        if (Inexpressible.ContainsKey(family))
            return;
        string source = TestFiles.Fixture("families", family), gguf = _folder.File("model.gguf"), back = _folder.File("back"), again = _folder.File("again.gguf");
        LanguageModel model = LanguageModel.Load(source, _workers);
        ModelConverter.ToGguf(model, new ConversionOptions(), gguf, cancellation: Cancel);
        LanguageModel first = LanguageModel.Load(gguf, _workers);
        ModelConverter.ToFolder(ModelFolder.Open(gguf), new ConversionOptions(), back, _workers, cancellation: Cancel);
        LanguageModel second = LanguageModel.Load(back, _workers);
        TransformerConfig kept = ArchitectureRegistry.GgufFormOf(model.Folder.Config!.Value.GetProperty("model_type").GetString()!)!.Kept(model.Config);
        Assert.Null(ConfigDifference.Find(kept, second.Config));
        // Norms and biases pass through single precision, and Gemma's gains lose what adding one to them rounds away.
        bool isGemma = family.StartsWith("gemma", StringComparison.Ordinal);
        int compared = 0;
        foreach (TensorInfo tensor in second.Folder.Checkpoint.Tensors)
        {
            // Published files lack the first prefix, or spell norms as the first BERT did.
            TensorInfo original = new[] { tensor.Name, tensor.Name[(tensor.Name.IndexOf('.') + 1)..], tensor.Name.Replace("LayerNorm.weight", "LayerNorm.gamma"), tensor.Name.Replace("LayerNorm.bias", "LayerNorm.beta") }
                .Select(model.Folder.Checkpoint.Find).OfType<TensorInfo>().First();
            float[] want = Values(model.Folder.Checkpoint, original), found = Values(second.Folder.Checkpoint, tensor);
            Assert.Equal(original.Shape, tensor.Shape);
            if (isGemma && tensor.Name.EndsWith("norm.weight", StringComparison.Ordinal))
                Assert.All(want.Zip(found), pair => Assert.InRange(pair.Second, pair.First - 1.2e-7f, pair.First + 1.2e-7f));
            else
                Assert.Equal(want, found);
            compared++;
        }

        Assert.True(compared > 10, $"{compared} tensors");
        ModelConverter.ToGguf(second, new ConversionOptions(), again, cancellation: Cancel);
        GgufFile one = GgufFile.Open(gguf), other = GgufFile.Open(again);
        Assert.Equal(one.Tensors.Select(t => t.Name), other.Tensors.Select(t => t.Name));
        foreach (TensorInfo tensor in one.Tensors)
            Assert.Equal(Bytes(one, tensor), Bytes(other, tensor));
        int[] ids = [.. Enumerable.Range(0, 12).Select(i => i * 7 % model.Config.VocabSize)];
        // Divisors of rotary frequencies are stored in single precision: the folder's decimal numbers are theirs to seven digits.
        double allowed = family is "llama-rope-llama3" or "llama-rope-yarn" or "phi3-longrope" ? 1e-5 : 0;
        Assert.All(Last(first, ids).Values.Zip(Last(second, ids).Values), pair => Assert.InRange(Math.Abs((double)pair.First - pair.Second), 0, allowed));
    }

    /// <summary>Logits, or an encoder's hidden states.</summary>
    private static Matrix Last(LanguageModel model, int[] ids) =>
        model.Config.Output.HasLogits ? model.Logits(ids) : model.Trace(ids, TraceSites.ResidPost).Residual(TraceSites.ResidPost, model.Config.LayerCount - 1);

    private static byte[] Bytes(Checkpoint checkpoint, TensorInfo tensor) => checkpoint.Bytes(tensor.Name).Span(0, (int)tensor.SizeBytes).ToArray();

    private static float[] Values(Checkpoint checkpoint, TensorInfo tensor)
    {
        var values = new float[tensor.ElementCount];
        RowDecoder.Decode(tensor.Type!.Value, Bytes(checkpoint, tensor), values);
        return values;
    }

    public void Dispose()
    {
        _workers.Dispose();
        _folder.Dispose();
    }
}
