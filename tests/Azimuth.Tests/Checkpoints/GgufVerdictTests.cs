using System.Globalization;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Tests.Numerics;

namespace Azimuth.Tests.Checkpoints;

/// <summary>Good files hold what the reference implementation wrote, bad ones are refused, strange ones do no harm.</summary>
public sealed class GgufVerdictTests
{
    public static TheoryData<string> Good => Verdicts.Files("gguf", "ok");

    public static TheoryData<string> Bad => Verdicts.Files("gguf", "refuse");

    public static TheoryData<string> Strange => Verdicts.Files("gguf", "survive");

    [Fact]
    public void The_verdicts_cover_17_good_64_bad_and_14_strange_files() =>
        Assert.Equal((17, 64, 14), (Good.Count, Bad.Count, Strange.Count));

    [Theory]
    [MemberData(nameof(Good))]
    public void Good_files_hold_what_is_expected(string file)
    {
        var gguf = Verdicts.Bounded(Verdicts.PathOf("gguf", file), path =>
        {
            var opened = GgufFile.Open(path);
            Verdicts.ReadAll(opened);
            return opened;
        });
        var expected = Verdicts.Expected("gguf", file);
        if (expected.TryGetProperty("metadata", out var metadata))
            AssertMetadata(Verdicts.PathOf("gguf", metadata.GetString()!), gguf);
        if (expected.TryGetProperty("tensors", out var tensors))
            ShardedCheckpointTests.AssertEqual(SafetensorsFile.Open(Verdicts.PathOf("gguf", tensors.GetString()!)), gguf);
        if (expected.TryGetProperty("npy_folder", out var folder))
            AssertDequantised(Verdicts.PathOf("gguf", folder.GetString()!), gguf);
    }

    [Fact]
    public void Every_bad_file_is_refused_and_the_message_names_the_file()
    {
        foreach (string file in Bad.Select(row => row.Data))
        {
            string path = Verdicts.PathOf("gguf", file);
            var error = Assert.Throws<CheckpointFormatException>(() => Verdicts.Bounded(path, GgufFile.Open));
            Assert.Contains(path, error.Message);
            Assert.NotNull(error.Kind);
        }
    }

    [Fact]
    public void Different_defects_have_different_messages()
    {
        // Truncations differ in where they cut, so that all 64 messages can differ.
        var messages = Bad.Select(row => Assert.Throws<CheckpointFormatException>(() => GgufFile.Open(Verdicts.PathOf("gguf", row.Data))).Message.Replace(Verdicts.PathOf("gguf", row.Data), "", StringComparison.Ordinal)).ToList();
        Assert.Equal([], messages.GroupBy(m => m).Where(g => g.Count() > 1).Select(g => $"{g.Count()} × {g.Key}"));
    }

    [Theory]
    [MemberData(nameof(Strange))]
    public void Strange_files_do_no_harm(string file)
    {
        string path = Verdicts.PathOf("gguf", file);
        bool refused = file is "survive/array-nested-100.gguf" or "survive/array-nested-50000.gguf" or "survive/bool-2.gguf";
        var error = Record.Exception(() => Verdicts.Bounded(path, p => Verdicts.ReadAll(GgufFile.Open(p))));
        if (refused)
            Assert.IsType<CheckpointFormatException>(error);
        else
            Assert.Null(error);
    }

    private static void AssertMetadata(string path, GgufFile gguf)
    {
        using var expected = JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal(expected.RootElement.EnumerateObject().Select(p => p.Name), gguf.Metadata.Keys);
        foreach (var entry in expected.RootElement.EnumerateObject())
            AssertValue(entry.Value, gguf.Metadata[entry.Name]);
    }

    private static void AssertValue(JsonElement expected, GgufValue value)
    {
        Assert.Equal(expected.GetProperty("type").GetString(), value.Type.ToString().ToLowerInvariant());
        if (value.Type != GgufType.Array)
        {
            AssertScalar(expected.GetProperty("value"), value);
            return;
        }

        var array = value.AsArray();
        Assert.Equal(expected.GetProperty("of").GetString(), array.ElementType.ToString().ToLowerInvariant());
        Assert.Equal(expected.GetProperty("count").GetInt32(), array.Count);
        var elements = expected.GetProperty("value").EnumerateArray().ToList();
        Assert.Equal(elements.Count, array.Count);
        for (int i = 0; i < elements.Count; i++)
        {
            if (array.ElementType == GgufType.Array)
                AssertValue(elements[i], array[i]);
            else
                AssertScalar(elements[i], array[i]);
        }
    }

    private static void AssertScalar(JsonElement expected, GgufValue value)
    {
        switch (value.Type)
        {
            case GgufType.String:
                Assert.Equal(expected.GetString(), value.AsString());
                break;
            case GgufType.Bool:
                Assert.Equal(expected.GetBoolean(), value.AsBool());
                break;
            case GgufType.Float32 or GgufType.Float64:
                double number = expected.ValueKind == JsonValueKind.String
                    ? expected.GetString() switch { "inf" => double.PositiveInfinity, "-inf" => double.NegativeInfinity, _ => double.NaN }
                    : expected.GetDouble();
                Assert.Equal(number, value.AsDouble());
                break;
            default:
                Assert.Equal(expected.GetRawText(), value.Type == GgufType.UInt64 ? value.AsUInt64().ToString(CultureInfo.InvariantCulture) : value.AsInt64().ToString(CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void AssertDequantised(string folder, GgufFile gguf)
    {
        foreach (var tensor in gguf.Tensors)
        {
            var (values, shape) = NpyFile.ReadFloats(Path.Combine(folder, tensor.TypeName + ".npy"));
            Assert.Equal(shape, tensor.Shape);
            var matrix = gguf.Matrix(tensor.Name);
            // To the last bit: the order of operations is the reference's.
            for (int row = 0; row < matrix.Rows; row++)
                RowDecoderTests.AssertSame(values.AsSpan(row * matrix.Columns, matrix.Columns), matrix.Row(row), tensor.TypeName);
        }

        string[] expected = [.. Directory.GetFiles(folder, "*.npy").Select(file => Path.GetFileNameWithoutExtension(file)!).Where(name => name != "source")];
        Assert.Equal(expected.Order(StringComparer.Ordinal), gguf.Tensors.Select(tensor => tensor.TypeName).Order(StringComparer.Ordinal));
    }
}
