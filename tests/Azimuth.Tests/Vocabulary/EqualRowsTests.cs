using Azimuth.Numerics;
using Azimuth.Vocabulary;

namespace Azimuth.Tests.Vocabulary;

public sealed class EqualRowsTests : IDisposable
{
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Groups_are_rows_of_the_same_numbers_whatever_the_sign_of_zero()
    {
        int[][] want = [[0, 3, 7], [1, 5], [2, 6]];
        Assert.Equal(want, EqualRows.Find(
            StoredMatrix.FromFloats([1, 0, 2, 0, 0, 0, 1, -0f, 1, 2, 2, -0f, 0, 0, 1, 0], 8, 2), _workers, TestContext.Current.CancellationToken));
        Assert.ThrowsAny<OperationCanceledException>(() => EqualRows.Find(StoredMatrix.FromFloats([1, 1], 2, 1), _workers, new CancellationToken(true)));
    }

    [Fact]
    public void No_two_different_rows_meet()
    {
        float[] values = [.. Enumerable.Range(0, 20_000).SelectMany(i => new[] { (float)(i % 100), -(i / 100), i % 2 == 0 ? 0f : -0f })];
        Assert.Empty(EqualRows.Find(StoredMatrix.FromFloats(values, 20_000, 3), _workers, TestContext.Current.CancellationToken));
    }
}
