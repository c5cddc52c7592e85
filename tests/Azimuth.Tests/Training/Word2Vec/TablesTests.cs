using System.Text.Json;
using Azimuth.Numerics;
using Azimuth.Testing;
using Azimuth.Tests.Checkpoints;
using Azimuth.Training.Corpora;
using Azimuth.Training.Word2Vec;

namespace Azimuth.Tests.Training.Word2Vec;

/// <summary>Huffman codes, sampling, subsampling and windows of the reference.</summary>
public sealed class TablesTests
{
    internal static JsonElement Tables { get; } = JsonDocument.Parse(File.ReadAllBytes(TestFiles.Fixture("training", "word2vec", "tables.json"))).RootElement;

    private static long[] Counts => [.. Tables.GetProperty("counts").EnumerateArray().Select(c => c.GetInt64())];

    [Fact]
    public void Codes_and_points_are_the_original_programs()
    {
        JsonElement huffman = Tables.GetProperty("huffman");
        var tree = new HuffmanCodes(Counts);
        for (int word = 0; word < Counts.Length; word++)
        {
            int[] path = tree.Path(word).ToArray();
            Assert.Equal(Integers(huffman.GetProperty("points")[word]), path.Select(step => step >> 1));
            // A step holds the label, which is 1 − bit.
            Assert.Equal(Integers(huffman.GetProperty("codes")[word]), path.Select(step => 1 - (step & 1)));
            Assert.Equal(huffman.GetProperty("code_lengths")[word].GetInt32(), path.Length);
        }
    }

    [Fact]
    public void Sampling_probabilities_and_slots_are_the_original_programs()
    {
        double[] expected = Doubles(Tables.GetProperty("negative_sampling_probability"));
        double[] actual = NegativeSampler.Probabilities(Counts);
        for (int word = 0; word < expected.Length; word++)
            Assert.Equal(expected[word], actual[word], 1e-12);
        Assert.Equal(Integers(Tables.GetProperty("unigram_table_of_1000").GetProperty("words_per_entry_run")).Select(n => (long)n), NegativeSampler.SlotsPerWord(Counts, 1000));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(12_345)]
    [InlineData(100_003)]
    public void Slots_are_found_as_by_the_original_filling_loop(int slots)
    {
        long[] counts = [.. Enumerable.Range(1, 400).Select(rank => 90_000L / rank)];
        double[] probabilities = NegativeSampler.Probabilities(counts);
        var expected = new long[counts.Length];
        double reached = probabilities[0];
        for (int slot = 0, word = 0; slot < slots; slot++)
        {
            expected[word]++;
            if (slot / (double)slots > reached && word < counts.Length - 1)
                reached += probabilities[++word];
        }

        Assert.Equal(expected, NegativeSampler.SlotsPerWord(counts, slots));
    }

    [Fact]
    public void Draws_have_the_probabilities_of_the_table()
    {
        const int Draws = 2_000_000;
        var sampler = new NegativeSampler(Counts);
        var random = new SeededRandom(3);
        var drawn = new int[Counts.Length];
        for (int i = 0; i < Draws; i++)
            drawn[sampler.Draw(random.NextUInt64())]++;
        double[] probabilities = NegativeSampler.Probabilities(Counts);
        // Chi-square with 11 degrees of freedom: beyond 31.3 once in a thousand seeds.
        Assert.True(probabilities.Select((p, word) => Math.Pow(drawn[word] - p * Draws, 2) / (p * Draws)).Sum() < 31.3);
    }

    [Fact]
    public void Subsampling_is_the_original_programs()
    {
        foreach (JsonProperty sample in Tables.GetProperty("subsampling").EnumerateObject())
        {
            double rate = double.Parse(sample.Name, System.Globalization.CultureInfo.InvariantCulture);
            double[] values = Doubles(sample.Value.GetProperty("value")), keep = Doubles(sample.Value.GetProperty("keep_probability"));
            ulong[] thresholds = Subsampling.Thresholds(Counts, rate);
            for (int word = 0; word < values.Length; word++)
            {
                Assert.Equal(values[word], Subsampling.Value(Counts[word], Tables.GetProperty("train_words").GetInt64(), rate), 1e-12);
                // Thresholds are whole numbers of 2⁻³².
                Assert.Equal(keep[word], thresholds[word] / (double)(1UL << 32), 3e-10);
            }
        }
    }

    [Fact]
    public void Windows_shrink_as_the_original_generator_says()
    {
        JsonElement windows = Tables.GetProperty("windows");
        var random = new OriginalRandom(windows.GetProperty("start_state").GetUInt64());
        foreach (JsonElement position in windows.GetProperty("positions").EnumerateArray())
            Assert.Equal(position.GetProperty("shrink").GetInt32(), random.NextShrink(windows.GetProperty("window").GetInt32()));
    }

    [Fact]
    public void Pairs_of_a_line_are_those_of_the_original_program_in_its_order()
    {
        JsonElement windows = Tables.GetProperty("windows");
        using var folder = new TemporaryFolder();
        // A text of the words by their counts, which gives the vocabulary, and the line behind it.
        string[] names = [.. Tables.GetProperty("words").EnumerateArray().Select(w => w.GetString()!)];
        string line = string.Join(' ', Integers(windows.GetProperty("sentence")).Select(word => names[word]));
        File.WriteAllText(folder.File("text.txt"), string.Join('\n', names.Select((name, i) => string.Join(' ', Enumerable.Repeat(name, 100 - i)))) + "\n" + line + "\n");
        using var workers = new Workers(1);
        TrainingText text = TrainingText.Prepare(TextCorpus.Open([folder.File("text.txt")]), new VocabularyOptions { MinCount = 1 }, folder.Path, workers);
        Assert.Equal(names.Order(StringComparer.Ordinal), text.Words.Order(StringComparer.Ordinal));
        // Without subsampling and with a tree nothing but windows is drawn, as in the reference.
        var options = new Word2VecOptions { HierarchicalSoftmax = true, Sample = 0, Window = windows.GetProperty("window").GetInt32() };
        var chunk = new ExampleChunk(1);
        new ExampleMaker(text, options).Fill(chunk, text.Ids.Length - 12, text.Ids.Length, new OriginalRandom(windows.GetProperty("start_state").GetUInt64()));
        var tree = new HuffmanCodes(text.Counts);
        ExampleList.Reader examples = chunk.List(0, 0).Read();
        foreach (JsonElement pair in windows.GetProperty("skipgram_center_context_pairs").EnumerateArray())
        {
            Assert.True(examples.Next());
            Assert.Equal(names[pair[1].GetInt32()], text.Words[Assert.Single(examples.Inputs.ToArray())]);
            int center = text.Words.ToList().IndexOf(names[pair[0].GetInt32()]);
            Assert.Equal(tree.Path(center).ToArray(), examples.Targets.ToArray());
        }

        Assert.False(examples.Next());
        Assert.Equal(11, chunk.Words);
    }

    private static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(n => n.GetInt32())];

    private static double[] Doubles(JsonElement array) => [.. array.EnumerateArray().Select(n => n.GetDouble())];
}
