using System.Runtime.InteropServices;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Numerics;

/// <summary>A number of threads gives one result, however the threads come to share the work: a hundred runs of everything that is dealt out, compared bit by bit.</summary>
public sealed class RepeatedRunsTests
{
    private const int Runs = 100;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_hundred_runs_of_a_model_give_the_same_bits(int threads)
    {
        using var workers = new Workers(threads);
        var model = LanguageModel.Load(TestFiles.Model("novels-gpt"), workers);
        int[] ids = [.. Enumerable.Range(0, 150).Select(i => 7 + i * 31 % 4000)];
        byte[][] first = [];
        for (int run = 0; run < Runs; run++)
        {
            // Runs of other lengths between, whose buffers are used again.
            model.NextLogits(ids.AsSpan(0, 1 + run * 37 % 90));
            Trace trace = model.Trace(ids, TraceSites.Residuals | TraceSites.FinalNorm);
            byte[][] result = [Bytes(model.NextLogits(ids)), Bytes(trace.FinalNorm.Values), Bytes(trace.Residual(TraceSites.ResidMid, 3).Values), Bytes(model.Logits(ids.AsSpan(0, 40)).Values)];
            AssertSame(ref first, result, run);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_hundred_measurements_of_a_table_give_the_same_bits(int threads)
    {
        using var workers = new Workers(threads);
        var random = new SeededRandom(3);
        const int Rows = 3000, Columns = 72;
        float[] values = [.. Enumerable.Range(0, Rows * Columns).Select(_ => (float)(random.NextDouble() - 0.4))];
        var table = StoredMatrix.FromFloats(values, Rows, Columns);
        byte[][] first = [];
        for (int run = 0; run < Runs; run++)
        {
            double[] products = Gram.Of(table, workers).Products;
            var eigen = SymmetricEigen.Decompose(products, Columns, workers);
            var singular = SingularValues.Of(products, Columns, Columns, workers);
            Scored[][] nearest = RowScores.Largest(values.AsSpan(0, 50 * Columns), 50, table, 10, workers);
            byte[][] result = [Bytes(products), Bytes(eigen.Values), Bytes(eigen.Vectors), Bytes(singular.Values), Bytes(nearest.SelectMany(row => row).SelectMany(scored => new[] { scored.Index, scored.Value }).ToArray())];
            AssertSame(ref first, result, run);
        }
    }

    private static void AssertSame(ref byte[][] first, byte[][] result, int run)
    {
        if (run == 0)
            first = result;
        for (int part = 0; part < result.Length; part++)
            Assert.True(first[part].AsSpan().SequenceEqual(result[part]), $"part {part} of run {run} differs from that of the first");
    }

    private static byte[] Bytes<T>(T[] values) where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
