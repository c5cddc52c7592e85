using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;

namespace Azimuth.Tests.Checkpoints;

/// <summary>The reference implementation's own malformed and valid files.</summary>
public sealed class SafetensorsConformanceTests
{
    [Fact]
    public void All_18_files_come_out_as_the_manifest_says_each_bad_one_with_its_own_message()
    {
        var messages = new List<string>();
        int files = 0;
        foreach (var (file, bytes, expected) in Manifest())
        {
            files++;
            string path = TestFiles.Shared("data", "safetensors-conformance", file);
            Assert.Equal(bytes, new FileInfo(path).Length);
            if (expected == "ok")
            {
                Verdicts.ReadAll(Verdicts.Bounded(path, SafetensorsFile.Open));
                continue;
            }

            var error = Assert.Throws<CheckpointFormatException>(() => Verdicts.Bounded(path, SafetensorsFile.Open));
            Assert.True(expected == error.Kind, $"{file}: expected {expected}, found {error.Kind}: {error.Message}");
            Assert.StartsWith(path, error.Message[error.Message.IndexOf('/')..]);
            messages.Add(error.Message.Replace(path, "", StringComparison.Ordinal));
        }

        Assert.Equal(18, files);
        // Two files repeat one defect (overlapping offsets) with other numbers: even so no two messages are alike.
        Assert.Equal(messages.Count, messages.Distinct().Count());
    }

    [Fact]
    public void A_scalar_a_matrix_and_an_empty_tensor_have_their_shapes_and_bytes()
    {
        var scalar = Open("empty_shape_scalar").Tensors.Single();
        Assert.Equal(("I32", TensorType.I32, "[]", 1L, 4L), (scalar.TypeName, scalar.Type, scalar.ShapeText, scalar.ElementCount, scalar.SizeBytes));
        var matrix = Open("basic_i32_2x2");
        Assert.Equal("[2, 2]", matrix.Tensors.Single().ShapeText);
        Assert.Equal(new byte[16], matrix.Bytes("test").Span(0, 16).ToArray());
        var empty = Open("zero_sized_tensor");
        Assert.Equal((0L, 0L), (empty.Tensors.Single().ElementCount, empty.Bytes("test").Length));
    }

    private static SafetensorsFile Open(string name) => SafetensorsFile.Open(TestFiles.Shared("data", "safetensors-conformance", name + ".safetensors"));

    private static List<(string File, long Bytes, string Expected)> Manifest()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(TestFiles.Shared("data", "safetensors-conformance", "manifest.json")));
        return [.. document.RootElement.EnumerateArray().Select(e => (e.GetProperty("file").GetString()!, e.GetProperty("bytes").GetInt64(), e.GetProperty("expect").GetString()!))];
    }
}
