using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Tracing;

public sealed class TokenPlaneTests
{
    [Fact]
    public void Coordinates_are_along_the_target_and_across_it_towards_the_rival()
    {
        var plane = new TokenPlane([2, 0, 0], [3, 5, 0]);
        PlanePoint point = plane.Of([1, 2, 2]);
        Assert.Equal((1, 2), (point.X, point.Y));
        Assert.Equal(Math.Sqrt(5) / 3, point.InPlane, 1e-15);
        PlanePoint rival = plane.Of([3, 5, 0]);
        Assert.Equal((3, 5, 1), (rival.X, rival.Y, rival.InPlane));
    }

    [Fact]
    public void Parallel_directions_leave_a_line_and_a_zero_vector_stands_at_the_origin()
    {
        var line = new TokenPlane([1, 1], [-3, -3]);
        Assert.Equal(0, line.Of([1, -1]).InPlane, 1e-15);
        Assert.Equal(new PlanePoint(0, 0, 0), line.Of([0, 0]));
        Assert.Equal(0, line.Of([4, 2]).Y);
    }

    [Fact]
    public void Scaling_both_directions_changes_nothing()
    {
        float[] target = [0.3f, -1, 2], rival = [1, 1, 0.5f], vector = [2, -3, 1];
        PlanePoint one = new TokenPlane(target, rival).Of(vector);
        PlanePoint other = new TokenPlane(Array.ConvertAll(target, v => 8 * v), Array.ConvertAll(rival, v => 0.25f * v)).Of(vector);
        Assert.Equal(one.X, other.X, 1e-14);
        Assert.Equal(one.Y, other.Y, 1e-14);
        Assert.InRange(one.InPlane, 0, 1);
    }
}
