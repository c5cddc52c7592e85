using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;

namespace Azimuth.Tests.Checkpoints;

public sealed class ShardedCheckpointTests
{
    private const string IndexName = "model.safetensors.index.json";

    public static TheoryData<string> Opened => [.. Verdicts.Files("sharded", "ok"), .. Verdicts.Files("sharded", "survive")];

    [Fact]
    public void The_verdicts_cover_8_folders_that_open_and_16_that_do_not() =>
        Assert.Equal((8, 16), (Opened.Count, Verdicts.Files("sharded", "refuse").Count));

    [Theory]
    [MemberData(nameof(Opened))]
    public void A_folder_that_is_not_refused_is_read_whole(string folder) =>
        Assert.NotEqual(0, Verdicts.Bounded(Folder(folder), path => Verdicts.ReadAll(ModelFolder.OpenWeights(path))));

    [Fact]
    public void Three_shards_hold_what_the_whole_file_holds()
    {
        var sharded = Verdicts.Bounded(Folder("safetensors"), OpenIndex);
        Assert.Equal(3, sharded.Shards.Count);
        Assert.Empty(sharded.Warnings);
        AssertEqual(SafetensorsFile.Open(Verdicts.PathOf("sharded", "expected.safetensors")), sharded);
    }

    [Theory]
    [InlineData("broken/control")]
    [InlineData("broken/no-metadata")]
    public void Good_forms_open(string folder)
    {
        var sharded = Verdicts.Bounded(Folder(folder), OpenIndex);
        Assert.Empty(sharded.Warnings);
        AssertEqual(SafetensorsFile.Open(Verdicts.PathOf("sharded", "broken.expected.safetensors")), sharded);
    }

    [Fact]
    public void Every_broken_folder_is_refused_with_a_message_of_its_own()
    {
        string[] folders = [.. Verdicts.Files("sharded", "refuse").Select(row => row.Data)];
        Assert.Equal(16, folders.Length);
        var messages = folders.Select(folder => Assert.Throws<CheckpointFormatException>(() => Verdicts.Bounded(Folder(folder), OpenIndex)).Message.Replace(Folder(folder), "", StringComparison.Ordinal)).ToList();
        Assert.Equal(messages.Count, messages.Distinct().Count());
    }

    [Theory]
    [InlineData("broken/shard-missing", "ShardMissing", "model-00002-of-00002.safetensors")]
    [InlineData("broken/tensor-in-wrong-file", "TensorMisplaced", "b in")]
    [InlineData("broken/tensor-not-in-any-file", "TensorMissing", "d in")]
    [InlineData("broken/tensor-in-two-files", "DuplicateTensor", "b in")]
    [InlineData("broken/path-traversal", "PathLeavesFolder", "../x.safetensors")]
    [InlineData("broken/path-absolute", "PathLeavesFolder", "/x.safetensors")]
    [InlineData("broken/path-subfolder-escape", "PathLeavesFolder", "sub/../../x.safetensors")]
    [InlineData("broken/path-backslash", "PathLeavesFolder", "..\\x.safetensors")]
    [InlineData("broken/path-is-index", "IndexMalformed", IndexName)]
    [InlineData("broken/index-duplicate-key", "DuplicateTensor", "listed twice")]
    [InlineData("broken/weight-map-missing", "IndexMalformed", "found none")]
    [InlineData("broken/weight-map-array", "IndexMalformed", "found an array")]
    [InlineData("broken/weight-map-empty", "IndexMalformed", "empty")]
    [InlineData("broken/file-name-not-string", "IndexMalformed", "a file name for c, found")]
    [InlineData("broken/index-not-json", "IndexMalformed", "JSON")]
    [InlineData("broken/shard-truncated", "MetadataIncompleteBuffer", "model-00002-of-00002.safetensors")]
    public void Refusals_name_the_thing(string folder, string kind, string part)
    {
        var error = Assert.Throws<CheckpointFormatException>(() => OpenIndex(Folder(folder)));
        Assert.Equal(kind, error.Kind);
        Assert.Contains(part, error.Message);
    }

    [Theory]
    [InlineData("broken/unlisted-tensor", "does not list")]
    [InlineData("broken/unlisted-shard", "model-00003-of-00003.safetensors")]
    [InlineData("broken/total-size-wrong", "total_size")]
    public void Harmless_departures_open_with_a_warning(string folder, string part)
    {
        var sharded = Verdicts.Bounded(Folder(folder), OpenIndex);
        Assert.Contains(part, Assert.Single(sharded.Warnings));
        Assert.Equal(["a", "b", "c"], sharded.Tensors.Select(t => t.Name).Order());
    }

    [Fact]
    public void A_single_file_is_preferred_to_an_index_and_the_folder_says_so()
    {
        var found = WeightsLocator.Find(Folder("broken/single-file-and-index"));
        Assert.Equal("model.safetensors", Path.GetFileName(found.File));
        Assert.Contains(IndexName, Assert.Single(found.Warnings));
    }

    [Fact]
    public void Pickled_shards_hold_what_the_whole_file_holds_and_mask_buffers()
    {
        var folder = Verdicts.Bounded(Folder("bin"), ModelFolder.Open);
        var sharded = Assert.IsType<ShardedCheckpoint>(folder.Checkpoint);
        Assert.Equal(("sharded PyTorch", 3), (sharded.Format, sharded.Shards.Count));
        // The fixture's index was made before the buffers were added.
        Assert.Contains("total_size", Assert.Single(folder.Warnings));
        var expected = SafetensorsFile.Open(Verdicts.PathOf("sharded", "expected.safetensors"));
        string[] beside = [.. sharded.Tensors.Select(t => t.Name).Except(expected.Tensors.Select(t => t.Name)).Order(StringComparer.Ordinal)];
        Assert.Equal(["lm_head.weight", "transformer.h.0.attn.bias", "transformer.h.0.attn.masked_bias", "transformer.h.1.attn.bias", "transformer.h.1.attn.masked_bias"], beside);
        Assert.Equal(TensorType.U8, sharded.Find("transformer.h.0.attn.bias")!.Type);
        AssertEqual(expected, sharded, beside);
    }

    private static string Folder(string name) => Verdicts.PathOf("sharded", name);

    private static ShardedCheckpoint OpenIndex(string folder) => ShardedCheckpoint.Open(Path.Combine(folder, IndexName));

    /// <summary>The same names, but for some beside them, and the same types, shapes and bytes under them.</summary>
    internal static void AssertEqual(SafetensorsFile expected, Checkpoint actual, params string[] beside)
    {
        Assert.Equal(expected.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), actual.Tensors.Select(t => t.Name).Except(beside).Order(StringComparer.Ordinal));
        foreach (var tensor in expected.Tensors)
        {
            var found = actual.Find(tensor.Name)!;
            Assert.Equal((tensor.Type, tensor.ShapeText, tensor.SizeBytes), (found.Type, found.ShapeText, found.SizeBytes));
            StoredBytes left = expected.Bytes(tensor.Name), right = actual.Bytes(tensor.Name);
            Assert.True(left.Span(0, (int)left.Length).SequenceEqual(right.Span(0, (int)right.Length)), $"the bytes of {tensor.Name} differ");
            GC.KeepAlive((left, right));
        }
    }
}
