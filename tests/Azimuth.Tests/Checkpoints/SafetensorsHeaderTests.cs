using System.Buffers.Binary;
using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;

namespace Azimuth.Tests.Checkpoints;

public sealed class SafetensorsHeaderTests
{
    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "DuplicateTensor", "a in")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"dtype":"F32"}}""", 4, "InvalidHeaderDeserialization", "dtype is given twice")]
    [InlineData("""{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}""", 4, "UnknownType", "F32")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "InvalidHeaderDeserialization", "found -1")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "InvalidHeaderDeserialization", "found 1.5")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", 4, "InvalidHeaderDeserialization", "exactly two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "InvalidHeaderDeserialization", "end of the array")]
    [InlineData("""{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", 4, "InvalidHeaderDeserialization", "an array for shape")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", 4, "InvalidHeaderDeserialization", "no shape")]
    [InlineData("""{"a":7}""", 0, "InvalidHeaderDeserialization", "found 7")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "InvalidOffset", "from 0 on")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "InvalidOffset", "[4, 0]")]
    [InlineData("""{"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,18446744073709551615]}}""", 4, "ValidationOverflow", "exceeds 63 bits")]
    [InlineData("""{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}""", 4, "ValidationOverflow", "exceeds 63 bits")]
    [InlineData("""{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}""", 2, "MisalignedSlice", "4 bits")]
    [InlineData("""{"__metadata__":{"format":1}}""", 0, "InvalidHeaderDeserialization", "a text for format")]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"}}""", 0, "InvalidHeaderDeserialization", "k appears twice")]
    [InlineData("""{"__metadata__":["format"]}""", 0, "InvalidHeaderDeserialization", "object of texts")]
    [InlineData("""{"a\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "InvalidHeaderDeserialization", "surrogate")]
    [InlineData("""{} x""", 0, "InvalidHeaderDeserialization", "something else in line 1, column 4")]
    [InlineData("""[]""", 0, "InvalidHeaderStart", "begins with {")]
    [InlineData("   ", 0, "InvalidHeaderStart", "found nothing")]
    public void Each_broken_rule_has_its_kind_and_says_what_was_found(string json, int dataBytes, string kind, string part)
    {
        var error = Assert.Throws<CheckpointFormatException>(() => SafetensorsFile.FromBytes(File(json, dataBytes), "test.safetensors"));
        Assert.Equal(kind, error.Kind);
        Assert.Contains(part, error.Message);
    }

    [Fact]
    public void Types_that_are_not_read_are_listed_with_their_size_and_refused_by_name()
    {
        var file = SafetensorsFile.FromBytes(
            File("""{"w":{"dtype":"F8_E4M3","shape":[2,3],"data_offsets":[0,6]},"f":{"dtype":"F4","shape":[4],"data_offsets":[6,8]}}""", 8), "test.safetensors");
        Assert.Equal(["w", "f"], file.Tensors.Select(t => t.Name));
        Assert.Equal([6L, 2L], file.Tensors.Select(t => t.SizeBytes));
        var error = Assert.Throws<CheckpointFormatException>(() => file.Matrix("w"));
        Assert.Contains("F8_E4M3", error.Message);
        Assert.Equal("w", error.Tensor);
    }

    [Fact]
    public void Tensors_come_in_the_order_of_their_data_and_empty_ones_may_share_a_place()
    {
        var file = SafetensorsFile.FromBytes(
            File("""{"late":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"none":{"dtype":"U8","shape":[0],"data_offsets":[1,1]},"early":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 3),
            "test.safetensors");
        Assert.Equal(["early", "none", "late"], file.Tensors.Select(t => t.Name));
    }

    [Fact]
    public void A_missing_tensor_lists_the_nearest_names_and_a_misshapen_one_both_shapes()
    {
        var file = SafetensorsFile.FromBytes(File("""{"wte.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}""", 8), "test.safetensors");
        Assert.Contains("wte.weight", Assert.Throws<CheckpointFormatException>(() => file.Bytes("wte.weigth")).Message);
        var shape = Assert.Throws<CheckpointFormatException>(() => file.Matrix("wte.weight", 3, 2));
        Assert.Contains("expected [3, 2], found [1, 2]", shape.Message);
        Assert.Contains("expected [2], found [1, 2]", Assert.Throws<CheckpointFormatException>(() => file.Vector("wte.weight", 2)).Message);
        Assert.Equal(2, file.Matrix("wte.weight").Columns);
    }

    [Fact]
    public void A_hostile_name_cannot_flood_or_steer_the_terminal()
    {
        string name = "\\u001b[2J" + new string('x', 100_000);
        var error = Assert.Throws<CheckpointFormatException>(() => SafetensorsFile.FromBytes(File("{\"" + name + "\":7}", 0), "test.safetensors"));
        Assert.DoesNotContain('\u001b', error.Message);
        Assert.InRange(error.Message.Length, 0, 1000);
    }

    [Fact]
    public void A_header_of_many_tensors_is_refused_before_it_costs_much()
    {
        var json = new StringBuilder("{");
        for (int i = 0; i <= SafetensorsHeader.MaximumTensors; i++)
            json.Append(i == 0 ? "" : ",").Append('"').Append(i).Append("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}");
        var file = File(json.Append('}').ToString(), 0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal("TooManyTensors", Assert.Throws<CheckpointFormatException>(() => SafetensorsFile.FromBytes(file, "many.safetensors")).Kind);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (64L << 20) + file.Length);
    }

    [Fact]
    public void A_header_of_endless_dimensions_or_nesting_is_refused_before_it_costs_much()
    {
        string dimensions = string.Join(',', Enumerable.Repeat("1", 5_000_000));
        var wide = File($$$"""{"a":{"dtype":"U8","shape":[{{{dimensions}}}],"data_offsets":[0,1]}}""", 1);
        var deep = File($$$"""{"a":{"extra":{{{new string('[', 1_000_000)}}}""", 0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal("TensorInvalidInfo", Assert.Throws<CheckpointFormatException>(() => SafetensorsFile.FromBytes(wide, "wide.safetensors")).Kind);
        Assert.Equal("InvalidHeaderDeserialization", Assert.Throws<CheckpointFormatException>(() => SafetensorsFile.FromBytes(deep, "deep.safetensors")).Kind);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static StoredBytes File(string json, int dataBytes)
    {
        byte[] text = Encoding.UTF8.GetBytes(json);
        byte[] file = new byte[8 + text.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(file, text.Length);
        text.CopyTo(file, 8);
        return StoredBytes.FromBytes(file);
    }
}
