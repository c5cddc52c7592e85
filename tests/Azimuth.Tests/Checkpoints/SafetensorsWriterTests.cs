using System.Buffers.Binary;
using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace Azimuth.Tests.Checkpoints;

public sealed class SafetensorsWriterTests
{
    private static readonly TensorType[] Plain = [.. Enum.GetValues<TensorType>().Where(t => t.BlockLength() == 1)];

    [Fact]
    public void Whatever_is_written_is_read_back()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("random.safetensors");
        var names = ArbMap.Default.GeneratorFor<NonNull<string>>().Select(s => s.Get).Where(IsUnicode);
        var tensors =
            from count in Gen.Choose(0, 6)
            from distinct in names.ListOf(count)
            from types in Gen.Elements(Plain).ListOf(count)
            from shapes in Gen.Choose(0, 4).ListOf().Select(s => s.Take(3).Select(d => (long)d).ToArray()).ListOf(count)
            from seed in Gen.Choose(0, int.MaxValue)
            select distinct.Zip(types, shapes).DistinctBy(t => t.First).Where(t => t.First != "__metadata__").Select(t => Entry(t.First, t.Second, t.Third, seed)).ToArray();
        var metadata = names.Two().ListOf().Select(pairs => pairs.DistinctBy(p => p.Item1).ToDictionary(p => p.Item1, p => p.Item2));
        Prop.ForAll(tensors.Zip(metadata).ToArbitrary(), input =>
        {
            SafetensorsWriter.Save(path, input.Item1, input.Item2);
            var file = SafetensorsFile.Open(path);
            Assert.Equal(input.Item2.OrderBy(m => m.Key, StringComparer.Ordinal), file.Header.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal));
            Assert.Equal(input.Item1.Length, file.Tensors.Count);
            foreach (var tensor in input.Item1)
            {
                var found = file.Find(tensor.Name)!;
                Assert.Equal(tensor.Type, found.Type);
                Assert.Equal(tensor.Shape, found.Shape);
                Assert.Equal(0, found.Offset % tensor.Type.BlockBytes());
                using var written = new MemoryStream();
                tensor.Bytes.WriteTo(written, TestContext.Current.CancellationToken);
                Assert.Equal(written.ToArray(), Bytes(file.Bytes(tensor.Name)));
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_header_ends_at_a_multiple_of_8_and_the_same_content_gives_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        var a = SafetensorsEntry.From("a", [1f, 2f, 3f], 3);
        var b = new SafetensorsEntry("b", TensorType.F16, [1], StoredBytes.FromBytes([1, 2]));
        var texts = new Dictionary<string, string> { ["z"] = "1", ["format"] = "azimuth" };
        SafetensorsWriter.Save(folder.File("1"), [a, b], texts);
        SafetensorsWriter.Save(folder.File("2"), [b, a], texts.Reverse().ToDictionary());
        byte[] first = File.ReadAllBytes(folder.File("1"));
        Assert.Equal(first, File.ReadAllBytes(folder.File("2")));
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(first) % 8);
        Assert.Equal(["a", "b"], SafetensorsFile.Open(folder.File("1")).Tensors.Select(t => t.Name));
    }

    [Fact]
    public void Matrices_are_written_as_they_are_stored()
    {
        using var folder = new TemporaryFolder();
        var table = SafetensorsFile.Open(Verdicts.PathOf("sharded", "expected.safetensors"));
        SafetensorsWriter.Save(folder.File("copy"), table.Tensors.Where(t => t.Shape.Count == 2).Select(t => SafetensorsEntry.From(t.Name, table.Matrix(t.Name))));
        var copy = SafetensorsFile.Open(folder.File("copy"));
        Assert.NotEmpty(copy.Tensors);
        Assert.All(copy.Tensors, t => Assert.Equal(Bytes(table.Bytes(t.Name)), Bytes(copy.Bytes(t.Name))));
    }

    [Fact]
    public void A_failure_leaves_the_old_file_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.safetensors");
        File.WriteAllText(path, "old");
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => SafetensorsWriter.Save(path, [SafetensorsEntry.From("a", [1f], 1)], cancellation: cancelled.Token));
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException("stop");
        }));
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(folder.Path));
        Assert.Equal("old", File.ReadAllText(path));
    }

    [Fact]
    public void A_link_stays_a_link_and_the_longest_name_is_no_trouble()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        using var folder = new TemporaryFolder();
        string target = folder.File(new string('n', 255)), link = folder.File("link");
        File.WriteAllText(target, "old");
        File.CreateSymbolicLink(link, target);
        AtomicFile.Write(link, stream => stream.Write("new"u8));
        Assert.Equal(target, new FileInfo(link).LinkTarget);
        Assert.Equal("new", File.ReadAllText(target));
    }

    [Fact]
    public void A_device_or_a_pipe_is_not_replaced_by_a_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there are no such files on Windows");
        using var folder = new TemporaryFolder();
        string pipe = folder.File("pipe"), link = folder.File("link");
        System.Diagnostics.Process.Start("mkfifo", [pipe]).WaitForExit();
        File.CreateSymbolicLink(link, "/dev/null");
        foreach (string path in new[] { pipe, link, "/dev/null" })
            Assert.Contains("a device or a pipe", Assert.Throws<IOException>(() => AtomicFile.Check(path)).Message, StringComparison.Ordinal);
        Assert.Equal(folder.File("new"), AtomicFile.Check(folder.File("new")));
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_one_clear_error_and_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        var tensors = new[] { SafetensorsEntry.From("a", [1f], 1) };
        Assert.Contains("does not exist", Assert.Throws<IOException>(() => SafetensorsWriter.Save(Path.Combine(folder.Path, "no", "such", "file"), tensors)).Message);
        Assert.Contains("found a folder", Assert.Throws<IOException>(() => SafetensorsWriter.Save(folder.Path, tensors)).Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_folder_without_permission_to_write_is_one_clear_error()
    {
        Assert.SkipUnless(!OperatingSystem.IsWindows() && Environment.UserName != "root", "the superuser may write anywhere, and Windows has no such permission");
        using var folder = new TemporaryFolder();
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var error = Assert.Throws<IOException>(() => SafetensorsWriter.Save(folder.File("model.safetensors"), [SafetensorsEntry.From("a", [1f], 1)]));
        Assert.Contains("cannot be written", error.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public void A_folder_where_nothing_can_be_created_is_one_clear_error()
    {
        Assert.SkipUnless(Directory.Exists("/proc/self"), "this system has no folder in which not even the superuser can create files");
        var error = Assert.Throws<IOException>(() => SafetensorsWriter.Save("/proc/self/model.safetensors", [SafetensorsEntry.From("a", [1f], 1)]));
        Assert.StartsWith("/proc/self/model.safetensors: it cannot be written", error.Message);
    }

    [Fact]
    public void A_disk_that_is_full_is_one_clear_error_and_leaves_nothing()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no device that is always full");
        using var folder = new TemporaryFolder();
        // The device's error, at the moment a full disk would give it.
        var error = Assert.Throws<IOException>(() => AtomicFile.Write(folder.File("out"), _ =>
        {
            using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 0);
            full.Write(new byte[4096]);
        }));
        Assert.StartsWith(folder.File("out"), error.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData("__metadata__", TensorType.F32, 1, 4, "reserved")]
    [InlineData("a", TensorType.Q8_0, 32, 34, "no place in safetensors")]
    [InlineData("a", TensorType.F32, 2, 4, "does not fit 4 bytes")]
    public void What_the_format_cannot_hold_is_refused_before_anything_is_written(string name, TensorType type, long size, int bytes, string part)
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<ArgumentException>(() => SafetensorsWriter.Save(folder.File("x"), [new SafetensorsEntry(name, type, [size], StoredBytes.FromBytes(new byte[bytes]))]));
        Assert.Contains(part, error.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_refused_in_names_and_in_texts()
    {
        using var folder = new TemporaryFolder();
        string half = "a" + (char)0xD800;
        Assert.Contains("surrogate", Assert.Throws<ArgumentException>(() => SafetensorsWriter.Save(folder.File("x"), [SafetensorsEntry.From(half, [1f], 1)])).Message);
        Assert.Contains("surrogate", Assert.Throws<ArgumentException>(() => SafetensorsWriter.Save(folder.File("x"), [], new Dictionary<string, string> { ["k"] = half })).Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_name_given_twice_is_refused()
    {
        using var folder = new TemporaryFolder();
        var tensor = SafetensorsEntry.From("a", [1f], 1);
        Assert.Contains("given twice", Assert.Throws<ArgumentException>(() => SafetensorsWriter.Save(folder.File("x"), [tensor, tensor])).Message);
    }

    private static SafetensorsEntry Entry(string name, TensorType type, long[] shape, int seed)
    {
        byte[] bytes = new byte[shape.Aggregate(1L, (a, b) => a * b) * type.BlockBytes()];
        new Random(seed ^ name.Length).NextBytes(bytes);
        return new SafetensorsEntry(name, type, shape, StoredBytes.FromBytes(bytes));
    }

    private static byte[] Bytes(StoredBytes bytes) => bytes.Span(0, (int)bytes.Length).ToArray();

    private static bool IsUnicode(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text;
}
