using Azimuth.Checkpoints;

namespace Azimuth.Tests.Checkpoints;

/// <summary>The bounds within which every fixture's verdict has to come: a reader that exceeds them fails its tests, whether it opens the file or refuses it.</summary>
public sealed class VerdictBoundsTests
{
    private const int MoreThanAllowed = (64 << 20) + (1 << 16);

    private static readonly string Small = Verdicts.PathOf("gguf", "ok/version-2.gguf");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void More_than_64_MiB_fail(bool refuses) => AssertFails(_ =>
    {
        GC.KeepAlive(GC.AllocateUninitializedArray<byte>(MoreThanAllowed));
        return refuses ? throw new CheckpointFormatException(Small, "refused") : 0;
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void More_than_a_second_each_time_fails(bool refuses) => AssertFails(_ =>
    {
        Thread.Sleep(1050);
        return refuses ? throw new CheckpointFormatException(Small, "refused") : 0;
    });

    [Fact]
    public void A_second_that_passed_once_is_another_process() => Assert.Equal(2, Verdicts.Bounded(Small, SlowAtFirst()));

    private static Func<string, int> SlowAtFirst()
    {
        int calls = 0;
        return _ =>
        {
            if (++calls == 1)
                Thread.Sleep(1050);
            return calls;
        };
    }

    private static void AssertFails(Func<string, int> open) => Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Verdicts.Bounded(Small, open));
}
