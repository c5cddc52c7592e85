using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Quantization;
using Azimuth.Tests.Checkpoints;
using Azimuth.Transformers;

namespace Azimuth.Tests.Quantization;

public sealed class ModelQuantizerTests : IDisposable
{
    private static readonly int[] Text = [.. Enumerable.Range(0, 90).Select(i => i * 37 % 90 + 1)];
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;
    private readonly Workers _workers = new(2);
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _workers.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(QuantizationType.Q8_0)]
    [InlineData(QuantizationType.Q4_0)]
    [InlineData(QuantizationType.Q4_1)]
    [InlineData(QuantizationType.F16)]
    [InlineData(QuantizationType.BF16)]
    public void A_converted_Llama_has_the_bytes_of_the_reference_converter(QuantizationType type)
    {
        string path = _folder.File("stories.gguf");
        LanguageModel model = LanguageModel.Load(TestFiles.Shared("data", "stories260K"), _workers);
        Assert.Empty(ModelQuantizer.SaveGguf(model, type, QuantizedPart.All, path, cancellation: Cancel));
        AssertSameTensors(GgufFile.Open(TestFiles.Shared("data", "stories260K", "gguf", $"stories260K-{type.Name()}.gguf")), GgufFile.Open(path));
        LanguageModel written = LanguageModel.Load(path, _workers);
        foreach (string text in new[] { "Once upon a time, there was a girl.", "  12 ünïcode 日本\n" })
            Assert.Equal(model.Tokenizer!.Encode(text).Ids, written.Tokenizer!.Encode(text).Ids);
        Assert.Equal(type.Name(), FileTypes[GgufFile.Open(path).Metadata.GetInt32("general.file_type")]);
    }

    [Theory]
    [InlineData(QuantizationType.Q8_0)]
    [InlineData(QuantizationType.Q4_0)]
    public void A_GGUF_file_stays_one_with_its_metadata(QuantizationType type)
    {
        string source = TestFiles.Shared("data", "stories260K", "gguf", "stories260K-f32.gguf"), path = _folder.File("again.gguf");
        ModelQuantizer.SaveGguf(LanguageModel.Load(source, _workers), type, QuantizedPart.All, path, cancellation: Cancel);
        GgufFile before = GgufFile.Open(source), after = GgufFile.Open(path);
        AssertSameTensors(GgufFile.Open(TestFiles.Shared("data", "stories260K", "gguf", $"stories260K-{type.Name()}.gguf")), after);
        foreach (string key in before.Metadata.Keys)
            Assert.Equal(before.Metadata[key].ToString(), after.Metadata[key].ToString());
        Assert.Equal(before.Metadata.GetArray("tokenizer.ggml.tokens").ToStrings(), after.Metadata.GetArray("tokenizer.ggml.tokens").ToStrings());
    }

    [Theory]
    [InlineData(QuantizationType.Q8_0, QuantizedPart.All)]
    [InlineData(QuantizationType.Q4_0, QuantizedPart.All)]
    [InlineData(QuantizationType.Q4_1, QuantizedPart.Tables)]
    [InlineData(QuantizationType.F16, QuantizedPart.All)]
    public void What_was_measured_is_what_is_written(QuantizationType type, QuantizedPart part)
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Traced("novels-gpt"), _workers);
        ModelQuantization measured = ModelQuantizer.Measure(model, type, new ModelQuantizationOptions { Part = part }, Text, cancellation: Cancel);
        string path = _folder.File("novels.gguf");
        Assert.Empty(ModelQuantizer.SaveGguf(model, type, part, path, cancellation: Cancel));
        LanguageModel written = LanguageModel.Load(path, _workers);
        NextTokenDivergence again = NextTokenDivergence.Of(model, written, Text, 512 > model.Config.ContextLength ? model.Config.ContextLength : 512, cancellation: Cancel);
        Assert.Equal(measured.Divergence, again);
        Assert.Equal(model.Tokenizer!.Encode("\"I'll be 12,\" she said.\n").Ids, written.Tokenizer!.Encode("\"I'll be 12,\" she said.\n").Ids);
        long expected = ((GgufFile)ModelFolder.Open(path).Checkpoint).Tensors.Where(t => t.Shape.Count == 2 && t.TypeName != "F32").Sum(t => t.SizeBytes);
        // The rest are vectors and positions, in F16 in the original and F32 in GGUF.
        long rest = model.Folder.Checkpoint.Tensors.Where(t => t.Shape.Count < 2 || t.Name.Contains("wpe")).Sum(t => t.SizeBytes);
        Assert.Equal(expected, measured.SizeBytesAfter - rest);
    }

    public static IEnumerable<TheoryDataRow<string>> Convertible() =>
        Directory.GetDirectories(TestFiles.Fixture("families")).Select(Path.GetFileName).Where(name => name!.StartsWith("llama") || name.StartsWith("gpt2")).Select(name => new TheoryDataRow<string>(name!));

    [Theory]
    [MemberData(nameof(Convertible))]
    public void Every_Llama_and_GPT_2_computes_the_same_from_GGUF_or_is_refused(string family)
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Fixture("families", family), _workers);
        string path = _folder.File("model.gguf");
        if (family is "gpt2-inverse-layer-scale" or "llama-rope-dynamic")
        {
            string message = Assert.Throws<ArgumentException>(() => ModelQuantizer.SaveGguf(model, QuantizationType.F16, QuantizedPart.All, path, cancellation: Cancel)).Message;
            Assert.Contains("GGUF's form of this family", message);
            Assert.False(File.Exists(path));
            return;
        }

        Assert.Contains("no tokenizer", Assert.Single(ModelQuantizer.SaveGguf(model, QuantizationType.F16, QuantizedPart.All, path, cancellation: Cancel)));
        LanguageModel written = LanguageModel.Load(path, _workers);
        Assert.Null(written.Tokenizer);
        int[] ids = [.. Enumerable.Range(0, 20).Select(i => i * 7 % model.Config.VocabSize)];
        var weights = QuantizedCheckpoint.Create(model.Folder.Checkpoint, QuantizationPlan.Create(model, QuantizationType.F16, QuantizedPart.All, asGguf: true), _workers, null, Cancel);
        LanguageModel expected = model.With(weights, QuantizationPlan.Create(model, QuantizationType.F16, QuantizedPart.All, asGguf: true).Names);
        float[] want = expected.Logits(ids).Values, got = written.Logits(ids).Values;
        // llama3 scaling is worked into divisors in single precision, and YaRN's factor is stored so.
        double allowed = family is "llama-rope-llama3" or "llama-rope-yarn" ? 1e-5 : 0;
        for (int i = 0; i < want.Length; i++)
            Assert.True(Math.Abs(want[i] - got[i]) <= allowed, $"{family}: logit {i} is {got[i]:g9}, expected {want[i]:g9}");
    }

    [Theory]
    [InlineData(QuantizationType.Q4_0)]
    [InlineData(QuantizationType.Int4)]
    [InlineData(QuantizationType.BF16)]
    public void Errors_and_overlap_of_the_report_are_those_of_the_definition(QuantizationType type)
    {
        EmbeddingTable whole = Embeddings.Tables.NovelsGpt();
        int columns = whole.ModelDim, rows = 600;
        float[] values = [.. Enumerable.Range(0, rows).SelectMany(whole.Vector)];
        TableQuantization got = TableQuantization.Of(Embeddings.Tables.Of(rows, columns, values), type, new TableQuantizationOptions(), _workers, cancellation: Cancel);
        var restored = new float[values.Length];
        for (int row = 0; row < rows; row++)
            type.RoundTrip(values.AsSpan(row * columns, columns), restored.AsSpan(row * columns, columns));
        double errors = 0, squares = 0, largest = 0, cosines = 0, angles = 0;
        for (int i = 0; i < values.Length; i++)
        {
            errors += Math.Pow((double)values[i] - restored[i], 2);
            squares += Math.Pow(values[i], 2);
            largest = Math.Max(largest, Math.Abs((double)values[i] - restored[i]));
        }

        int kept = 0;
        for (int row = 0; row < rows; row++)
        {
            double cosine = Cosine(values, row, restored, row, columns);
            (cosines, angles) = (cosines + cosine, angles + Math.Acos(Math.Min(1, cosine)) * 180 / Math.PI);
            kept += Nearest(values, row, rows, columns).Intersect(Nearest(restored, row, rows, columns)).Count();
        }

        Assert.Equal(Math.Sqrt(errors / values.Length), got.RmsError, 1e-12);
        Assert.Equal(Math.Sqrt(errors / squares), got.RelativeRmsError, 1e-12);
        Assert.Equal(largest, got.MaxError, 1e-12);
        Assert.Equal(cosines / rows, got.MeanCosine, 1e-12);
        Assert.Equal(angles / rows, got.MeanAngleDegrees, 1e-6); // arccos is good to 1e-8 rad near 0
        Assert.Equal(kept / (10.0 * rows), got.NeighbourOverlap10, 1e-12);
        Assert.Equal(type.RowBytes(columns) * rows, got.SizeBytesAfter);
    }

    [Fact]
    public void A_sample_is_the_same_for_any_number_of_threads_and_says_what_it_is()
    {
        EmbeddingTable table = Embeddings.Tables.NovelsGpt();
        TableQuantizationOptions options = new() { ExactRows = 100, Sample = 50, Seed = 3 };
        using var one = new Workers(1);
        TableQuantization a = TableQuantization.Of(table, QuantizationType.Q4_1, options, one, cancellation: Cancel), b = TableQuantization.Of(table, QuantizationType.Q4_1, options, _workers, cancellation: Cancel);
        Assert.Equal(a, b);
        Assert.Equal(50, a.OverlapRows);
        Assert.Contains("50 rows drawn with seed 3", a.OverlapNote);
    }

    [Fact]
    public void Zero_rows_have_no_direction_and_bad_rows_are_named()
    {
        float[] values = Embeddings.Tables.Normal(20 * 32, 1);
        values.AsSpan(64, 32).Clear();
        TableQuantization got = TableQuantization.Of(Embeddings.Tables.Of(20, 32, values), QuantizationType.Q8_0, new TableQuantizationOptions(), _workers, cancellation: Cancel);
        Assert.Equal(19, got.OverlapRows);
        Assert.True(got.MinCosine > 0.999 && double.IsFinite(got.MeanAngleDegrees));
        values[40] = 70000;
        Assert.Equal("OutOfRange", Assert.Throws<CheckpointFormatException>(() => TableQuantization.Of(Embeddings.Tables.Of(20, 32, values), QuantizationType.F16, new TableQuantizationOptions(), _workers, cancellation: Cancel)).Kind);
        values[40] = float.NaN;
        Assert.Contains("row 1", Assert.Throws<CheckpointFormatException>(() => TableQuantization.Of(Embeddings.Tables.Of(20, 32, values), QuantizationType.Int8, new TableQuantizationOptions(), _workers, cancellation: Cancel)).Message);
        Assert.Throws<ArgumentException>(() => TableQuantization.Of(Embeddings.Tables.Of(20, 31, new float[620]), QuantizationType.Q8_0, new TableQuantizationOptions(), _workers, cancellation: Cancel));
    }

    [Theory]
    [InlineData(QuantizationType.BF16, "bfloat16")]
    [InlineData(QuantizationType.F16, "float16")]
    public void A_folder_in_sixteen_bits_is_complete_and_says_its_type(QuantizationType type, string dtype)
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Traced("novels-gpt"), _workers);
        string path = _folder.File("copy");
        ModelQuantizer.SaveFolder(model, type, QuantizedPart.All, path, cancellation: Cancel);
        Assert.Equal(Directory.GetFiles(model.Path).Select(Path.GetFileName).Order(), Directory.GetFiles(path).Select(Path.GetFileName).Order());
        LanguageModel copy = LanguageModel.Load(path, _workers);
        Assert.All(copy.Folder.Checkpoint.Tensors, tensor => Assert.Equal(type.AsTensorType(), tensor.Type));
        Assert.Equal(dtype, copy.Folder.Config!.Value.GetProperty("torch_dtype").GetString());
        ModelQuantization measured = ModelQuantizer.Measure(model, type, new ModelQuantizationOptions(), Text, cancellation: Cancel);
        Assert.Equal(measured.Divergence, NextTokenDivergence.Of(model, copy, Text, model.Config.ContextLength, cancellation: Cancel));
        Assert.Throws<IOException>(() => ModelQuantizer.SaveFolder(model, type, QuantizedPart.All, path, cancellation: Cancel));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData(QuantizationType.Int8)]
    [InlineData(QuantizationType.Int4)]
    [InlineData(QuantizationType.BF16)]
    public void Tables_alone_are_read_back_as_documented(QuantizationType type)
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Fixture("families", "gpt2-untied"), _workers);
        string path = _folder.File("tables.safetensors");
        QuantizedTables.Save(model, type, path, Cancel);
        SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(type.Name(), file.Header.Metadata["type"]);
        foreach (var (name, table) in new[] { ("input", model.TokenEmbedding), ("output", model.Unembedding) })
        {
            for (int row = 0; row < table.Count; row++)
            {
                var expected = new float[table.ModelDim];
                type.RoundTrip(table.Vector(row), expected);
                Assert.Equal(expected, ReadRow(file, name, type, row, table.ModelDim));
            }
        }

        Assert.Throws<ArgumentException>(() => QuantizedTables.Save(model, QuantizationType.Q8_0, path, Cancel));
    }

    private static float[] ReadRow(SafetensorsFile file, string name, QuantizationType type, int row, int columns)
    {
        if (type == QuantizationType.BF16)
            return file.Matrix(name).Row(row);
        StoredBytes codes = file.Bytes(name + ".codes");
        if (type == QuantizationType.Int8)
            return [.. codes.Span(row * columns, columns).ToArray().Select(code => (sbyte)code * file.Vector("input.scales".Replace("input", name))[row])];
        float[] scales = file.Matrix(name + ".scales").Row(row);
        int bytes = (columns + 1) / 2;
        byte[] packed = codes.Span(row * bytes, bytes).ToArray();
        return [.. Enumerable.Range(0, columns).Select(i => ((packed[i / 2] >> (i % 2 * 4) & 15) - 8) * scales[i / 32])];
    }

    private static double Cosine(float[] a, int i, float[] b, int j, int columns)
    {
        double dot = 0, na = 0, nb = 0;
        for (int c = 0; c < columns; c++)
        {
            double x = a[i * columns + c], y = b[j * columns + c];
            (dot, na, nb) = (dot + x * y, na + x * x, nb + y * y);
        }

        return dot / Math.Sqrt(na * nb);
    }

    private static IEnumerable<int> Nearest(float[] values, int row, int rows, int columns) =>
        Enumerable.Range(0, rows).Where(r => r != row).OrderByDescending(r => Cosine(values, row, values, r, columns)).ThenBy(r => r).Take(10);

    private static readonly Dictionary<int, string> FileTypes = new() { [1] = "f16", [2] = "q4_0", [3] = "q4_1", [7] = "q8_0", [32] = "bf16" };

    private static void AssertSameTensors(GgufFile expected, GgufFile found)
    {
        Assert.Equal(expected.Tensors.Select(t => (t.Name, t.TypeName, t.ShapeText)).Order(), found.Tensors.Select(t => (t.Name, t.TypeName, t.ShapeText)).Order());
        foreach (TensorInfo tensor in expected.Tensors)
            Assert.True(expected.Bytes(tensor.Name).Span(0, (int)tensor.SizeBytes).SequenceEqual(found.Bytes(tensor.Name).Span(0, (int)tensor.SizeBytes)), tensor.Name);
    }
}
