using System.Text.Json;
using Azimuth.Numerics;
using Azimuth.Testing;
using Azimuth.Training.Word2Vec;

namespace Azimuth.Tests.Training.Word2Vec;

/// <summary>Twenty updates of each of the four modes, both matrices after every one.</summary>
public sealed class UpdateFixtureTests
{
    public static TheoryData<string> Files => [.. Directory.GetFiles(TestFiles.Fixture("training", "word2vec")).Select(path => Path.GetFileName(path)).Where(name => name != "tables.json").Order(StringComparer.Ordinal)];

    [Fact]
    public void All_four_modes_are_there() => Assert.Equal(["cbow-hs.json", "cbow-negative.json", "skipgram-hs.json", "skipgram-negative.json"], Files.Select(row => row.Data));

    [Theory]
    [MemberData(nameof(Files))]
    public void The_plain_update_in_double_gives_every_matrix(string file)
    {
        JsonElement root = Open(file);
        double[][] input = Rows(root.GetProperty("input")), output = Rows(root.GetProperty("output"));
        int step = 0;
        foreach (var (update, contexts, targets, rate) in Updates(root))
        {
            PlainUpdates.Learn(input, output, contexts, targets, rate);
            // The fixture's own bound in double.
            AssertClose(Rows(update.GetProperty("input_after")), input, 1e-12, $"{file} update {step} input");
            AssertClose(Rows(update.GetProperty("output_after")), output, 1e-12, $"{file} update {step} output");
            step++;
        }

        Assert.Equal(20, step);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_kernel_gives_every_matrix(string file)
    {
        JsonElement root = Open(file);
        using PaddedRows input = Padded(root.GetProperty("input")), output = Padded(root.GetProperty("output"));
        using var error = new PaddedRows(1, input.Columns);
        using var mean = new PaddedRows(1, input.Columns);
        bool cbow = file.StartsWith("cbow", StringComparison.Ordinal);
        int step = 0, repeated = 0;
        foreach (var (update, contexts, targets, rate) in Updates(root))
        {
            // By way of the chunk that the trainer learns from, which also finds out whether a target comes twice.
            var chunk = new ExampleChunk(1);
            chunk.AddMean(contexts, targets);
            ExampleList.Reader example = chunk.List(0, 0).Read();
            Assert.True(example.Next());
            repeated += example.Distinct ? 0 : 1;
            if (cbow)
                LogisticStep.Mean(input, example.Inputs, output, example.Targets, example.Distinct, (float)rate, error, mean, measured: false);
            else
                LogisticStep.Row(input, example.Inputs[0], output, example.Targets, example.Distinct, (float)rate, error, measured: false);
            // The fixture's own bound in float32; measured there 3e-7.
            AssertClose(Rows(update.GetProperty("input_after")), Rows(input), 2e-6, $"{file} update {step} input");
            AssertClose(Rows(update.GetProperty("output_after")), Rows(output), 2e-6, $"{file} update {step} output");
            step++;
        }

        Assert.Equal(20, step);
        Assert.Equal(file.EndsWith("negative.json", StringComparison.Ordinal), repeated > 0);
    }

    [Fact]
    public void Loss_is_minus_the_log_probability_of_the_labels_before_the_step()
    {
        using var input = new PaddedRows(1, 3);
        using var output = new PaddedRows(20, 3);
        using var error = new PaddedRows(1, 3);
        new[] { 1f, 2, 3 }.CopyTo(input.Row(0));
        for (int row = 0; row < 20; row++)
            output.Row(row)[0] = (row - 10) * 40;
        int[] targets = [.. Enumerable.Range(0, 20).Select(row => 2 * row + row % 3 / 2)];
        double expected = targets.Sum(t => (t & 1) == 1 ? Softplus(-((t >> 1) - 10) * 40d) : Softplus(((t >> 1) - 10) * 40d));
        Assert.Equal(expected, LogisticStep.Row(input, 0, output, targets, distinct: true, 0, error, measured: true), 1e-9);

        static double Softplus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));
    }

    [Theory]
    [InlineData(100, 5)]
    [InlineData(300, 40)]
    [InlineData(1, 16)]
    [InlineData(17, 33)]
    public void Any_width_and_any_number_of_targets_agree_with_the_plain_update(int dimensions, int targetCount)
    {
        var random = new SeededRandom(7);
        using PaddedRows input = Drawn(9, dimensions, random), output = Drawn(50, dimensions, random);
        using PaddedRows error = new(1, dimensions), mean = new(1, dimensions);
        double[][] plainInput = Rows(input), plainOutput = Rows(output);
        for (int step = 0; step < 40; step++)
        {
            int[] targets = [.. Enumerable.Range(0, targetCount).Select(_ => random.NextInt32(100))];
            int[] contexts = step % 2 == 0 ? [random.NextInt32(9)] : [random.NextInt32(9), random.NextInt32(9), random.NextInt32(9)];
            bool distinct = targets.Select(t => t >> 1).Distinct().Count() == targets.Length;
            PlainUpdates.Learn(plainInput, plainOutput, contexts, targets, 0.1);
            if (contexts.Length == 1)
                LogisticStep.Row(input, contexts[0], output, targets, distinct, 0.1f, error, measured: false);
            else
                LogisticStep.Mean(input, contexts, output, targets, distinct, 0.1f, error, mean, measured: false);
        }

        // Forty updates in float32: rounding of 1e-7 each, grown by the updates behind them.
        AssertClose(plainInput, Rows(input), 2e-5, "input");
        AssertClose(plainOutput, Rows(output), 2e-5, "output");
    }

    [Theory]
    [InlineData(100, 6, 10)]
    [InlineData(100, 3, 3)]
    [InlineData(300, 40, 16)]
    [InlineData(1, 16, 1)]
    [InlineData(17, 33, 5)]
    public void Several_rows_learned_together_agree_with_the_plain_update(int dimensions, int targetCount, int inputCount)
    {
        var random = new SeededRandom(8);
        using PaddedRows input = Drawn(30, dimensions, random), output = Drawn(60 + targetCount, dimensions, random);
        using var before = new PaddedRows(LogisticTile.MostInputs, dimensions);
        double[][] plainInput = Rows(input), plainOutput = Rows(output);
        for (int step = 0; step < 40; step++)
        {
            // Some inputs and some targets come twice, side by side and apart.
            int[] inputs = [.. Enumerable.Range(0, inputCount).Select(_ => random.NextInt32(30))];
            int[] targets = [.. Enumerable.Range(0, targetCount).Select(_ => random.NextInt32(120))];
            // A row that comes again beyond the first sixteen targets finds its row learned already: taken out here.
            targets = [.. targets.Take(16), .. targets.Skip(16).Select((_, i) => 2 * (60 + i) + random.NextInt32(2))];
            double loss = LogisticTile.Learn(input, inputs, output, targets, 0.02f, before, measured: true);
            double expected = 0;
            foreach (int row in inputs)
            {
                foreach (int target in targets)
                {
                    double x = plainInput[row].Zip(plainOutput[target >> 1], (a, b) => a * b).Sum();
                    expected += Math.Log(1 + Math.Exp((target & 1) == 1 ? -x : x));
                }
            }

            // Of up to 640 terms near 0.7, each of a float32 product.
            Assert.Equal(expected, loss, 1e-5 * expected);
            PlainUpdates.LearnTogether(plainInput, plainOutput, inputs, targets, 0.02);
        }

        // Forty updates in float32 of sums of up to forty terms: rounding of 1e-7 each, grown by the updates behind them.
        AssertClose(plainInput, Rows(input), 2e-5, "input");
        AssertClose(plainOutput, Rows(output), 2e-5, "output");
    }

    [Fact]
    public void One_row_and_different_targets_are_learned_together_as_one_by_one()
    {
        var random = new SeededRandom(9);
        using PaddedRows input = Drawn(1, 100, random), output = Drawn(6, 100, random), sameInput = new(1, 100), sameOutput = new(6, 100);
        for (int row = 0; row < 6; row++)
            output.Row(row).CopyTo(sameOutput.Row(row));
        input.Row(0).CopyTo(sameInput.Row(0));
        using PaddedRows before = new(LogisticTile.MostInputs, 100), error = new(1, 100);
        int[] targets = [1, 2, 4, 6, 8, 10];
        LogisticTile.Learn(input, [0], output, targets, 0.5f, before, measured: false);
        LogisticStep.Row(sameInput, 0, sameOutput, targets, distinct: true, 0.5f, error, measured: false);
        // Sums in another order.
        AssertClose(Rows(sameInput), Rows(input), 1e-6, "input");
        AssertClose(Rows(sameOutput), Rows(output), 1e-6, "output");
    }

    private static PaddedRows Drawn(int rows, int dimensions, SeededRandom random)
    {
        var drawn = new PaddedRows(rows, dimensions);
        for (int row = 0; row < rows; row++)
        {
            foreach (ref float value in drawn.Row(row))
                value = (float)(random.NextGaussian() / Math.Sqrt(dimensions));
        }

        return drawn;
    }

    private static JsonElement Open(string file) => JsonDocument.Parse(File.ReadAllBytes(TestFiles.Fixture("training", "word2vec", file))).RootElement;

    /// <summary>Each update's contexts, and its targets as 2·row + label.</summary>
    private static IEnumerable<(JsonElement Update, int[] Contexts, int[] Targets, double Rate)> Updates(JsonElement root)
    {
        var tree = new HuffmanCodes([.. TablesTests.Tables.GetProperty("counts").EnumerateArray().Select(c => c.GetInt64())]);
        foreach (JsonElement update in root.GetProperty("updates").EnumerateArray())
        {
            int center = update.GetProperty("center").GetInt32();
            int[] contexts = update.TryGetProperty("contexts", out JsonElement several) ? Numbers(several) : [update.GetProperty("context").GetInt32()];
            int[] targets = update.TryGetProperty("negatives", out JsonElement negatives)
                ? [2 * center + 1, .. Numbers(negatives).Where(n => n != center).Select(n => 2 * n)]
                : tree.Path(center).ToArray();
            yield return (update, contexts, targets, update.GetProperty("lr").GetDouble());
        }
    }

    private static int[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(n => n.GetInt32())];

    private static double[][] Rows(JsonElement matrix) => [.. matrix.EnumerateArray().Select(row => row.EnumerateArray().Select(value => value.GetDouble()).ToArray())];

    private static double[][] Rows(PaddedRows rows) => [.. Enumerable.Range(0, rows.Rows).Select(row => Array.ConvertAll(rows.Row(row).ToArray(), value => (double)value))];

    private static PaddedRows Padded(JsonElement matrix)
    {
        double[][] values = Rows(matrix);
        var rows = new PaddedRows(values.Length, values[0].Length);
        for (int row = 0; row < values.Length; row++)
            Array.ConvertAll(values[row], value => (float)value).CopyTo(rows.Row(row));
        return rows;
    }

    private static void AssertClose(double[][] expected, double[][] actual, double tolerance, string where)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int row = 0; row < expected.Length; row++)
        {
            for (int i = 0; i < expected[row].Length; i++)
                Assert.True(Math.Abs(expected[row][i] - actual[row][i]) <= tolerance, $"{where}: row {row}, number {i}: expected {expected[row][i]}, found {actual[row][i]}");
        }
    }
}
