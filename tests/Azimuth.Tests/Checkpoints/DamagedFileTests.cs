using System.Text;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;

namespace Azimuth.Tests.Checkpoints;

/// <summary>A damaged file is refused with a <see cref="CheckpointFormatException"/> or read within its bounds; nothing else may happen.</summary>
public sealed class DamagedFileTests
{
    [Fact]
    public void A_safetensors_file_cut_off_at_any_byte_is_refused()
    {
        byte[] whole = File.ReadAllBytes(Verdicts.PathOf("gguf", "ok/plain-types.expected.safetensors"));
        Open(whole, SafetensorsFile.FromBytes);
        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<CheckpointFormatException>(() => Open(whole[..length], SafetensorsFile.FromBytes));
    }

    [Theory]
    [InlineData("ok/plain-types.gguf", 992)]
    [InlineData("ok/version-3-big-endian.gguf", 992)]
    [InlineData("ok/no-padding-after-last-tensor.gguf", 984)]
    public void A_GGUF_file_cut_off_before_its_last_tensor_ends_is_refused(string file, int size)
    {
        byte[] whole = File.ReadAllBytes(Verdicts.PathOf("gguf", file));
        Assert.Equal(size, whole.Length);
        long end = Open(whole, GgufFile.FromBytes).Tensors.Max(t => t.Offset + t.SizeBytes);
        for (int length = 0; length < end; length++)
            Assert.Throws<CheckpointFormatException>(() => Open(whole[..length], GgufFile.FromBytes));
        for (int length = (int)end; length <= whole.Length; length++)
            Open(whole[..length], GgufFile.FromBytes);
    }

    [Fact]
    public void Metadata_of_every_type_cut_off_at_any_byte_is_refused()
    {
        byte[] whole = File.ReadAllBytes(Verdicts.PathOf("gguf", "ok/metadata-all-types.gguf"));
        // There is no tensor: the header ends before the padding, which may be missing.
        int end = whole.AsSpan().TrimEnd((byte)0).Length;
        Open(whole, GgufFile.FromBytes);
        int refused = Enumerable.Range(0, end).Count(length => Record.Exception(() => Open(whole[..length], GgufFile.FromBytes)) is CheckpointFormatException);
        Assert.Equal(end, refused);
    }

    [Fact]
    public void Any_flipped_bit_of_a_safetensors_file_is_refused_or_read_within_bounds()
    {
        byte[] whole = File.ReadAllBytes(Verdicts.PathOf("gguf", "ok/plain-types.expected.safetensors"));
        var (opened, refused) = FlipEveryBit(whole, whole.Length, SafetensorsFile.FromBytes);
        Assert.Equal(8 * whole.Length, opened + refused);
        // Every bit of the data may flip unseen, and of the header only letters of names.
        Assert.InRange(refused, 3000, 8 * whole.Length);
    }

    [Theory]
    [InlineData("ok/plain-types.gguf")]
    [InlineData("ok/version-3-big-endian.gguf")]
    [InlineData("ok/metadata-empty-arrays.gguf")]
    public void Any_flipped_bit_of_a_GGUF_file_is_refused_or_read_within_bounds(string file)
    {
        byte[] whole = File.ReadAllBytes(Verdicts.PathOf("gguf", file));
        var (opened, refused) = FlipEveryBit(whole, whole.Length, GgufFile.FromBytes);
        Assert.Equal(8 * whole.Length, opened + refused);
        Assert.InRange(refused, 400, 8 * whole.Length);
    }

    [Fact]
    public void Any_flipped_bit_or_cut_of_an_index_is_refused_or_opens_the_same_shards()
    {
        using var folder = new TemporaryFolder();
        foreach (string file in Directory.EnumerateFiles(Verdicts.PathOf("sharded", "broken/control")))
            File.Copy(file, folder.File(Path.GetFileName(file)));
        string index = folder.File("model.safetensors.index.json");
        byte[] whole = File.ReadAllBytes(index);
        for (int bit = 0; bit < 8 * whole.Length; bit++)
        {
            byte[] damaged = [.. whole];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(index, damaged);
            AssertRefusedOrWhole(index);
        }

        int jsonEnd = Encoding.UTF8.GetString(whole).LastIndexOf('}') + 1;
        for (int length = 0; length < jsonEnd; length++)
        {
            File.WriteAllBytes(index, whole[..length]);
            Assert.Throws<CheckpointFormatException>(() => ShardedCheckpoint.Open(index));
        }
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"a":{"b":1,"b":2}}""")]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"\udc00":1}""")]
    [InlineData("""[1]""")]
    [InlineData("""{"a":1} {""")]
    [InlineData("")]
    [InlineData("version https://git-lfs.github.com/spec/v1")]
    public void A_configuration_that_is_not_one_JSON_object_is_refused(string json)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("config.json");
        File.WriteAllText(path, json);
        var error = Assert.Throws<CheckpointFormatException>(() => JsonFile.ReadObject(path));
        Assert.Equal("JsonMalformed", error.Kind);
        Assert.Contains(path, error.Message);
    }

    [Fact]
    public void A_configuration_may_begin_with_a_byte_order_mark()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("config.json");
        File.WriteAllText(path, """{"n_layer":3}""", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Equal(JsonValueKind.Object, JsonFile.ReadObject(path).ValueKind);
    }

    [Fact]
    public void An_endless_configuration_is_refused_before_it_is_read()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("config.json");
        using (var stream = File.Create(path))
            stream.SetLength(1L << 32);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal("JsonTooLarge", Assert.Throws<CheckpointFormatException>(() => JsonFile.ReadObject(path)).Kind);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static (int Opened, int Refused) FlipEveryBit<T>(byte[] whole, int length, Func<StoredBytes, string, T> open) where T : Checkpoint
    {
        (int opened, int refused) = (0, 0);
        for (int bit = 0; bit < 8 * length; bit++)
        {
            byte[] damaged = [.. whole];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                Verdicts.ReadAll(Open(damaged, open));
                opened++;
            }
            catch (CheckpointFormatException)
            {
                refused++;
            }
        }

        return (opened, refused);
    }

    private static void AssertRefusedOrWhole(string index)
    {
        try
        {
            // A flipped letter in "metadata" or in its numbers does no harm.
            Assert.Equal(["a", "b", "c"], ShardedCheckpoint.Open(index).Tensors.Select(t => t.Name));
        }
        catch (CheckpointFormatException e)
        {
            Assert.NotNull(e.Kind);
        }
    }

    private static T Open<T>(byte[] bytes, Func<StoredBytes, string, T> open) => open(StoredBytes.FromBytes(bytes), "damaged file");
}
