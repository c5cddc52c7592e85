using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Embeddings;
using Azimuth.Geometry.Alignment;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tests.Embeddings;

namespace Azimuth.Tests.Geometry.Alignment;

public sealed class DriftTests : IDisposable
{
    private readonly Workers _workers = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _workers.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Moved_rows_are_named_and_the_rest_stays()
    {
        const int rows = 200, d = 8;
        float[] a = Tables.Normal(rows * d, seed: 1), b = [.. a];
        for (int c = 0; c < d; c++)
        {
            b[17 * d + c] = -a[17 * d + c];
            b[42 * d + c] = 3 * a[42 * d + c];
        }

        TablePair pair = TablePair.Match(Tables.Of(rows, d, a), Tables.Of(rows, d, b));
        TableDrift got = Drift(pair, DriftOrder.Before);
        Assert.Equal(198, got.IdenticalRows);
        Assert.False(got.Identical);
        Assert.Equal(17, got.TopMovers[0].Id);
        Assert.Equal(180, got.TopMovers[0].AngleBeforeDegrees!.Value, 1e-9);
        Assert.Equal(42, Drift(pair, DriftOrder.Norm).TopMovers[0].Id);
        Assert.Equal(3, got.NormRatioSummary.Largest, 1e-6);
        Assert.Equal(1, got.NormRatioSummary.Median);
        double change = 2 * Norm(a, 17) * 2 * Norm(a, 17) + 2 * Norm(a, 42) * 2 * Norm(a, 42);
        Assert.Equal(Math.Sqrt(change / a.Sum(v => (double)v * v)), got.RelativeChange, 1e-6);

        double Norm(float[] values, int row) => Vectors.Norm(values.AsSpan(row * d, d));
    }

    [Fact]
    public void A_table_and_itself_are_identical_and_added_rows_are_listed()
    {
        float[] values = Tables.Normal(50 * 4, seed: 2);
        EmbeddingTable table = Tables.Of(50, 4, values), longer = Tables.Of(52, 4, [.. values, 1, 2, 3, 4, 5, 6, 7, 8]);
        TableDrift same = Drift(TablePair.Match(table, table), DriftOrder.After);
        Assert.True(same.Identical);
        Assert.Equal(0, same.RelativeChange);
        TableDrift grown = Drift(TablePair.Match(table, longer), DriftOrder.After);
        Assert.False(grown.Identical);
        Assert.Equal(50, grown.IdenticalRows);
        Assert.Equal([50, 51], grown.Added.Select(token => token.Id));
        Assert.Empty(grown.Removed);
    }

    [Fact]
    public void Tensors_are_compared_by_name_and_summed_up_by_layer()
    {
        float[] w0 = [1, 2, 2], w1 = [3, 4], both = Tables.Normal(70_000, seed: 3);
        float[] moved = [.. both];
        moved[69_999] += 0.5f;
        Checkpoint a = Save("a", ("emb", w0, [3]), ("h.0.w", w1, [2]), ("h.1.w", both, [7, 10_000]), ("gone", w1, [2]), ("shape", w1, [2]));
        Checkpoint b = Save("b", ("emb", w0, [3]), ("h.0.w", [3, 5], [2]), ("h.1.w", moved, [7, 10_000]), ("new", w1, [2]), ("shape", w1, [1, 2]));
        TensorDrift got = TensorDrift.Of(a, b, _workers, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(["emb", "h.0.w", "h.1.w"], got.Tensors.Select(t => t.Name));
        Assert.True(got.Tensors[0].Identical);
        Assert.Equal(0.2, got.Tensors[1].RelativeChange, 1e-15);
        Assert.Equal(1, got.Tensors[1].LargestDifference);
        Assert.Equal(0.5, got.Tensors[2].LargestDifference, 1e-6);
        Assert.Equal([null, 0, 1], got.Layers.Select(layer => layer.Layer));
        Assert.Equal(0.2, got.Layers[1].RelativeChange, 1e-15);
        Assert.Equal(["gone"], got.OnlyInA);
        Assert.Equal(["new"], got.OnlyInB);
        Assert.Equal(["shape [2] → [1, 2]"], got.Reshaped);
        Assert.False(got.Identical);
        Assert.True(TensorDrift.Of(a, a, _workers, cancellation: TestContext.Current.CancellationToken).Identical);
    }

    [Fact]
    public void A_long_row_is_compared_in_parts()
    {
        float[] before = new float[140_000];
        Array.Fill(before, 1f);
        float[] after = [.. before];
        (after[5], after[139_999]) = (2, 4);
        foreach (long[] shape in new long[][] { [140_000], [2, 70_000] })
        {
            Checkpoint a = Save("a", ("v", before, shape)), b = Save("b", ("v", after, shape));
            TensorChange got = Assert.Single(TensorDrift.Of(a, b, _workers, cancellation: TestContext.Current.CancellationToken).Tensors);
            Assert.Equal(Math.Sqrt(10.0 / 140_000), got.RelativeChange, 1e-15);
            Assert.Equal((3, false), (got.LargestDifference, got.Identical));
        }
    }

    private TableDrift Drift(TablePair pair, DriftOrder order) => TableDrift.Of(pair, order, 5, _workers, cancellation: TestContext.Current.CancellationToken);

    private Checkpoint Save(string name, params (string Name, float[] Values, long[] Shape)[] tensors)
    {
        string path = Path.Combine(_folder.Path, name + ".safetensors");
        SafetensorsWriter.Save(path, [.. tensors.Select(t => SafetensorsEntry.From(t.Name, t.Values, t.Shape))]);
        return ModelFolder.OpenWeights(path);
    }
}
