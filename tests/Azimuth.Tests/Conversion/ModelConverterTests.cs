using System.Diagnostics;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Conversion;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tests.Transformers;
using Azimuth.Tokenization;
using Azimuth.Transformers;

namespace Azimuth.Tests.Conversion;

public sealed class ModelConverterTests : IDisposable
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;
    private readonly Workers _workers = new(2);
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("model-llama")]
    [InlineData("model-gpt2")]
    public void A_GGUF_file_of_the_reference_becomes_the_reference_folder(string model)
    {
        string gguf = TestFiles.Fixture("checkpoints", "gguf", model, "model.gguf"), hf = TestFiles.Fixture("checkpoints", "gguf", model, "hf"), path = _folder.File("folder");
        ConversionResult result = ModelConverter.ToFolder(ModelFolder.Open(gguf), new ConversionOptions(), path, _workers, cancellation: Cancel);
        Assert.Empty(result.Remarks);
        AssertSame(SafetensorsFile.Open(Path.Combine(hf, "model.safetensors")), ModelFolder.OpenWeights(path), mayLack: ["lm_head.weight"]);
        JsonElement golden = Near.Json(TestFiles.Fixture("checkpoints", "gguf", model, "golden.json"));
        Tokenizer tokenizer = LanguageModel.Load(path, _workers).Tokenizer!, original = Tokenizer.FromGguf(GgufFile.Open(gguf));
        string[] texts = [.. golden.GetProperty("texts").EnumerateArray().Select(text => text.GetString()!)];
        for (int i = 0; i < texts.Length; i++)
        {
            int[] ids = Near.Integers(golden.GetProperty("ids")[i]);
            Assert.Equal(ids, tokenizer.Encode(texts[i]).Ids);
            Assert.Equal(original.Decode(ids), tokenizer.Decode(ids));
        }
    }

    [Theory]
    [InlineData("model-llama")]
    [InlineData("model-gpt2")]
    public void A_reference_folder_becomes_the_reference_GGUF_file_and_comes_back_file_by_file(string model)
    {
        string hf = TestFiles.Fixture("checkpoints", "gguf", model, "hf"), gguf = _folder.File("model.gguf"), back = _folder.File("back");
        ModelConverter.ToGguf(LanguageModel.Load(hf, _workers), new ConversionOptions(), gguf, cancellation: Cancel);
        GgufFile written = GgufFile.Open(gguf), reference = GgufFile.Open(TestFiles.Fixture("checkpoints", "gguf", model, "model.gguf"));
        AssertSame(reference, written, mayLack: []);
        Assert.Equal(reference.Metadata.GetArray("tokenizer.ggml.tokens").ToStrings(), written.Metadata.GetArray("tokenizer.ggml.tokens").ToStrings());
        ModelConverter.ToFolder(ModelFolder.Open(gguf), new ConversionOptions(), back, _workers, cancellation: Cancel);
        AssertSame(SafetensorsFile.Open(Path.Combine(hf, "model.safetensors")), ModelFolder.OpenWeights(back), mayLack: ["lm_head.weight"]);
        Assert.Equal(File.ReadAllBytes(Path.Combine(hf, "tokenizer.json")), File.ReadAllBytes(Path.Combine(back, "tokenizer.json")));
    }

    [Theory]
    [InlineData(TensorType.F32, "f32")]
    [InlineData(TensorType.F16, "f16")]
    [InlineData(TensorType.BF16, "bf16")]
    [InlineData(TensorType.Q8_0, "q8_0")]
    [InlineData(TensorType.Q4_1, "q4_1")]
    [InlineData(TensorType.Q4_0, "q4_0")]
    public void Every_type_has_the_bytes_of_the_reference_converter(TensorType type, string name)
    {
        string path = _folder.File("stories.gguf"), folder = _folder.File("folder");
        ConversionResult result = ModelConverter.ToGguf(LanguageModel.Load(TestFiles.Shared("data", "stories260K"), _workers), new ConversionOptions { Type = type }, path, cancellation: Cancel);
        Assert.DoesNotContain(result.Remarks, remark => remark.Contains("vocabulary", StringComparison.Ordinal));
        AssertSame(GgufFile.Open(TestFiles.Shared("data", "stories260K", "gguf", $"stories260K-{name}.gguf")), GgufFile.Open(path), mayLack: []);

        // To a folder and back, the values do not change again: blocks become singles, which hold them exactly.
        ModelConverter.ToFolder(ModelFolder.Open(path), new ConversionOptions(), folder, _workers, cancellation: Cancel);
        int[] ids = [1, 403, 407, 261, 378];
        Assert.Equal(LanguageModel.Load(path, _workers).Logits(ids).Values, LanguageModel.Load(folder, _workers).Logits(ids).Values);
    }

    [Fact]
    public void PyTorch_shards_become_safetensors_in_one_file_or_in_as_many_as_asked_for()
    {
        string source = TestFiles.Fixture("checkpoints", "sharded", "bin"), one = _folder.File("one"), many = _folder.File("many");
        Checkpoint expected = ModelFolder.OpenWeights(source);
        ConversionResult whole = ModelConverter.ToFolder(ModelFolder.Open(source), new ConversionOptions(), one, _workers, cancellation: Cancel);
        AssertSame(expected, SafetensorsFile.Open(Path.Combine(one, "model.safetensors")), mayLack: []);
        Assert.Empty(whole.Remarks);
        ModelConverter.ToFolder(ModelFolder.Open(source), new ConversionOptions { MaximumShardBytes = 10_000 }, many, _workers, cancellation: Cancel);
        var sharded = Assert.IsType<ShardedCheckpoint>(ModelFolder.OpenWeights(many), exactMatch: false);
        AssertSame(expected, sharded, mayLack: []);
        Assert.True(sharded.Shards.Count > 3, $"{sharded.Shards.Count} files");
        Assert.Empty(sharded.Warnings);
        Assert.All(sharded.Shards, shard => Assert.True(shard.Tensors.Count == 1 || shard.Tensors.Sum(tensor => tensor.SizeBytes) <= 10_000, shard.Path));
        Assert.Equal(LanguageModel.Load(one, _workers).Logits([1, 2, 3]).Values, LanguageModel.Load(many, _workers).Logits([1, 2, 3]).Values);
    }

    [Fact]
    public void A_narrow_type_and_back_is_exact_where_the_values_have_it()
    {
        string source = TestFiles.Fixture("families", "gpt2-bf16"), wide = _folder.File("wide"), narrow = _folder.File("narrow");
        ModelConverter.ToFolder(ModelFolder.Open(source), new ConversionOptions { Type = TensorType.F32 }, wide, _workers, cancellation: Cancel);
        Assert.Equal("float32", JsonFile.ReadObject(Path.Combine(wide, "config.json")).GetProperty("dtype").GetString());
        ModelConverter.ToFolder(ModelFolder.Open(wide), new ConversionOptions { Type = TensorType.BF16 }, narrow, _workers, cancellation: Cancel);
        AssertSame(ModelFolder.OpenWeights(source), ModelFolder.OpenWeights(narrow), mayLack: []);
        Assert.Equal("bfloat16", JsonFile.ReadObject(Path.Combine(narrow, "config.json")).GetProperty("dtype").GetString());
    }

    [Fact]
    public void What_cannot_be_written_is_refused_and_leaves_nothing()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Fixture("families", "opt-125m-style"), _workers);
        Assert.Contains("family opt has no GGUF form", Assert.Throws<ArgumentException>(() => ModelConverter.ToGguf(model, new ConversionOptions(), _folder.File("x.gguf"), cancellation: Cancel)).Message);
        ModelFolder llama = ModelFolder.Open(TestFiles.Fixture("families", "llama"));
        Assert.Contains("Q8_0 has no place in safetensors", Assert.Throws<ArgumentException>(() => ModelConverter.ToFolder(llama, new ConversionOptions { Type = TensorType.Q8_0 }, _folder.File("x"), _workers, cancellation: Cancel)).Message);
        using var cancelled = new CancellationTokenSource();
        var progress = new CancelAtOnce(cancelled);
        Assert.ThrowsAny<OperationCanceledException>(() => ModelConverter.ToFolder(llama, new ConversionOptions(), _folder.File("x"), _workers, progress, cancelled.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => ModelConverter.ToGguf(LanguageModel.Load(llama.Path, _workers), new ConversionOptions(), _folder.File("x.gguf"), progress, cancelled.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Rows_that_are_no_whole_number_of_blocks_are_stored_in_half_precision_and_said_so()
    {
        string path = _folder.File("model.gguf");
        ConversionResult result = ModelConverter.ToGguf(LanguageModel.Load(TestFiles.Fixture("families", "llama"), _workers), new ConversionOptions { Type = TensorType.Q8_0 }, path, cancellation: Cancel);
        Assert.Contains(result.Remarks, remark => remark.StartsWith("stored as F16, as rows are no whole number of blocks: 3 tensors, the first model.layers.0.mlp.down_proj.weight", StringComparison.Ordinal));
        Assert.Equal(["F16", "F32", "Q8_0"], result.Types.Select(type => type.Type).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_file_that_is_read_is_not_written_under_another_of_its_names()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a right that not every user has");
        string folder = Directory.CreateDirectory(_folder.File("folder")).FullName, path = Path.Combine(folder, "m.gguf");
        File.Copy(TestFiles.Fixture("checkpoints", "gguf", "model-llama", "model.gguf"), path);
        Directory.CreateSymbolicLink(_folder.File("link"), folder);
        File.CreateSymbolicLink(_folder.File("m.gguf"), Path.Combine(_folder.File("link"), "m.gguf"));
        byte[] before = File.ReadAllBytes(path);
        LanguageModel model = LanguageModel.Load(path, _workers), linked = LanguageModel.Load(_folder.File("m.gguf"), _workers);
        foreach (string target in new[] { path, Path.Combine(_folder.File("link"), "m.gguf"), _folder.File("m.gguf") })
        {
            foreach (LanguageModel one in new[] { model, linked })
                Assert.Contains("is a file that is read", Assert.Throws<ArgumentException>(() => ModelConverter.ToGguf(one, new ConversionOptions { Type = TensorType.Q4_0 }, target, cancellation: Cancel)).Message);
        }

        Assert.Equal(before, File.ReadAllBytes(path));
        File.CreateSymbolicLink(_folder.File("a"), Path.Combine(_folder.File("b"), "x"));
        Directory.CreateSymbolicLink(_folder.File("b"), _folder.File("a"));
        Assert.ThrowsAny<IOException>(() => AtomicFile.Check(Path.Combine(_folder.File("a"), "y")));
    }

    /// <summary>Python's standard library alone: header length, JSON, offsets, and the bytes of every tensor by their sum.</summary>
    [Fact]
    public async Task Python_reads_the_same_tensors_from_the_folder()
    {
        const string Script = """
            import json, struct, sys
            data = open(sys.argv[1] + "/model.safetensors", "rb").read()
            size = struct.unpack("<Q", data[:8])[0]
            header = json.loads(data[8:8 + size])
            header.pop("__metadata__", None)
            end = max(t["data_offsets"][1] for t in header.values())
            assert 8 + size + end == len(data), (size, end, len(data))
            print(json.dumps({name: [t["dtype"], t["shape"], sum(data[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]])] for name, t in header.items()}))
            """;
        string path = _folder.File("folder");
        ModelConverter.ToFolder(ModelFolder.Open(TestFiles.Fixture("checkpoints", "gguf", "model-llama", "model-q8_0.gguf")), new ConversionOptions { Type = TensorType.BF16 }, path, _workers, cancellation: Cancel);
        _folder.Write("read.py", Script);
        using Process? process = StartPython(_folder.File("read.py"), path);
        Assert.SkipUnless(process is not null, "python3 cannot be run here");
        string output = await process!.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.Equal(0, process.ExitCode);
        using JsonDocument read = JsonDocument.Parse(output);
        Checkpoint own = ModelFolder.OpenWeights(path);
        Assert.Equal(own.Tensors.Count, read.RootElement.EnumerateObject().Count());
        foreach (TensorInfo tensor in own.Tensors)
        {
            JsonElement found = read.RootElement.GetProperty(tensor.Name);
            Assert.Equal(("BF16", tensor.ShapeText), (found[0].GetString(), $"[{string.Join(", ", found[1].EnumerateArray().Select(size => size.GetInt64()))}]"));
            Assert.Equal(Bytes(own, tensor).Sum(value => (long)value), found[2].GetInt64());
        }
    }

    private static Process? StartPython(params string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("python3", arguments) { RedirectStandardOutput = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>The same tensors with the same types, shapes and bytes.</summary>
    private static void AssertSame(Checkpoint expected, Checkpoint found, string[] mayLack)
    {
        Assert.Equal(expected.Tensors.Select(t => t.Name).Except(mayLack).Order(StringComparer.Ordinal), found.Tensors.Select(t => t.Name).Except(mayLack).Order(StringComparer.Ordinal));
        foreach (TensorInfo tensor in found.Tensors)
        {
            TensorInfo want = expected.Find(tensor.Name)!;
            Assert.Equal((want.Type, want.ShapeText), (tensor.Type, tensor.ShapeText));
            Assert.Equal(Bytes(expected, want), Bytes(found, tensor));
        }
    }

    private static byte[] Bytes(Checkpoint checkpoint, TensorInfo tensor) => checkpoint.Bytes(tensor.Name).Span(0, (int)tensor.SizeBytes).ToArray();

    public void Dispose()
    {
        _workers.Dispose();
        _folder.Dispose();
    }

    private sealed class CancelAtOnce(CancellationTokenSource source) : IProgress<double>
    {
        public void Report(double value) => source.Cancel();
    }
}
