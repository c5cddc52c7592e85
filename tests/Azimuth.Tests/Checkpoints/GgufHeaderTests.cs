using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Numerics;

namespace Azimuth.Tests.Checkpoints;

public sealed class GgufHeaderTests
{
    [Fact]
    public void As_many_tensors_as_are_allowed_cost_bounded_memory_and_one_more_is_refused()
    {
        var file = Build(GgufHeader.MaximumTensors, 0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var gguf = GgufFile.FromBytes(file, "many.gguf");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (64L << 20) + file.Length);
        Assert.Equal(GgufHeader.MaximumTensors, gguf.Tensors.Count);
        Assert.Equal("TooMany", Assert.Throws<CheckpointFormatException>(() => GgufFile.FromBytes(Build(GgufHeader.MaximumTensors + 1, 0), "many.gguf")).Kind);
    }

    [Fact]
    public void As_many_keys_as_are_allowed_cost_bounded_memory_and_one_more_is_refused()
    {
        var file = Build(0, GgufHeader.MaximumKeys);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var gguf = GgufFile.FromBytes(file, "many.gguf");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (64L << 20) + file.Length);
        Assert.Equal(7, gguf.Metadata.GetInt32("k9"));
        Assert.Equal("TooMany", Assert.Throws<CheckpointFormatException>(() => GgufFile.FromBytes(Build(0, GgufHeader.MaximumKeys + 1), "many.gguf")).Kind);
    }

    [Fact]
    public void Getters_say_which_key_has_which_type()
    {
        var metadata = GgufFile.Open(Verdicts.PathOf("gguf", "ok/metadata-all-types.gguf")).Metadata;
        Assert.Equal(255, metadata.GetInt32("t.uint8"));
        Assert.Equal(0.1f, (float)metadata.GetDouble("t.float32"));
        Assert.Equal(255, metadata.GetDouble("t.uint8"));
        Assert.True(metadata.FindBool("t.true"));
        Assert.Null(metadata.FindString("none"));
        Assert.Equal([-1, 0, 1], metadata.GetArray("a.int32").ToInt32s());
        Assert.Equal([1, 2, 3], metadata.GetArray("a.uint32").ToInt32s());
        Assert.Equal([0.5f, -1.25f], metadata.GetArray("a.float32").ToSingles());
        Assert.Equal(["", "a", "ключ", "🔑"], metadata.GetArray("a.string").ToStrings());
        AssertRefused("expected a text for the metadata key t.uint8, found uint8 255", () => metadata.GetString("t.uint8"));
        AssertRefused("expected a whole number of at most 31 bits for the metadata key t.uint32, found uint32 4294967295", () => metadata.GetInt32("t.uint32"));
        AssertRefused("expected an array for the metadata key t.true, found bool true", () => metadata.GetArray("t.true"));
        AssertRefused("expected an array of texts for the metadata key a.int32, found int32[3]", () => metadata.GetArray("a.int32").ToStrings());
        AssertRefused("has no t.uint9. The nearest names are t.uint8", () => metadata.GetInt32("t.uint9"));
    }

    [Fact]
    public void Numbers_in_arrays_of_a_big_endian_file_are_read_in_its_order()
    {
        var metadata = GgufFile.Open(Verdicts.PathOf("gguf", "ok/reference-writer-big-endian.gguf")).Metadata;
        Assert.NotEmpty(metadata);
        Assert.All(metadata.Where(m => m.Value.Type == GgufType.UInt32), m => Assert.InRange(m.Value.AsInt64(), 0, 1 << 20));
    }

    [Theory]
    [InlineData("survive/tensor-name-100-bytes.gguf")]
    [InlineData("survive/tensor-name-empty.gguf")]
    public void Names_the_specification_does_not_allow_are_remarked(string file) =>
        Assert.Contains("the first that of tensor 1", Assert.Single(GgufFile.Open(Verdicts.PathOf("gguf", file)).Warnings));

    [Fact]
    public void Bytes_that_are_not_UTF8_survive()
    {
        var value = GgufFile.Open(Verdicts.PathOf("gguf", "survive/string-not-utf8.gguf")).Metadata.Values.Single(v => v.AsUtf8().Any(b => b >= 0x80));
        Assert.Contains('\uFFFD', value.AsString());
        Assert.NotEqual(Encoding.UTF8.GetBytes(value.AsString()), value.AsUtf8());
    }

    [Fact]
    public void Block_types_of_a_big_endian_file_have_their_scales_swapped_and_nothing_else()
    {
        byte[] block = [.. Enumerable.Range(0, TensorType.Q4_1.BlockBytes()).Select(i => (byte)i)];
        byte[] swapped = [1, 0, 3, 2, .. block[4..]];
        Assert.Equal([.. swapped, .. swapped], Swap([.. block, .. block], TensorType.Q4_1));
        Assert.Equal([1, 0, 2, 3], Swap([0, 1, 2, 3, .. new byte[30]], TensorType.Q8_0).Take(4));
        Assert.Equal([3, 2, 1, 0], Swap([0, 1, 2, 3], TensorType.F32));
    }

    private static byte[] Swap(byte[] bytes, TensorType type)
    {
        var swapped = SwappedTensor.Copy(StoredBytes.FromBytes(bytes), type);
        byte[] copy = swapped.Span(0, (int)swapped.Length).ToArray();
        GC.KeepAlive(swapped);
        return copy;
    }

    private static void AssertRefused(string part, Func<object?> read) =>
        Assert.Contains(part, Assert.Throws<CheckpointFormatException>(read).Message);

    /// <summary>A file of empty tensors t0, t1, … and of bytes k0, k1, … of value 7.</summary>
    private static StoredBytes Build(int tensors, int keys)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("GGUF"u8);
        writer.Write(3);
        writer.Write((long)tensors);
        writer.Write((long)keys);
        for (int i = 0; i < keys; i++)
        {
            WriteText(writer, $"k{i}");
            writer.Write((int)GgufType.UInt8);
            writer.Write((byte)7);
        }

        for (int i = 0; i < tensors; i++)
        {
            WriteText(writer, $"t{i}");
            writer.Write(1);
            writer.Write(0L);
            writer.Write(0);
            writer.Write(0L);
        }

        return StoredBytes.FromBytes(stream.ToArray());
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        writer.Write((long)text.Length);
        writer.Write(Encoding.ASCII.GetBytes(text));
    }
}
