using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;

namespace Azimuth.Tests.Geometry;

public sealed class TokenSubspaceTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData(SubspaceCentre.None)]
    [InlineData(SubspaceCentre.Group)]
    [InlineData(SubspaceCentre.Table)]
    public void The_basis_is_orthonormal_and_shares_are_between_zero_and_one(SubspaceCentre centre)
    {
        EmbeddingTable table = Tables.Of(200, 20, Tables.Normal(4000, seed: 31));
        TokenSubspace got = TokenSubspace.Of(table, [3, 5, 7, 11, 13], centre, null, _workers);
        Assert.Equal(centre == SubspaceCentre.Group ? 4 : 5, got.Dimension);
        for (int i = 0; i < got.Dimension; i++)
        {
            for (int j = 0; j < got.Dimension; j++)
                Assert.Equal(i == j ? 1 : 0, got.Basis[i].Zip(got.Basis[j], (a, b) => a * b).Sum(), 1e-12);
        }

        Assert.Equal(1, got.ExplainedVarianceRatio.Sum(), 1e-12);
        Assert.Equal(got.ExplainedVarianceRatio.OrderDescending(), got.ExplainedVarianceRatio);
        foreach (TokenShare member in got.Members(_workers))
        {
            Assert.Equal(1, member.Inside, 1e-9);
            Assert.InRange(member.LeftOut!.Value, 0, 0.95);
        }

        IReadOnlyList<TokenShare> nearest = got.Nearest(500, _workers);
        Assert.Equal(195, nearest.Count);
        Assert.All(nearest, share => Assert.InRange(share.Inside, 0, 1));
        Assert.Equal(nearest.OrderByDescending(share => share.Inside), nearest);
        Assert.Equal(got.Inside(nearest[0].Id)!.Value, nearest[0].Inside, 1e-12);
        // Random directions: the mean square share is dimension / model. Less the group's mean, all rows share a direction, and it is another number.
        if (centre != SubspaceCentre.Group)
            Assert.InRange(Math.Sqrt(nearest.Average(share => share.Inside * share.Inside)) / got.ShareByChance, 0.85, 1.15);
    }

    [Fact]
    public void Projecting_twice_is_projecting_once()
    {
        EmbeddingTable table = Tables.Of(60, 16, Tables.Normal(960, seed: 33));
        TokenSubspace subspace = TokenSubspace.Of(table, [0, 1, 2], SubspaceCentre.None, 2, _workers);
        // A table of the projected rows: all of each lies inside, and the projection is as long as the share says.
        var projected = new float[960];
        for (int id = 0; id < 60; id++)
        {
            float[] row = table.Vector(id);
            foreach (double[] direction in subspace.Basis)
            {
                double along = direction.Zip(row, (b, x) => b * x).Sum();
                for (int c = 0; c < 16; c++)
                    projected[id * 16 + c] += (float)(along * direction[c]);
            }

            Assert.Equal(subspace.Inside(id)!.Value, Vectors.Norm(projected.AsSpan(id * 16, 16)) / Vectors.Norm(row), 1e-6);
        }

        TokenSubspace again = TokenSubspace.Of(Tables.Of(60, 16, projected), [0, 1, 2], SubspaceCentre.None, 2, _workers);
        Assert.All(again.Nearest(60, _workers), share => Assert.Equal(1, share.Inside, 1e-6));
        // Angles of equal subspaces are 0; projected rows are single precision.
        Assert.All(again.PrincipalAnglesDegrees(subspace, _workers), angle => Assert.InRange(angle, 0, 1e-4));
    }

    [Fact]
    public void Rotations_and_lengths_change_no_share_and_no_angle()
    {
        float[] values = Tables.Normal(50 * 8, seed: 35);
        var changed = new float[values.Length];
        for (int id = 0; id < 50; id++)
        {
            for (int c = 0; c < 8; c++)
                changed[id * 8 + c] = 4 * values[id * 8 + (c + 3) % 8] * (c % 3 == 0 ? -1 : 1);
        }

        EmbeddingTable a = Tables.Of(50, 8, values), b = Tables.Of(50, 8, changed);
        TokenSubspace one = TokenSubspace.Of(a, [1, 2, 3], SubspaceCentre.Table, 2, _workers), other = TokenSubspace.Of(b, [1, 2, 3], SubspaceCentre.Table, 2, _workers);
        for (int id = 0; id < 50; id++)
            Assert.Equal(one.Inside(id)!.Value, other.Inside(id)!.Value, 1e-12);
        double[] angles = one.PrincipalAnglesDegrees(TokenSubspace.Of(a, [7, 8, 9], SubspaceCentre.Table, null, _workers), _workers);
        double[] turned = other.PrincipalAnglesDegrees(TokenSubspace.Of(b, [7, 8, 9], SubspaceCentre.Table, null, _workers), _workers);
        Assert.Equal(2, angles.Length);
        Assert.Equal(angles.Order(), angles);
        for (int i = 0; i < 2; i++)
            Assert.Equal(angles[i], turned[i], 1e-9);
    }

    [Theory]
    [InlineData(1e-7)]
    [InlineData(0.3)]
    [InlineData(30)]
    [InlineData(89.999)]
    [InlineData(90)]
    public void Principal_angles_are_accurate_near_both_ends(double degrees)
    {
        // The first plane is spanned by e0 and e1, the second by a vector at the angle from e0, towards e2, and by e3: the angles are it and 90.
        double angle = degrees * Math.PI / 180;
        float sine = (float)Math.Sin(angle), cosine = (float)Math.Cos(angle);
        EmbeddingTable table = Tables.Of(4, 5, [1, 0, 0, 0, 0, 0, 2, 0, 0, 0, cosine, 0, sine, 0, 0, 0, 0, 0, 1, 0]);
        double expected = Math.Atan2(sine, cosine) * 180 / Math.PI;
        TokenSubspace first = TokenSubspace.Of(table, [0, 1], SubspaceCentre.None, null, _workers), second = TokenSubspace.Of(table, [2, 3], SubspaceCentre.None, null, _workers);
        double[] got = first.PrincipalAnglesDegrees(second, _workers);
        Assert.Equal(expected, got[0], 1e-13 + 1e-12 * expected);
        Assert.Equal(90, got[1], 1e-12);
        Assert.Equal(got, second.PrincipalAnglesDegrees(first, _workers));
        Assert.Equal(expected, TokenSubspace.Of(table, [2], SubspaceCentre.None, null, _workers).PrincipalAnglesDegrees(first, _workers)[0], 1e-13 + 1e-12 * expected);
    }

    [Fact]
    public void Equal_rows_span_one_direction_and_zero_rows_none()
    {
        EmbeddingTable table = Tables.Of(6, 3, [1, 2, 3, 1, 2, 3, 2, 4, 6, 0, 0, 0, 3, 1, float.NaN, 0, 1, 0]);
        TokenSubspace got = TokenSubspace.Of(table, [0, 1, 2], SubspaceCentre.None, null, _workers);
        Assert.Equal(1, got.Dimension);
        Assert.All(got.Members(_workers), member => Assert.Equal(1, member.LeftOut!.Value, 1e-12));
        Assert.Null(got.Inside(3));
        Assert.Equal([5], got.Nearest(9, _workers).Select(n => n.Id));
        Assert.Null(TokenSubspace.Of(table, [0], SubspaceCentre.None, null, _workers).Members(_workers)[0].LeftOut);
        Assert.Contains("spans nothing", Assert.Throws<ArgumentException>(() => TokenSubspace.Of(table, [3], SubspaceCentre.None, null, _workers)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TokenSubspace.Of(table, [0, 1], SubspaceCentre.Group, null, _workers));
        Assert.Throws<ArgumentException>(() => TokenSubspace.Of(table, [], SubspaceCentre.None, null, _workers));
        Assert.Throws<ArgumentException>(() => TokenSubspace.Of(table, [1, 1], SubspaceCentre.None, null, _workers));
        Assert.Throws<CheckpointFormatException>(() => TokenSubspace.Of(table, [0, 4], SubspaceCentre.None, null, _workers));
        Assert.Throws<ArgumentOutOfRangeException>(() => TokenSubspace.Of(table, [0], SubspaceCentre.None, 0, _workers));
    }
}
