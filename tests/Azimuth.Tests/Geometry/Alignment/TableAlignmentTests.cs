using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Geometry.Alignment;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;

namespace Azimuth.Tests.Geometry.Alignment;

public sealed class TableAlignmentTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void A_rotated_scaled_and_shifted_table_is_found_again()
    {
        const int rows = 300, d = 10;
        float[] a = Tables.Normal(rows * d, seed: 1), b = new float[rows * d];
        for (int i = 0; i < rows; i++)
        {
            // Columns turned round by one and every second one mirrored: orthogonal, exactly representable.
            for (int c = 0; c < d; c++)
                b[i * d + (c + 1) % d] = 2 * (c % 2 == 0 ? a[i * d + c] : -a[i * d + c]) + 5;
        }

        TableAlignment got = Align(Tables.Of(rows, d, a), Tables.Of(rows, d, b));
        Assert.Equal(2, got.ProcrustesCentred!.Scale, 1e-6); // b is rounded to float after the shift
        Assert.InRange(got.AngleSummary!.MeanAfter, 0, 1e-4);
        Assert.InRange(got.AngleSummary.MeanBefore, 20, 180);
        Assert.Equal(1, got.CkaLinear, 1e-9);
        Assert.Equal(1, got.NeighbourOverlap10.Centred, 1e-2);
        EmbeddingTable aligned = got.ProcrustesCentred.Apply(Tables.Of(rows, d, a), scaled: true, _workers, TestContext.Current.CancellationToken);
        for (int i = 0; i < b.Length; i++)
            Assert.Equal(b[i], aligned.Vector(i / d)[i % d], 1e-4f);
        EmbeddingTable unscaled = got.ProcrustesCentred.Apply(Tables.Of(rows, d, a), scaled: false, _workers, TestContext.Current.CancellationToken);
        Assert.Equal(Vectors.Distance(Tables.Of(rows, d, a).Vector(3), Tables.Of(rows, d, a).Vector(8)), Vectors.Distance(unscaled.Vector(3), unscaled.Vector(8)), 1e-5);
    }

    [Fact]
    public void A_table_and_itself_do_not_move()
    {
        EmbeddingTable table = Tables.Of(200, 8, Tables.Normal(1600, seed: 2));
        TableAlignment got = Align(table, table);
        Assert.InRange(got.Rows!.AngleAfterDegrees.Max(), 0, 1e-11);
        Assert.Equal(0, got.AngleSummary!.MeanBefore);
        Assert.Equal(1, got.ProcrustesCentred!.Scale, 1e-12);
        Assert.Equal(1, got.ProcrustesCentred.Det, 1e-12);
        Assert.Equal(1, got.NeighbourOverlap10.Raw);
    }

    [Fact]
    public void Rows_are_paired_by_text_where_ids_mean_different_tokens()
    {
        float[] values = Tables.Normal(6 * 4, seed: 3);
        EmbeddingTable a = Named(["x", "y", "z", "w", "twice", "twice"], values, 6);
        EmbeddingTable b = Named(["twice", "z", "new", "x", "y"], [.. values[..4], .. values[8..12], .. values[..4], .. values[..4], .. values[4..8]], 5);
        TablePair pair = TablePair.Match(a, b);
        Assert.Equal(MatchRule.Text, pair.Rule);
        Assert.Equal([0, 1, 2], pair.IdsA);
        Assert.Equal([3, 4, 1], pair.IdsB);
        Assert.Equal([3, 4, 5], pair.OnlyInA);
        Assert.Equal([0, 2], pair.OnlyInB);
        Assert.Equal(1, pair.RepeatedTexts);
        TableAlignment got = TableAlignment.Of(pair, new AlignmentOptions(), _workers, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(0, got.AngleSummary!.MeanBefore);
        Assert.Equal(5, TablePair.Match(a, b, MatchRule.Id).Count);
        EmbeddingTable longer = Named(["x", "y", "z", "w", "twice", "twice", "added"], Tables.Normal(28, seed: 4), 7);
        Assert.Equal(MatchRule.Id, TablePair.Match(a, longer).Rule);
    }

    [Fact]
    public void Neighbours_are_those_of_a_plain_search()
    {
        float[] values = Tables.Normal(700 * 12, seed: 5), other = Tables.Normal(700 * 12, seed: 6);
        for (int i = 0; i < values.Length; i++)
            other[i] = values[i] + 0.5f * other[i];
        values.AsSpan(17 * 12, 12).Clear();
        EmbeddingTable a = Tables.Of(700, 12, values), b = Tables.Of(700, 12, other);
        int[] all = [.. Enumerable.Range(0, 700)];
        int[][] inA = NearestRows.Find(a.Rows, all, 10, SimilarityMetric.Cosine, _workers, cancellation: TestContext.Current.CancellationToken);
        int[][] inB = NearestRows.Find(b.Rows, all, 10, SimilarityMetric.Cosine, _workers, cancellation: TestContext.Current.CancellationToken);
        double expected = all.Where(i => i != 17).Average(i => inA[i].Intersect(inB[i]).Count() / 10.0);
        TableAlignment got = Align(a, b);
        Assert.Equal(expected, got.NeighbourOverlap10.Raw, 1e-12);
        Assert.True(double.IsNaN(got.Rows!.AngleBeforeDegrees[17]));
        Assert.InRange(got.NeighbourOverlap10.Raw, 0.1, 0.9);
    }

    [Fact]
    public void Tables_of_different_width_are_compared_but_not_aligned()
    {
        float[] narrow = Tables.Normal(100 * 3, seed: 7), wide = new float[100 * 5];
        for (int i = 0; i < 100; i++)
            narrow.AsSpan(i * 3, 3).CopyTo(wide.AsSpan(i * 5));
        TableAlignment got = Align(Tables.Of(100, 3, narrow), Tables.Of(100, 5, wide));
        Assert.Null(got.ProcrustesCentred);
        Assert.Null(got.AngleSummary);
        Assert.Equal(1, got.CkaLinear, 1e-12);
        Assert.Equal(1, got.NeighbourOverlap10.Raw);
    }

    [Fact]
    public void Many_rows_are_asked_about_by_a_stated_sample()
    {
        EmbeddingTable table = Tables.Of(6000, 4, Tables.Normal(24_000, seed: 8));
        NeighborOverlap got = Align(table, table).NeighbourOverlap10;
        Assert.Equal(1, got.Raw);
        Assert.Equal(1000, got.Queries);
        Assert.NotNull(got.Seed);
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        EmbeddingTable a = Tables.Of(900, 20, Tables.Normal(18_000, seed: 9)), b = Tables.Of(900, 20, Tables.Normal(18_000, seed: 10));
        using Workers one = new(1), three = new(3);
        string[] got = [.. new[] { one, three }.Select(workers => JsonSerializer.Serialize(TableAlignment.Of(TablePair.Match(a, b), new AlignmentOptions { Svcca = true }, workers)))];
        Assert.Equal(got[0], got[1]);
    }

    [Fact]
    public void NaN_and_empty_pairs_are_refused_by_name()
    {
        float[] values = Tables.Normal(30 * 4, seed: 6);
        EmbeddingTable good = Tables.Of(30, 4, [.. values]);
        values[17 * 4 + 3] = float.NaN;
        var error = Assert.Throws<CheckpointFormatException>(() => Align(good, Tables.Of(30, 4, values)));
        Assert.Contains("row 17 (\"<17>\") holds NaN in column 3", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Align(good, Tables.Of(1, 4, [1, 2, 3, 4])));
    }

    private TableAlignment Align(EmbeddingTable a, EmbeddingTable b) =>
        TableAlignment.Of(TablePair.Match(a, b), new AlignmentOptions(), _workers, cancellation: TestContext.Current.CancellationToken);

    private static EmbeddingTable Named(string[] words, float[] values, int rows) => new("words", StoredMatrix.FromFloats(values, rows, 4), id => words[id]);
}
