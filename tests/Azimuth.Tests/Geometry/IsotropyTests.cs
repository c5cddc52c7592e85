using System.Text.Json;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;
using FsCheck;
using FsCheck.Fluent;

namespace Azimuth.Tests.Geometry;

public sealed class IsotropyTests : IDisposable
{
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Rows_on_a_line_a_disk_and_a_ball_have_isoscore_0_one_half_and_1()
    {
        const int rows = 40_000;
        float[] normal = Tables.Normal(rows * 3, seed: 1);
        Assert.Equal(0, Of(Spread(1, 0, 0)).Raw.IsoScore!.Value, 1e-9);
        Assert.Equal(0.5, Of(Spread(1, 1, 0)).Raw.IsoScore!.Value, 0.01);
        Assert.Equal(1, Of(Spread(1, 1, 1)).Raw.IsoScore!.Value, 0.01);

        EmbeddingTable Spread(params float[] axes) => Tables.Of(rows, 3, [.. normal.Select((v, i) => v * axes[i % 3])]);
    }

    [Fact]
    public void Isoscore_does_not_depend_on_mean_scale_or_rotation() => Prop.ForAll(
        Gen.Choose(1, 1000).ToArbitrary(), Gen.Choose(-50, 50).ToArbitrary(), Gen.Choose(-6, 6).ToArbitrary(),
        (seed, shift, power) =>
        {
            float[] values = Tables.Normal(60 * 4, seed);
            for (int i = 0; i < values.Length; i++)
                values[i] *= 1 + i % 4;
            double plain = Of(Tables.Of(60, 4, values)).Raw.IsoScore!.Value;
            float scale = MathF.ScaleB(1, power);
            double moved = Of(Tables.Of(60, 4, [.. values.Select(v => (v + shift) * scale)])).Raw.IsoScore!.Value;
            var turned = (float[])values.Clone();
            for (int i = 0; i < 60; i++)
                (turned[i * 4], turned[i * 4 + 3]) = (0.6f * values[i * 4] - 0.8f * values[i * 4 + 3], 0.8f * values[i * 4] + 0.6f * values[i * 4 + 3]);
            // Adding the shift rounds to float.
            return Math.Abs(plain - moved) < 1e-4 && Math.Abs(plain - Of(Tables.Of(60, 4, turned)).Raw.IsoScore!.Value) < 1e-6 && plain is >= 0 and <= 1;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_measure_after_a_repair_is_that_of_the_rows_repaired_one_by_one()
    {
        float[] values = Tables.Normal(400 * 7, seed: 5);
        for (int i = 0; i < values.Length; i++)
            values[i] = values[i] * (1 + i % 7) + 3;
        values.AsSpan(70, 7).Clear();
        EmbeddingTable table = Tables.Of(400, 7, values);
        RepairComparison got = Of(table);
        Same(new(RepairKind.Centre), got.Centred);
        Same(new(RepairKind.RemoveComponents) { Components = 1 }, got.RemoveTop1);
        Same(new(RepairKind.RemoveComponents) { Components = 2 }, got.RemoveTop2);
        Same(new(RepairKind.RemoveComponents) { Components = 3 }, got.RemoveTop3);

        void Same(RepairOptions options, Isotropy found)
        {
            TableRepair repair = TableRepair.Fit(table.Rows, options, _workers, TestContext.Current.CancellationToken);
            Isotropy want = Of(Tables.Of(400, 7, [.. Enumerable.Range(0, 400).SelectMany(id => repair.Row(table.Rows, id))])).Raw;
            // Repaired rows are rounded to float.
            Assert.Equal(want.MeanPairwiseCosine, found.MeanPairwiseCosine, 1e-6);
            Assert.Equal(want.IsoScore!.Value, found.IsoScore!.Value, 1e-6);
            Assert.Equal(want.LogPartitionIsotropy, found.LogPartitionIsotropy, 1e-4);
            Assert.Equal(want.EffectiveRankSingularValues, found.EffectiveRankSingularValues, 1e-4);
        }
    }

    [Fact]
    public void One_row_one_column_and_equal_rows_have_no_score_instead_of_a_wrong_one()
    {
        RepairComparison one = Of(Tables.Of(1, 3, [1, 2, 3]));
        Assert.Null(one.Raw.IsoScore);
        Assert.Equal(double.NaN, one.Raw.MeanPairwiseCosine);
        Assert.Equal(1, one.Raw.EffectiveRankSingularValues, 1e-12);
        Assert.Equal((0, 0), (one.Centred.EffectiveRankSingularValues, one.WhitenPca.ParticipationRatio));
        Assert.Equal(1, one.Centred.PartitionIsotropy);

        RepairComparison column = Of(Tables.Of(4, 1, [1, 2, 4, 9]));
        Assert.Null(column.Raw.IsoScore);
        Assert.Equal(1, column.Raw.MeanPairwiseCosine, 1e-12);
        Assert.Equal(double.NaN, column.RemoveTop2.MeanPairwiseCosine);

        RepairComparison equal = Of(Tables.Of(5, 2, [1, 2, 1, 2, 1, 2, 1, 2, 1, 2]));
        Assert.Null(equal.Raw.IsoScore);
        Assert.Equal(double.NaN, equal.WhitenZca.MeanPairwiseCosine);
        RepairComparison zeros = Of(Tables.Of(5, 2, new float[10]));
        Assert.Equal((0.0, double.NaN), (zeros.Raw.LogPartitionIsotropy, zeros.Raw.MeanPairwiseCosine));
    }

    [Fact]
    public void Long_rows_do_not_overflow_the_partition_function()
    {
        float[] values = Tables.Normal(50 * 3, seed: 4);
        Isotropy got = Of(Tables.Of(50, 3, [.. values.Select(v => v * 1e4f)])).Raw;
        Assert.True(double.IsFinite(got.LogPartitionIsotropy) && got.LogPartitionIsotropy < -100);
        Assert.Equal(0, got.PartitionIsotropy);
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        EmbeddingTable table = Tables.Of(3000, 20, Tables.Normal(60_000, seed: 6));
        using Workers one = new(1), three = new(3);
        TableSpectrum spectrum = TableSpectrum.Of(table.Rows, one, TestContext.Current.CancellationToken);
        Assert.Equal(
            JsonSerializer.Serialize(RepairComparison.Of(table.Rows, spectrum, one, cancellation: TestContext.Current.CancellationToken)),
            JsonSerializer.Serialize(RepairComparison.Of(table.Rows, TableSpectrum.Of(table.Rows, three, TestContext.Current.CancellationToken), three, cancellation: TestContext.Current.CancellationToken)));
    }

    private RepairComparison Of(EmbeddingTable table) =>
        RepairComparison.Of(table.Rows, TableSpectrum.Of(table.Rows, _workers, TestContext.Current.CancellationToken), _workers, cancellation: TestContext.Current.CancellationToken);
}
