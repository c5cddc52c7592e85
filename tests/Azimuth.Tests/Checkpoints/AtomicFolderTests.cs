using Azimuth.Checkpoints;

namespace Azimuth.Tests.Checkpoints;

public sealed class AtomicFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_appears_whole_also_in_the_place_of_an_empty_one()
    {
        string path = _folder.File("new");
        Directory.CreateDirectory(path);
        AtomicFolder.Create(path, folder =>
        {
            Assert.Empty(Directory.EnumerateFileSystemEntries(path));
            File.WriteAllText(Path.Combine(folder, "a"), "content");
        });
        Assert.Equal("content", File.ReadAllText(Path.Combine(path, "a")));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_failure_leaves_nothing()
    {
        Assert.Throws<InvalidDataException>(() => AtomicFolder.Create(_folder.File("new"), folder =>
        {
            File.WriteAllText(Path.Combine(folder, "a"), "content");
            throw new InvalidDataException();
        }));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_full_disk_is_said_in_one_sentence()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("only Linux has a device that is always full");
        string path = _folder.File("new");
        foreach (Action write in new Action[]
        {
            () => AtomicFile.Write(path, FillDisk),
            () => AtomicFolder.Create(path, _ => FillDisk(null)),
            () => AtomicFolder.Create(path, folder => AtomicFile.Write(Path.Combine(folder, "a"), FillDisk)),
        })
        {
            Assert.Equal($"{path}: the disk is full. Make room, or choose another folder", Assert.Throws<IOException>(write).Message);
            Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
        }
    }

    /// <summary>The error of a disk without room, from the kernel itself.</summary>
    internal static void FillDisk(Stream? unused)
    {
        using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        full.WriteByte(1);
    }

    [Fact]
    public void What_is_in_the_place_is_not_touched()
    {
        string file = _folder.Write("file", "x"), full = _folder.File("full");
        Directory.CreateDirectory(full);
        File.WriteAllText(Path.Combine(full, "mine"), "x");
        foreach (string path in new[] { file, full, _folder.File("no/such/place") })
            Assert.Throws<IOException>(() => AtomicFolder.Create(path, _ => Assert.Fail("must not be filled")));
        Assert.True(File.Exists(Path.Combine(full, "mine")));
    }

    [Fact]
    public void Leftovers_of_a_killed_process_go_and_those_of_a_living_one_stay()
    {
        string path = _folder.File("new"), dead = path + ".azimuth-unfinished-dead", alive = path + ".azimuth-unfinished-alive", other = _folder.File("newer.azimuth-unfinished-x");
        foreach (string folder in new[] { dead, alive, other })
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "half"), "x");
        }

        File.WriteAllText(dead + ".lock", "");
        using (new FileStream(alive + ".lock", FileMode.CreateNew, FileAccess.Write, FileShare.None))
            AtomicFolder.Create(path, folder => File.WriteAllText(Path.Combine(folder, "a"), "x"));
        Assert.False(Directory.Exists(dead) || File.Exists(dead + ".lock"));
        Assert.True(Directory.Exists(alive) && Directory.Exists(other) && File.Exists(Path.Combine(path, "a")));
    }
}
