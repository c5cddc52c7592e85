using System.Text.Json;
using Azimuth.Numerics;
using Azimuth.Training.Corpora;
using Azimuth.Training.Glove;

namespace Azimuth.Tests.Training.Glove;

public sealed class GloveFixtureTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1, 1, 1 << 30)]
    [InlineData(1, 2, 1 << 30)]
    [InlineData(2, 3, 1 << 30)]
    [InlineData(1, 2, 100)] // hardly a pair fits into this memory
    public void Counts_equal_the_reference(int minCount, int threads, int memoryBytes)
    {
        JsonElement fixture = Read("cooccurrence.json"), expected = minCount == 1 ? fixture : fixture.GetProperty("with_min_count_2");
        string corpus = Path.Combine(_folder, "corpus.txt");
        File.WriteAllLines(corpus, fixture.GetProperty("lines").EnumerateArray().Select(line => line.GetString()!));
        using var workers = new Workers(threads);
        TrainingText text = TrainingText.Prepare(TextCorpus.Open([corpus]), new VocabularyOptions { MinCount = minCount }, _folder, workers, cancellation: TestContext.Current.CancellationToken);
        int[] order = GlovePairs.Order(text);
        Assert.Equal(expected.GetProperty("vocab").EnumerateArray().Select(word => (word[0].GetString()!, word[1].GetInt64())), order.Select(word => (text.Words[word], text.Counts[word])));

        var options = new GloveOptions { Window = fixture.GetProperty("window").GetInt32(), MemoryBytes = memoryBytes };
        using PairCounter counter = GlovePairs.Counted(text, options, _folder, workers, _ => { }, TestContext.Current.CancellationToken);
        var found = new SortedDictionary<(int, int), double>();
        foreach (PairCount pair in Enumerable.Range(0, threads).SelectMany(counter.Pairs))
        {
            found.Add((pair.Row, pair.Column), pair.Value);
            if (pair.Row != pair.Column)
                found.Add((pair.Column, pair.Row), pair.Value);
        }

        (int Row, int Column, double Value)[] entries = [.. expected.GetProperty("entries").EnumerateArray().Select(e => (e[0].GetInt32(), e[1].GetInt32(), e[2].GetDouble())).Order()];
        Assert.Equal(entries.Select(e => (e.Row, e.Column)), found.Keys);
        foreach (var (row, column, value) in entries)
            Assert.Equal(value, found[(row, column)], 1e-13);
    }

    [Fact]
    public unsafe void Updates_equal_the_reference_in_single_precision()
    {
        JsonElement fixture = Read("adagrad.json"), variant = fixture.GetProperty("variants").GetProperty("bias_step_without_eta");
        int dim = fixture.GetProperty("dim").GetInt32(), words = fixture.GetProperty("vocab_size").GetInt32(), padded = AdaGradStep.Padded(dim);
        using var rows = new PaddedRows(2 * words, AdaGradStep.RowFloats(dim));
        for (int row = 0; row < 2 * words; row++)
        {
            Span<float> values = rows.Row(row);
            values[padded..].Fill(1);
            for (int c = 0; c < dim; c++)
                values[c] = fixture.GetProperty("W_initial")[row][c].GetSingle();
            values[2 * padded] = fixture.GetProperty("W_initial")[row][dim].GetSingle();
        }

        double total = 0, worst = 0;
        var options = new GloveOptions();
        int step = 0;
        foreach (JsonElement pair in fixture.GetProperty("sequence").EnumerateArray())
        {
            int i = pair[0].GetInt32(), j = pair[1].GetInt32();
            double x = pair[2].GetDouble(), weight = GloveOptions.Weight(Math.Log(x), Math.Log(options.MaximumCount), options.Power);
            JsonElement expected = variant.GetProperty("steps")[step++];
            Assert.Equal(expected.GetProperty("weight").GetDouble(), weight, 1e-13);
            float cost = AdaGradStep.Update(rows.Pointer + (long)i * rows.Stride, rows.Pointer + (long)(words + j) * rows.Stride, padded, (float)Math.Log(x), (float)weight, 0.05f);
            Assert.Equal(expected.GetProperty("cost").GetDouble(), cost, 1e-6);
            total += cost;
        }

        for (int row = 0; row < 2 * words; row++)
        {
            for (int c = 0; c <= dim; c++)
            {
                Compare(variant.GetProperty("W_final")[row][c], rows.Row(row)[c == dim ? 2 * padded : c]);
                Compare(variant.GetProperty("gradsq_final")[row][c], rows.Row(row)[c == dim ? 2 * padded + 1 : padded + c]);
            }
        }

        Assert.Equal(variant.GetProperty("total_cost").GetDouble(), total, 1e-5);
        TestContext.Current.TestOutputHelper!.WriteLine($"largest difference, relative above 1: {worst:g3}");

        void Compare(JsonElement expected, float found)
        {
            double value = expected.GetDouble(), difference = Math.Abs(value - found) / Math.Max(1, Math.Abs(value));
            worst = Math.Max(worst, difference);
            Assert.True(difference <= 1e-6, $"expected {value}, found {found}");
        }
    }

    private static JsonElement Read(string name) => JsonDocument.Parse(File.ReadAllBytes(TestFiles.Fixture("training", "glove", name))).RootElement;
}
