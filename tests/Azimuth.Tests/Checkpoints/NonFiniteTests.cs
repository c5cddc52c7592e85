using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;

namespace Azimuth.Tests.Checkpoints;

public sealed class NonFiniteTests
{
    public static TheoryData<TensorType> FloatTypes => [.. Enum.GetValues<TensorType>().Where(t => t.IsReadableAsFloat())];

    [Theory]
    [MemberData(nameof(FloatTypes))]
    public void Count_and_first_index_agree_with_decoding_every_value(TensorType type)
    {
        using var workers = new Workers(2);
        var random = new Random(3);
        // Random bits give values of every kind; long enough for several parts and an odd end.
        byte[] bytes = new byte[type.BlockBytes() * (3 * (1 << 20) / type.BlockBytes() + 7)];
        random.NextBytes(bytes);
        float[] decoded = new float[bytes.Length / type.BlockBytes() * type.BlockLength()];
        RowDecoder.Decode(type, bytes, decoded);
        var found = NonFinite.Find(type, StoredBytes.FromBytes(bytes), workers);
        int count = decoded.Count(v => !float.IsFinite(v));
        // NVFP4's scales have neither infinities nor, as they are read, NaN.
        Assert.Equal(type == TensorType.NVFP4, count == 0);
        Assert.Equal(count == 0 ? null : new NonFiniteValues(count, Array.FindIndex(decoded, v => !float.IsFinite(v))), found);
    }

    /// <summary>Those with a scale in one place; IQ1_M, MXFP4 and NVFP4 have no 16-bit number.</summary>
    public static TheoryData<TensorType> ScaledTypes => [.. FloatTypes.Select(row => row.Data).Where(type => type is not (TensorType.IQ1_M or TensorType.MXFP4 or TensorType.NVFP4))];

    [Theory]
    [MemberData(nameof(ScaledTypes))]
    public void A_single_bad_value_is_found_wherever_it_is_and_clean_weights_give_none(TensorType type)
    {
        using var workers = new Workers(2);
        int blocks = (1 << 20) / type.BlockBytes() + 40;
        byte[] infinite = type switch
        {
            TensorType.F32 or TensorType.Q8_K => BitConverter.GetBytes(float.NegativeInfinity),
            TensorType.F64 => BitConverter.GetBytes(1e300), // finite, but not as float
            TensorType.BF16 => BitConverter.GetBytes((ushort)0x7FC1),
            _ => BitConverter.GetBytes((ushort)0xFC00),
        };
        int scale = GgmlTypes.NumbersOfBlock(type)[0].Offset;
        foreach (int at in new[] { 0, 1, 33, blocks - 39, blocks - 2, blocks - 1 })
        {
            byte[] bytes = new byte[blocks * type.BlockBytes()];
            Assert.Null(NonFinite.Find(type, StoredBytes.FromBytes(bytes), workers));
            // The second scale of Q4_1 in half of the cases.
            infinite.CopyTo(bytes, at * type.BlockBytes() + scale + (type == TensorType.Q4_1 && at % 2 == 1 ? 2 : 0));
            Assert.Equal(new NonFiniteValues(type.BlockLength(), (long)at * type.BlockLength()), NonFinite.Find(type, StoredBytes.FromBytes(bytes), workers));
        }
    }

    [Fact]
    public void Bad_weights_are_reported_with_tensor_count_and_place()
    {
        using var folder = new TemporaryFolder();
        using var workers = new Workers(1);
        string path = folder.File("model.safetensors");
        SafetensorsWriter.Save(path,
        [
            SafetensorsEntry.From("a", [1f, 2f], 2),
            SafetensorsEntry.From("b", [1f, 2f, 3f, 4f, float.NaN, float.PositiveInfinity], 2, 3),
            SafetensorsEntry.From("c", [float.NaN], 1),
        ]);
        var file = SafetensorsFile.Open(path);
        Assert.Equal([("b", 2L, 4L), ("c", 1L, 0L)], CheckpointScan.FindNonFinite(file, workers).Select(f => (f.Tensor.Name, f.Count, f.FirstIndex)));
        var error = Assert.Throws<CheckpointFormatException>(() => CheckpointScan.RequireFinite(file, workers));
        Assert.Contains($"b in {path}: expected finite numbers, found 2 of 6 NaN or infinite, the first at [1, 1]; 1 more tensors", error.Message);
    }

    [Fact]
    public void The_bundled_models_are_finite()
    {
        using var workers = new Workers(2);
        foreach (var model in KnownModels.List())
            CheckpointScan.RequireFinite(ModelFolder.Open(model.Path).Checkpoint, workers);
    }
}
