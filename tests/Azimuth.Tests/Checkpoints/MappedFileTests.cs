using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;

namespace Azimuth.Tests.Checkpoints;

public sealed class MappedFileTests
{
    [Fact]
    public void A_missing_path_a_folder_and_an_empty_file_are_told_apart()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal("FileMissing", Assert.Throws<CheckpointFormatException>(() => MappedFile.Open(folder.File("none"))).Kind);
        Assert.Equal("NotAFile", Assert.Throws<CheckpointFormatException>(() => MappedFile.Open(folder.Path)).Kind);
        File.WriteAllBytes(folder.File("empty"), []);
        Assert.Equal(0, MappedFile.Open(folder.File("empty")).Length);
    }

    [Fact]
    public void A_file_without_permission_to_read_is_one_clear_error()
    {
        Assert.SkipUnless(!OperatingSystem.IsWindows() && Environment.UserName != "root", "the superuser may read anything, and Windows has no such permission");
        using var folder = new TemporaryFolder();
        string path = folder.File("closed");
        File.WriteAllText(path, "x");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.None);
        var error = Assert.Throws<CheckpointFormatException>(() => MappedFile.Open(path));
        Assert.Equal("FileNotReadable", error.Kind);
        Assert.Contains(path, error.Message);
    }

    [Fact]
    public void A_device_that_never_ends_is_not_opened() =>
        Assert.Equal(0, OperatingSystem.IsWindows() ? 0 : MappedFile.Open("/dev/zero").Length);

    [Fact]
    public void What_is_let_go_of_is_read_from_the_file_again_and_memory_of_its_own_keeps_its_bytes()
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))];
        File.WriteAllBytes(folder.File("bytes"), bytes);
        foreach (StoredBytes stored in new[] { MappedFile.Open(folder.File("bytes")), StoredBytes.FromBytes(bytes) })
        {
            stored.Release(0, bytes.Length);
            stored.Slice(10, 50_000).Release(3, 40_000);
            Assert.Equal(bytes, stored.Span(0, bytes.Length));
            Assert.Throws<ArgumentOutOfRangeException>(() => stored.Release(1, bytes.Length));
        }
    }

    /// <summary>Weights that lie in a file and packed in memory are not to be there twice.</summary>
    [Fact]
    public void A_packed_matrix_does_not_keep_its_file_in_the_memory_of_the_process()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "what a process holds of a file is read from /proc/self/smaps");
        using var folder = new TemporaryFolder();
        string path = folder.File("weights");
        const int Rows = 4096, Columns = 1024;
        File.WriteAllBytes(path, new byte[Rows * Columns * sizeof(float)]);
        var matrix = new StoredMatrix(TensorType.F32, Rows, Columns, MappedFile.Open(path));
        using var workers = new Workers(2);
        PackedMatrix packed = PackedMatrix.Pack(matrix, workers: workers);
        Assert.InRange(Resident(path), 0, 1 << 20);
        packed = PackedMatrix.Pack(matrix, WeightLayout.InputsByOutputs, workers: workers);
        Assert.InRange(Resident(path), 0, 1 << 20);
        GC.KeepAlive(packed);
    }

    /// <summary>Bytes of a mapped file that count to this process.</summary>
    private static long Resident(string path)
    {
        string[] lines = File.ReadAllLines("/proc/self/smaps");
        int mapping = Array.FindIndex(lines, line => line.EndsWith(path, StringComparison.Ordinal));
        Assert.True(mapping >= 0);
        string resident = lines.Skip(mapping).First(line => line.StartsWith("Rss:", StringComparison.Ordinal));
        return 1024 * long.Parse(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Rows_beyond_two_gigabytes_are_read()
    {
        const long Rows = 2_300_000_000;
        using var folder = new TemporaryFolder();
        string path = folder.File("big.safetensors");
        string json = $$$"""{"table":{"dtype":"F16","shape":[{{{Rows / 1000}}},1000],"data_offsets":[0,{{{2 * Rows}}}]}}""";
        byte[] header = [.. BitConverter.GetBytes((long)json.Length), .. Encoding.ASCII.GetBytes(json)];
        using (var stream = File.Create(path))
        {
            // Only the ends are written: the hole between them takes no disk.
            stream.Write(header);
            stream.SetLength(header.Length + 2 * Rows);
            stream.Seek(-2, SeekOrigin.End);
            byte[] half = new byte[2];
            BinaryPrimitives.WriteHalfLittleEndian(half, (Half)1.5f);
            stream.Write(half);
        }

        var table = SafetensorsFile.Open(path).Matrix("table");
        float[] last = table.Row(table.Rows - 1);
        Assert.Equal(1.5f, last[^1]);
        Assert.Equal(0f, last[^2]);
        Assert.Equal(2 * Rows, table.Bytes.Length);
    }

    [Fact]
    public void A_mapping_lives_as_long_as_any_part_of_it_and_no_longer()
    {
        Assert.SkipUnless(File.Exists("/proc/self/maps"), "mappings are counted through /proc/self/maps");
        using var folder = new TemporaryFolder();
        string path = folder.File("mapped.safetensors");
        SafetensorsWriter.Save(path, [SafetensorsEntry.From("a", Enumerable.Range(0, 100_000).Select(i => (float)i).ToArray(), 100, 1000)]);
        ReadWhileCollecting(path);
        Collect();
        Assert.False(IsMapped(path));
    }

    [Fact]
    public void Reading_goes_on_while_files_are_opened_dropped_and_collected()
    {
        string path = Verdicts.PathOf("sharded", "expected.safetensors");
        var expected = SafetensorsFile.Open(path);
        string name = expected.Tensors.First(t => t.Shape.Count == 2).Name;
        float[] row = expected.Matrix(name).Row(1);
        Parallel.For(0, 400, i =>
        {
            if (i % 8 == 0)
                Collect();
            Assert.Equal(row, SafetensorsFile.Open(path).Matrix(name).Row(1));
        });
    }

    /// <summary>In a method of its own, so that no variable outlives it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ReadWhileCollecting(string path)
    {
        var matrix = OnlyTheMatrix(path);
        for (int round = 0; round < 20; round++)
        {
            Collect();
            Parallel.For(0, 100, i => Assert.Equal(i * 1000f + 999, matrix.Row(i)[^1]));
        }

        Assert.True(IsMapped(path));
        GC.KeepAlive(matrix);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static StoredMatrix OnlyTheMatrix(string path) => SafetensorsFile.Open(path).Matrix("a");

    private static bool IsMapped(string path) => File.ReadAllText("/proc/self/maps").Contains(path, StringComparison.Ordinal);

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
