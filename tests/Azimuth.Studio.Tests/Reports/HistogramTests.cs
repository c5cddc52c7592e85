using Azimuth.Studio.Reports;

namespace Azimuth.Studio.Tests.Reports;

public class HistogramTests
{
    [Fact]
    public void Linear_bins_start_at_zero_and_hold_every_value_once()
    {
        Histogram histogram = Histogram.Linear([0f, 0.5f, 1f, 1.5f, 2f, 4f], 4);

        Assert.Equal([0, 1, 2, 3, 4], histogram.Edges);
        Assert.Equal([2, 2, 1, 1], histogram.Counts);
    }

    [Fact]
    public void A_value_on_an_edge_belongs_to_the_bin_above_and_the_largest_to_the_last()
    {
        Histogram histogram = Histogram.Linear([1f, 2f, 3f], 3);

        Assert.Equal([0, 1, 2], histogram.Counts);
    }

    [Fact]
    public void Logarithmic_bins_have_equal_ratios_and_leave_zeros_out()
    {
        Histogram histogram = Histogram.Logarithmic([0f, 0f, 1f, 5f, 20f, 99f, 100f], 2);

        Assert.Equal(1, histogram.Edges[0]);
        Assert.Equal(10, histogram.Edges[1], 1e-12);
        Assert.Equal(100, histogram.Edges[2]);
        Assert.Equal([2, 3], histogram.Counts);
    }

    [Fact]
    public void Equal_lengths_fill_one_bin()
    {
        Histogram histogram = Histogram.Logarithmic([3f, 3f, 3f], 8);

        Assert.Equal(3, histogram.Counts.Sum());
        Assert.Single(histogram.Counts, 3);
    }

    [Fact]
    public void A_table_of_zeros_has_no_logarithmic_bins()
    {
        Assert.Empty(Histogram.Logarithmic([0f, 0f], 4).Counts);
        Assert.Equal(2, Histogram.Linear([0f, 0f], 4).Counts[0]);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(-1f)]
    public void Something_that_is_no_length_is_refused(float value) =>
        Assert.Contains("finite and not negative", Assert.Throws<ArgumentException>(() => Histogram.Linear([1f, value], 2)).Message, StringComparison.Ordinal);

    [Fact]
    public void Counts_of_many_values_add_up_on_both_scales()
    {
        float[] values = [.. Enumerable.Range(1, 10_000).Select(i => MathF.Sqrt(i))];

        Assert.Equal(values.Length, Histogram.Linear(values, 64).Counts.Sum());
        Assert.Equal(values.Length, Histogram.Logarithmic(values, 64).Counts.Sum());
    }
}
