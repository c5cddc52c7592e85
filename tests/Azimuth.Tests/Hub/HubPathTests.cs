using Azimuth.Hub;

namespace Azimuth.Tests.Hub;

public sealed class HubPathTests
{
    public static TheoryData<string> HostilePaths =>
    [
        "", "../x", "a/../../x", "..", "a/..", "/etc/passwd", "//server/share", "a//b", "a/", "./a", "a/./b", "a\\b", "..\\x", "C:\\x", "C:x", "c:/x",
        "a\0b", "a\nb", "a\u001b[2J", "a\u0085b", "\ud800",
    ];

    [Theory]
    [MemberData(nameof(HostilePaths))]
    public void A_path_that_no_repository_can_hold_is_hostile(string path) => Assert.NotNull(HubPath.Hostile(path));

    [Theory]
    [InlineData("config.json")]
    [InlineData("1_Pooling/config.json")]
    [InlineData("..a/b..")]
    [InlineData(".gitattributes")]
    [InlineData("naïve 模型.txt")]
    [InlineData("a@b#c%2F..%2F")]
    public void An_ordinary_path_is_taken(string path)
    {
        Assert.Null(HubPath.Hostile(path));
        if (!path.EndsWith('.'))
            Assert.Null(HubPath.Unstorable(path));
    }

    [Theory]
    [InlineData("CON")]
    [InlineData("aux.json")]
    [InlineData("a/nul/b")]
    [InlineData("com1.txt")]
    [InlineData("LPT9")]
    [InlineData("a:b")]
    [InlineData("what?.txt")]
    [InlineData("a*")]
    [InlineData("a|b")]
    [InlineData("a.")]
    [InlineData("a ")]
    [InlineData("a./b")]
    public void What_some_system_cannot_keep_is_unstorable(string path) => Assert.NotNull(HubPath.Unstorable(path));

    [Theory]
    [InlineData("console.json")]
    [InlineData("com.txt")]
    [InlineData("com10.txt")]
    [InlineData("nulls/x")]
    public void What_only_looks_like_a_device_is_kept(string path) => Assert.Null(HubPath.Unstorable(path));

    [Fact]
    public void Lengths_are_counted_in_bytes()
    {
        Assert.Null(HubPath.Unstorable(new string('a', 255)));
        Assert.NotNull(HubPath.Unstorable(new string('a', 256)));
        Assert.NotNull(HubPath.Unstorable(new string('ü', 128)));
        Assert.NotNull(HubPath.Unstorable(string.Join('/', Enumerable.Repeat("directory", 101))));
    }

    [Fact]
    public void Names_that_differ_in_case_alone_and_files_that_are_folders_collide()
    {
        Assert.Equal(("config.json", "Config.JSON"), HubPath.Collision(["config.json", "x", "Config.JSON"]));
        Assert.Equal(("a", "A/b"), HubPath.Collision(["A/b", "a"]));
        Assert.Null(HubPath.Collision(["a/b", "a/c", "ab", "b/a"]));
    }
}
