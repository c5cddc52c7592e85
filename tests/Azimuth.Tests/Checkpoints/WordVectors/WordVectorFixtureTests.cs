using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Npy;
using Azimuth.Checkpoints.WordVectors;

namespace Azimuth.Tests.Checkpoints.WordVectors;

/// <summary>Every file of the fixtures: what is right is read to the bit, what is wrong is refused in one sentence, quickly and in little memory.</summary>
public sealed class WordVectorFixtureTests
{
    public static TheoryData<string> GoodTables => WordVectorFixtures.Files("ok", arrays: false);

    public static TheoryData<string> GoodArrays => WordVectorFixtures.Files("ok", arrays: true);

    public static TheoryData<string> BadTables => WordVectorFixtures.Files("error", arrays: false);

    public static TheoryData<string> BadArrays => WordVectorFixtures.Files("error", arrays: true);

    [Fact]
    public void No_file_is_forgotten() => Assert.Equal(WordVectorFixtures.Count, GoodTables.Count + GoodArrays.Count + BadTables.Count + BadArrays.Count);

    [Theory]
    [MemberData(nameof(GoodTables))]
    public void A_table_has_the_words_and_vectors_listed(string file)
    {
        JsonElement expected = WordVectorFixtures.Of(file);
        TableFile found = Verdicts.Bounded(WordVectorFixtures.PathOf(file), path => TableFile.Load(path));
        string format = expected.GetProperty("format").GetString()!;
        string name = format.StartsWith("fastText binary", StringComparison.Ordinal) ? "fastText"
            : format.StartsWith("fastText text", StringComparison.Ordinal) ? "word2vec text"
            : new[] { "word2vec text", "word2vec binary", "GloVe text" }.First(known => format.StartsWith(known, StringComparison.Ordinal));
        Assert.Equal(name, found.Format.Split(',')[0]);
        Assert.Equal(file.EndsWith(".gz", StringComparison.Ordinal) && file != "plain_text_named.gz", found.Format.EndsWith(", gzip", StringComparison.Ordinal));
        double tolerance = WordVectorFixtures.Tolerance(expected);
        if (expected.TryGetProperty("rows", out _))
        {
            var rows = WordVectorFixtures.Rows(expected);
            Assert.Equal(expected.TryGetProperty("words", out JsonElement words) ? words.GetInt32() : rows.Length, found.Table.Count);
            for (int i = 0; i < rows.Length; i++)
            {
                Assert.Equal(rows[i].Word, found.Table.Text(i));
                Assert.Equal(i, found.Table.Find(rows[i].Word));
                WordVectorFixtures.AssertNear(rows[i].Vector, found.Table.Vector(i), tolerance, $"{file}, {rows[i].Word}");
            }
        }
        else
            AssertFastText(expected, file, found, tolerance);
    }

    [Theory]
    [MemberData(nameof(GoodArrays))]
    public void An_array_has_the_values_listed(string file)
    {
        JsonElement expected = WordVectorFixtures.Of(file);
        if (expected.TryGetProperty("entries", out JsonElement entries))
        {
            NpzArchive archive = Verdicts.Bounded(WordVectorFixtures.PathOf(file), NpzArchive.Load);
            Assert.Equal(entries.EnumerateObject().Select(e => e.Name), archive.Names);
            foreach (JsonProperty entry in entries.EnumerateObject())
                AssertValues(entry.Value, archive.Read(entry.Name), file + ":" + entry.Name);
            return;
        }

        NpyArray array = Verdicts.Bounded(WordVectorFixtures.PathOf(file), NpyArray.Load);
        Assert.Equal(expected.GetProperty("dtype").GetString(), array.ElementType);
        Assert.Equal(expected.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64()), array.Shape);
        Assert.Equal(expected.GetProperty("fortran_order").GetBoolean(), array.FortranOrder);
        AssertValues(expected.GetProperty("values"), array, file);
        Assert.Equal(file == "trailing_bytes.npy", array.Warnings.Count > 0);
    }

    [Theory]
    [MemberData(nameof(BadTables))]
    public void A_malformed_table_is_refused_in_one_sentence(string file)
    {
        string path = WordVectorFixtures.PathOf(file);
        var error = Assert.Throws<CheckpointFormatException>(() => Verdicts.Bounded(path, p => TableFile.Load(p)));
        AssertSentence(error, path);
    }

    [Theory]
    [MemberData(nameof(BadArrays))]
    public void A_malformed_array_is_refused_in_one_sentence(string file)
    {
        string path = WordVectorFixtures.PathOf(file);
        AssertSentence(Assert.Throws<CheckpointFormatException>(() => Verdicts.Bounded(path, ReadAll)), path);
        AssertSentence(Assert.Throws<CheckpointFormatException>(() => Verdicts.Bounded(path, p => TableFile.Load(p))), path);
    }

    [Fact]
    public void Values_that_are_not_finite_are_announced_where_an_array_becomes_a_table() =>
        Assert.Contains("3 values are not finite, the first in row 0, column 0", Assert.Single(TableFile.Load(WordVectorFixtures.PathOf("nonfinite.npy")).Warnings));

    [Theory]
    [InlineData("duplicates.txt", "repeats a word (line): \"a\" (4)")]
    [InlineData("invalid_utf8.txt", "2 words are not UTF-8, the first in line 3")]
    [InlineData("invalid_utf8.bin", "1 word is not UTF-8, the first in row 2")]
    public void What_was_changed_or_left_out_is_announced(string file, string expected) =>
        Assert.Contains(expected, Assert.Single(TableFile.Load(WordVectorFixtures.PathOf(file)).Warnings));

    [Fact]
    public void A_classifier_names_its_labels_and_keeps_them_out_of_the_table()
    {
        FastTextModel model = FastTextModel.Load(WordVectorFixtures.PathOf("fasttext_supervised.bin"));
        Assert.Equal(WordVectorFixtures.Of("fasttext_supervised.bin").GetProperty("labels").EnumerateArray().Select(l => l.GetString()), model.Labels);
        Assert.True(model.IsSupervised);
        Assert.Null(model.Table.Find("__label__question"));
    }

    [Fact]
    public void Unknown_words_get_rows_behind_the_table()
    {
        FastTextModel model = FastTextModel.Load(WordVectorFixtures.PathOf("fasttext.bin"));
        var one = model.TableWith(["zzzz", "the", "zzzz"]);
        var again = model.TableWith(["zzzz"]);
        string[] many = [.. Enumerable.Range(0, 40).Select(i => "unknown" + new string('x', i))];
        var more = model.TableWith(many);
        Assert.Equal((1189, 1190, 1190, 1229), (model.Table.Count, one.Count, again.Count, more.Count));
        Assert.Equal(("zzzz", 1189, (int?)null), (one.Text(1189), one.Find("zzzz"), model.Table.Find("zzzz")));
        Assert.Equal(model.Vector("zzzz"), one.Vector(1189));
        Assert.Equal(model.Vector("zzzz"), again.Vector(1189));
        for (int i = 0; i < many.Length; i++)
            Assert.Equal(model.Vector(many[i]), more.Vector(more.Find(many[i])!.Value));
        Assert.Equal(model.Table.Vector(1188), more.Vector(1188));
        Assert.Same(model.Table, model.TableWith(["the"]));
    }

    private static double[] ReadAll(string path) =>
        path.EndsWith(".npz", StringComparison.Ordinal) ? NpzArchive.Load(path) is var archive ? archive.Read(archive.Names[0]).ToDoubles() : [] : NpyArray.Load(path).ToDoubles();

    private static void AssertSentence(CheckpointFormatException error, string path)
    {
        Assert.Contains(Path.GetFileName(path), error.Message);
        Assert.InRange(error.Message.Length, path.Length + 20, path.Length + 600);
        Assert.DoesNotContain('\n', error.Message);
        Assert.NotNull(error.Kind);
    }

    private static void AssertValues(JsonElement expected, NpyArray array, string what)
    {
        List<double> values = [];
        Flatten(expected, values);
        Assert.Equal(values.Select(BitConverter.DoubleToInt64Bits), array.ToDoubles().Select(v => double.IsNaN(v) ? double.NaN : v).Select(BitConverter.DoubleToInt64Bits));
        if (array.Shape.Count != 2 || array.Shape[1] == 0)
            return;
        var matrix = array.ToMatrix();
        Assert.Equal(values.Select(v => (float)v), Enumerable.Range(0, (int)matrix.Rows).SelectMany(r => matrix.Row(r)));
        Assert.True(values.Count == array.Count, what);
    }

    private static void Flatten(JsonElement value, List<double> values)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement inner in value.EnumerateArray())
                Flatten(inner, values);
        }
        else
            values.Add(value.ValueKind == JsonValueKind.Number ? value.GetDouble() : value.GetString() switch { "NaN" => double.NaN, "Infinity" => double.PositiveInfinity, _ => double.NegativeInfinity });
    }

    private static void AssertFastText(JsonElement expected, string file, TableFile found, double tolerance)
    {
        FastTextModel model = Assert.IsType<FastTextModel>(found.FastText);
        Assert.Equal((expected.GetProperty("words").GetInt32(), expected.GetProperty("dim").GetInt32()), (found.Table.Count, model.Dimension));
        Assert.Equal((expected.GetProperty("bucket").GetInt32(), expected.GetProperty("min_n").GetInt32(), expected.GetProperty("max_n").GetInt32()), (model.Bucket, model.MinN, model.MaxN));
        Assert.Equal(expected.GetProperty("first_words").EnumerateArray().Select(w => w.GetString()), Enumerable.Range(0, expected.GetProperty("first_words").GetArrayLength()).Select(found.Table.Text));
        foreach (JsonElement vector in expected.GetProperty("vectors").EnumerateArray())
        {
            string word = vector.GetProperty("word").GetString()!;
            WordVectorFixtures.AssertNear(WordVectorFixtures.Floats(vector.GetProperty("vector")), model.Vector(word), tolerance, $"{file}, {word}");
            if (!vector.TryGetProperty("in_vocabulary", out JsonElement known))
                continue;
            Assert.Equal(known.GetBoolean(), model.Contains(word));
            Subword[] parts = [.. model.SubwordsOf(word).Skip(known.GetBoolean() ? 1 : 0)];
            Assert.Equal(vector.GetProperty("ngram_count").GetInt32(), parts.Length);
            Assert.Equal(vector.GetProperty("ngrams").EnumerateArray().Select(n => n.GetString()), parts.Take(vector.GetProperty("ngrams").GetArrayLength()).Select(p => p.Text));
            Assert.Equal(vector.GetProperty("first_rows").EnumerateArray().Select(n => n.GetInt32()), parts.Take(vector.GetProperty("first_rows").GetArrayLength()).Select(p => p.Row));
        }
    }
}
