using System.Diagnostics;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.WordVectors;

namespace Azimuth.Tests.Checkpoints.WordVectors;

/// <summary>Files that gensim, fastText and the GloVe project published. Vectors of a .bin are compared with the .vec that the same program wrote.</summary>
public sealed class PublishedFilesTests
{
    [Theory]
    [InlineData("lee_fasttext", 1762, 10)]
    [InlineData("crime-and-punishment", 291, 5)]
    [InlineData("pang_lee_polarity_fasttext", 1694, 100)]
    public void A_fastText_model_gives_the_vectors_of_the_text_beside_it(string name, int rows, int dimension)
    {
        TableFile binary = TableFile.Load(TestFiles.Shared("data", "word-vectors", name + ".bin")), text = TableFile.Load(TestFiles.Shared("data", "word-vectors", name + ".vec"));
        Assert.Equal((rows, dimension), (binary.Table.Count, binary.Table.ModelDim));
        Assert.Equal(("fastText", "word2vec text"), (binary.Format, text.Format));
        Assert.Equal(rows, text.Table.Count);
        for (int id = 0; id < rows; id++)
        {
            Assert.Equal(text.Table.Text(id), binary.Table.Text(id));
            float[] expected = text.Table.Vector(id), found = binary.Table.Vector(id);
            for (int i = 0; i < dimension; i++)
            {
                // fastText writes five digits, so half a unit of the fifth; its own float sums differ from exact ones by 2e-7 of the largest row.
                Assert.InRange(Math.Abs(expected[i] - found[i]), 0, (5.1e-5 * Math.Abs(expected[i])) + 2e-7);
            }
        }
    }

    [Theory]
    [InlineData("lee_fasttext_new.bin", 11, 1763, 10, 0)]
    [InlineData("lee_fasttext.bin", 0, 1762, 10, 0)]
    [InlineData("non_ascii_fasttext.bin", 0, 171, 2, 0)]
    [InlineData("cp852_fasttext.bin", 0, 171, 2, 0)]
    [InlineData("toy-model.bin", 12, 22, 5, 0)]
    [InlineData("pang_lee_polarity_fasttext.bin", 12, 1694, 100, 2)]
    public void FastText_models_of_every_age_open(string file, int version, int rows, int dimension, int labels)
    {
        FastTextModel model = FastTextModel.Load(TestFiles.Shared("data", "word-vectors", file));
        Assert.Equal((version, rows, dimension, labels), (model.Version, model.Table.Count, model.Dimension, model.Labels.Count));
        Assert.Equal(file is "cp852_fasttext.bin" or "pang_lee_polarity_fasttext.bin", model.Warnings.Any(w => w.Contains("not UTF-8", StringComparison.Ordinal)));
    }

    [Fact]
    public void GloVe_of_fifty_thousand_words_opens_compressed()
    {
        string path = TestFiles.Shared("data", "word-vectors", "glove-6b-100d-50k.txt.gz");
        var clock = Stopwatch.StartNew();
        TableFile file = TableFile.Load(path);
        TestContext.Current.SendDiagnosticMessage($"GloVe 50,000 x 100, gzip: {clock.Elapsed.TotalSeconds:F2} s");
        Assert.Equal("GloVe text, gzip", file.Format);
        Assert.Equal((50_000, 100), (file.Table.Count, file.Table.ModelDim));
        Assert.Empty(file.Warnings);
        Assert.Equal(0, file.Table.Find("the"));
        // The published file's first and last numbers of "the".
        Assert.Equal((-0.038194f, 0.27062f), (file.Table.Vector(0)[0], file.Table.Vector(0)[99]));
    }

    [Theory]
    [InlineData("euclidean_vectors.bin", "word2vec binary", 2747, 10, "the")]
    [InlineData("test_glove.txt", "GloVe text", 76, 50, "the")]
    public void Other_published_tables_open(string file, string format, int rows, int dimension, string first)
    {
        TableFile table = TableFile.Load(TestFiles.Shared("data", "word-vectors", file));
        Assert.Equal((format, rows, dimension, first), (table.Format, table.Table.Count, table.Table.ModelDim, table.Table.Text(0)));
    }

    [Fact]
    public void A_pickle_is_named_and_never_run()
    {
        string path = TestFiles.Shared("data", "word-vectors", "model-from-gensim-3.8.0.w2v");
        var error = Assert.Throws<CheckpointFormatException>(() => TableFile.Load(path));
        Assert.Contains("a Python pickle", error.Message);
    }
}
