using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Numerics;
using Azimuth.Tests.Numerics;

namespace Azimuth.Tests.Checkpoints;

public class GgufWriterTests
{
    private static readonly TensorType[] Types =
        [TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.F64, TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_1];

    [Fact]
    public void What_is_written_is_read_back()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("a.gguf");
        var keys = new GgufKeys();
        keys.Set("general.architecture", "none");
        keys.Set("a.whole", uint.MaxValue);
        keys.Set("a.single", 0.1f);
        keys.Set("a.yes", true);
        keys.Set("a.texts", (IReadOnlyList<string>)["", "Ġnext", "日本"]);
        keys.Set("a.bytes", (IReadOnlyList<byte[]>)[[0xFF, 0xFE]]);
        keys.Set("a.numbers", [1, -2]);
        keys.Set("a.singles", [-1e30f, float.NaN]);
        keys.Set("a.whole", 7u);
        StoredMatrix[] matrices = [.. Types.Select((type, i) => MatrixProductTests.RandomStored(type, 3 + i, 64, i))];
        GgufWriter.Save(path, keys, [.. matrices.Select((m, i) => new GgufTensor($"t{i}", m.Type, [m.Rows, m.Columns], m.Bytes)), new GgufTensor("v", TensorType.F32, [3], StoredBytes.FromFloats([1, 2, 3]))]);

        var file = GgufFile.Open(path);
        Assert.Equal((3, false, 32), (file.Header.Version, file.Header.IsBigEndian, file.Header.Alignment));
        Assert.Equal(keys.Names, file.Metadata.Keys);
        Assert.Equal(7, file.Metadata.GetInt32("a.whole"));
        Assert.Equal(0.1f, (float)file.Metadata.GetDouble("a.single"));
        Assert.True(file.Metadata.FindBool("a.yes"));
        Assert.Equal(["", "Ġnext", "日本"], file.Metadata.GetArray("a.texts").ToStrings());
        Assert.Equal([0xFF, 0xFE], file.Metadata.GetArray("a.bytes").Utf8(0).ToArray());
        Assert.Equal([1, -2], file.Metadata.GetArray("a.numbers").ToInt32s());
        Assert.Equal([-1e30f, float.NaN], file.Metadata.GetArray("a.singles").ToSingles());
        for (int i = 0; i < matrices.Length; i++)
        {
            var read = file.Matrix($"t{i}", 3 + i, 64);
            Assert.Equal(matrices[i].Type, read.Type);
            Assert.Equal(Bytes(matrices[i].Bytes), Bytes(read.Bytes));
            Assert.Equal(0, file.Find($"t{i}")!.Offset % 32);
        }

        Assert.Equal([1f, 2f, 3f], file.Vector("v"));
        Assert.Equal(0, new FileInfo(path).Length % 32);
    }

    [Fact]
    public void The_bundled_file_is_written_again_byte_for_byte()
    {
        var source = (GgufFile)ModelFolder.Open(TestFiles.Model("SmolLM2-135M-Instruct")).Checkpoint;
        using var folder = new TemporaryFolder();
        string path = folder.File("again.gguf");
        GgufTensor[] tensors = [.. source.Tensors.Select(t => new GgufTensor(t.Name, t.Type!.Value, t.Shape, source.Bytes(t.Name)))];
        GgufWriter.Save(path, GgufKeys.From(source.Metadata), tensors, cancellation: TestContext.Current.CancellationToken);
        using FileStream one = File.OpenRead(source.Path), two = File.OpenRead(path);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(one), System.Security.Cryptography.SHA256.HashData(two));
    }

    [Fact]
    public void The_alignment_key_is_kept_to()
    {
        using var folder = new TemporaryFolder();
        var keys = new GgufKeys();
        keys.Set("general.alignment", 256u);
        GgufWriter.Save(folder.File("a"), keys, [new GgufTensor("a", TensorType.F32, [1], StoredBytes.FromFloats([5])), new GgufTensor("b", TensorType.F32, [1], StoredBytes.FromFloats([6]))]);
        var file = GgufFile.Open(folder.File("a"));
        Assert.Equal(256, file.Header.Alignment);
        Assert.Equal(256, file.Find("b")!.Offset - file.Find("a")!.Offset);
        Assert.Equal([6f], file.Vector("b"));
        keys.Set("general.alignment", 24u);
        Assert.Throws<ArgumentException>(() => GgufWriter.Save(folder.File("b"), keys, []));
    }

    [Fact]
    public void Bad_tensors_are_refused_and_failures_leave_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        var four = StoredBytes.FromFloats([1, 2, 3, 4]);
        void Refused(params GgufTensor[] tensors) => Assert.Throws<ArgumentException>(() => GgufWriter.Save(folder.File("a"), new GgufKeys(), tensors));
        Refused(new GgufTensor("a", TensorType.F32, [4], four), new GgufTensor("a", TensorType.F32, [4], four));
        Refused(new GgufTensor("", TensorType.F32, [4], four));
        Refused(new GgufTensor(new string('é', 33), TensorType.F32, [4], four));
        Refused(new GgufTensor("a", TensorType.F32, [5], four));
        Refused(new GgufTensor("a", TensorType.F32, [], four));
        Refused(new GgufTensor("a", TensorType.F32, [1, 1, 1, 1, 4], four));
        Refused(new GgufTensor("a", TensorType.U8, [16], four));
        Refused(new GgufTensor("a", TensorType.Q8_0, [2, 16], StoredBytes.FromBytes(new byte[34])));

        using var cancelled = new CancellationTokenSource();
        var cancels = TensorContent.Made(4, (_, _) => cancelled.Cancel());
        Assert.Throws<InvalidOperationException>(() => GgufWriter.Save(folder.File("a"), new GgufKeys(), [new GgufTensor("a", TensorType.F32, [1], cancels)]));
        Assert.Throws<OperationCanceledException>(() => GgufWriter.Save(folder.File("a"), new GgufKeys(), [new GgufTensor("a", TensorType.F32, [4], four)], cancellation: cancelled.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    private static byte[] Bytes(StoredBytes bytes)
    {
        byte[] copy = bytes.Span(0, (int)bytes.Length).ToArray();
        GC.KeepAlive(bytes);
        return copy;
    }
}
