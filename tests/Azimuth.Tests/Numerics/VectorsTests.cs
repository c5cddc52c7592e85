using Azimuth.Numerics;

namespace Azimuth.Tests.Numerics;

public class VectorsTests
{
    public static TheoryData<int> Lengths => [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 576, 1000];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Sums_agree_with_plain_loops(int length)
    {
        float[] a = GramTests.RandomFloats(length, 1), b = GramTests.RandomFloats(length, 2);
        double dot = 0, magnitudes = 0, square = 0;
        for (int i = 0; i < length; i++)
        {
            dot += (double)a[i] * b[i];
            magnitudes += Math.Abs((double)a[i] * b[i]);
            square += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        }

        // Both sides round in double, at most length times.
        double tolerance = (length + 1) * Math.ScaleB(1, -52) * (magnitudes + square);
        Assert.Equal(dot, Vectors.DotDouble(a, b), tolerance);
        Assert.Equal(Math.Sqrt(square), Vectors.Distance(a, b), tolerance);
        // 64 running sums: at most length/64 + 70 roundings of single precision.
        Assert.Equal(dot, Vectors.Dot(a, b), (length / 64 + 70) * Math.ScaleB(1, -24) * magnitudes);
        Assert.Equal(Math.Sqrt(Vectors.DotDouble(a, a)), Vectors.Norm(a));
    }

    [Fact]
    public void The_same_vectors_give_the_same_bits_wherever_they_lie()
    {
        float[] a = GramTests.RandomFloats(101, 1), b = GramTests.RandomFloats(101, 2);
        for (int offset = 0; offset < 20; offset++)
        {
            var moved = new float[121];
            a.CopyTo(moved, offset);
            Assert.Equal(Vectors.Dot(a, b), Vectors.Dot(moved.AsSpan(offset, 101), b));
            Assert.Equal(Vectors.DotDouble(a, b), Vectors.DotDouble(moved.AsSpan(offset, 101), b));
        }
    }

    [Fact]
    public void Norms_of_huge_and_tiny_vectors_neither_overflow_nor_vanish()
    {
        Assert.Equal(5e37, Vectors.Norm([3e37f, 4e37f]), 1e31);
        Assert.Equal(5e-40, Vectors.Norm([3e-40f, 4e-40f]), 1e-45);
    }

    [Theory]
    [InlineData(1e-7)]
    [InlineData(1e-3)]
    [InlineData(45)]
    [InlineData(90)]
    [InlineData(179.999)]
    [InlineData(180)]
    public void Angles_are_accurate_near_both_ends(double degrees)
    {
        // The angle between two unit vectors of the plane as their stored floats have it, in extended form through the cross product.
        float[] a = [1, 0, 0], b = [(float)Math.Cos(degrees * Math.PI / 180), (float)Math.Sin(degrees * Math.PI / 180), 0];
        double expected = Math.Atan2(b[1], b[0]) * 180 / Math.PI;
        Assert.Equal(expected, Vectors.AngleDegrees(a, b)!.Value, 1e-13);
        Assert.Equal(expected, Vectors.AngleDegrees(b, a)!.Value, 1e-13);
    }

    [Fact]
    public void A_zero_vector_has_no_direction_and_a_vector_is_at_no_angle_to_itself()
    {
        float[] zero = new float[40], a = GramTests.RandomFloats(40, 3);
        Assert.Null(Vectors.Cosine(a, zero));
        Assert.Null(Vectors.AngleDegrees(zero, a));
        Assert.Equal(0, Vectors.AngleDegrees(a, a)!.Value);
        Assert.Equal(1, Vectors.Cosine(a, a)!.Value, 1e-15);
        Assert.Equal(180, Vectors.AngleDegrees(a, [.. a.Select(x => -x)])!.Value, 1e-13);
    }

    [Fact]
    public void Not_a_number_spreads_and_lengths_must_agree()
    {
        float[] a = GramTests.RandomFloats(40, 3), b = [.. a];
        b[39] = float.NaN;
        Assert.True(float.IsNaN(Vectors.Dot(a, b)) && double.IsNaN(Vectors.DotDouble(a, b)) && double.IsNaN(Vectors.Norm(b)) && double.IsNaN(Vectors.Distance(a, b)));
        Assert.Throws<ArgumentException>(() => Vectors.Dot(a, b.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => Vectors.DotDouble(a, b.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => Vectors.Distance(a, b.AsSpan(1)));
    }
}
