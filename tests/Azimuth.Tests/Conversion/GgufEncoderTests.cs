using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Conversion;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Files;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Conversion;

/// <summary>Encoders in GGUF beyond what the family fixtures have: Nomic's BERT against its formulas, and WordPiece vocabularies there and back.</summary>
public sealed class GgufEncoderTests : IDisposable
{
    private const int Vocab = 17, Width = 8, Heads = 2, HeadDim = 4, Inner = 12, Layers = 2;

    /// <summary>Single precision against double over a few dozen sums.</summary>
    private const double Tolerance = 1e-5;

    private readonly Workers _workers = new(2);
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, float[]> _tensors = [];
    private readonly Random _random = new(5);

    [Fact]
    public void Nomic_BERT_is_computed_as_its_formulas_say()
    {
        string path = _folder.File("nomic.gguf");
        Save(path);
        LanguageModel model = LanguageModel.Load(path, _workers);
        Assert.Equal("nomic-bert", model.Config.Architecture);
        int[] ids = [3, 16, 0, 7, 7];
        Matrix found = model.Trace(ids, TraceSites.ResidPost).Residual(TraceSites.ResidPost, Layers - 1);
        double[][] expected = Forward(ids);
        for (int position = 0; position < ids.Length; position++)
            Transformers.Near.Equal($"position {position}", expected[position], found.Row(position), Tolerance);
        Assert.Contains("has no form as a folder", Assert.Throws<ArgumentException>(() => ModelConverter.ToFolder(ModelFolder.Open(path), new ConversionOptions(), _folder.File("x"), _workers)).Message);
    }

    [Fact]
    public void A_WordPiece_vocabulary_goes_to_GGUF_and_comes_back_as_a_list_of_words()
    {
        string source = Directory.CreateDirectory(_folder.File("source")).FullName, back = Directory.CreateDirectory(_folder.File("back")).FullName;
        string[] words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused0]", "the", "hou", "##se", "##s", "caf", "##e", "!", "日", "##日", "a", "##1", "1"];
        File.WriteAllLines(Path.Combine(source, "vocab.txt"), words);
        Tokenizer tokenizer = Tokenizer.Load(source);
        var keys = new GgufKeys();
        keys.Set("general.architecture", "bert");
        Assert.Null(GgufTokenizerWriter.Write(keys, ModelFolder.Open(TestFiles.Fixture("families", "bert")), tokenizer, words.Length));
        GgufFile file = GgufWriter.InMemory(keys);
        Assert.Equal("bert", file.Metadata.GetString("tokenizer.ggml.model"));
        Assert.Equal(["[CLS]", "▁the", "se", "▁[unused0]"], new[] { 2, 6, 8, 5 }.Select(id => file.Metadata.GetArray("tokenizer.ggml.tokens")[id].AsString()));
        Assert.Null(GgufTokenizerFiles.Write(file, back));
        Assert.Equal(words, File.ReadAllLines(Path.Combine(back, "vocab.txt")));
        foreach (string text in new[] { "The houses!", "Café 日日 a1 11", "unknown words", "[MASK] the" })
        {
            Assert.Equal(tokenizer.Encode(text).Ids, Tokenizer.FromGguf(file).Encode(text).Ids);
            Assert.Equal(tokenizer.Encode(text).Ids, Tokenizer.Load(back).Encode(text).Ids);
        }
    }

    private void Save(string path)
    {
        var keys = new GgufKeys();
        keys.Set("general.architecture", "nomic-bert");
        foreach (var (key, value) in new (string, uint)[] { ("block_count", Layers), ("context_length", 16), ("embedding_length", Width), ("feed_forward_length", Inner), ("attention.head_count", Heads) })
            keys.Set("nomic-bert." + key, value);
        keys.Set("nomic-bert.attention.layer_norm_epsilon", 1e-5f);
        keys.Set("nomic-bert.attention.causal", false);
        keys.Set("nomic-bert.rope.freq_base", 1000f);
        List<GgufTensor> tensors = [];
        void Add(string name, params long[] shape)
        {
            float[] values = [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => (float)(_random.NextDouble() * 2 - 1) + (name.EndsWith("norm.weight", StringComparison.Ordinal) ? 1 : 0))];
            _tensors[name] = values;
            tensors.Add(new GgufTensor(name, TensorType.F32, shape, StoredBytes.FromFloats(values)));
        }

        Add("token_embd.weight", Vocab, Width);
        Add("token_types.weight", 2, Width);
        Add("token_embd_norm.weight", Width);
        Add("token_embd_norm.bias", Width);
        for (int layer = 0; layer < Layers; layer++)
        {
            Add($"blk.{layer}.attn_qkv.weight", 3 * Width, Width);
            Add($"blk.{layer}.attn_output.weight", Width, Width);
            Add($"blk.{layer}.ffn_gate.weight", Inner, Width);
            Add($"blk.{layer}.ffn_up.weight", Inner, Width);
            Add($"blk.{layer}.ffn_down.weight", Width, Inner);
            foreach (string norm in new[] { "attn_output_norm", "layer_output_norm" })
            {
                Add($"blk.{layer}.{norm}.weight", Width);
                Add($"blk.{layer}.{norm}.bias", Width);
            }
        }

        GgufWriter.Save(path, keys, tensors);
    }

    /// <summary>Nussbaum et al. 2024: x = norm(token + type), then norm(x + attention(x)) and norm(x + down(silu(gate x) · up x)) in every layer; no mask.</summary>
    private double[][] Forward(int[] ids)
    {
        double[][] x = [.. ids.Select(id => Norm([.. Enumerable.Range(0, Width).Select(i => (double)_tensors["token_embd.weight"][id * Width + i] + _tensors["token_types.weight"][i])], "token_embd_norm"))];
        for (int layer = 0; layer < Layers; layer++)
        {
            double[][] attended = Attention(x, layer);
            x = [.. x.Select((row, p) => Norm([.. row.Zip(attended[p], (a, b) => a + b)], $"blk.{layer}.attn_output_norm"))];
            x = [.. x.Select(row => Norm([.. row.Zip(Mlp(row, layer), (a, b) => a + b)], $"blk.{layer}.layer_output_norm"))];
        }

        return x;
    }

    private double[][] Attention(double[][] x, int layer)
    {
        double[][] stack = [.. x.Select(row => Product($"blk.{layer}.attn_qkv.weight", row))];
        var mixed = new double[x.Length][];
        for (int p = 0; p < x.Length; p++)
        {
            mixed[p] = new double[Width];
            for (int head = 0; head < Heads; head++)
            {
                double[] query = Turned(stack[p], head * HeadDim, p);
                double[] weights = [.. stack.Select((row, k) => Math.Exp(query.Zip(Turned(row, Width + head * HeadDim, k), (a, b) => a * b).Sum() / Math.Sqrt(HeadDim)))];
                for (int i = 0; i < HeadDim; i++)
                    mixed[p][head * HeadDim + i] = weights.Select((w, k) => w * stack[k][2 * Width + head * HeadDim + i]).Sum() / weights.Sum();
            }
        }

        return [.. mixed.Select(row => Product($"blk.{layer}.attn_output.weight", row))];
    }

    private static double[] Turned(double[] row, int start, int position)
    {
        var turned = new double[HeadDim];
        for (int i = 0; i < HeadDim / 2; i++)
        {
            var (sin, cos) = Math.SinCos(position * Math.Pow(1000, -2.0 * i / HeadDim));
            double a = row[start + i], b = row[start + i + HeadDim / 2];
            (turned[i], turned[i + HeadDim / 2]) = (a * cos - b * sin, a * sin + b * cos);
        }

        return turned;
    }

    private double[] Mlp(double[] row, int layer) => Product(
        $"blk.{layer}.ffn_down.weight", [.. Product($"blk.{layer}.ffn_gate.weight", row).Zip(Product($"blk.{layer}.ffn_up.weight", row), (gate, up) => gate / (1 + Math.Exp(-gate)) * up)]);

    private double[] Product(string name, double[] row) =>
        [.. Enumerable.Range(0, _tensors[name].Length / row.Length).Select(o => row.Select((value, i) => value * _tensors[name][o * row.Length + i]).Sum())];

    private double[] Norm(double[] row, string name)
    {
        double mean = row.Average(), variance = row.Select(value => (value - mean) * (value - mean)).Average();
        return [.. row.Select((value, i) => (value - mean) / Math.Sqrt(variance + 1e-5) * _tensors[name + ".weight"][i] + _tensors[name + ".bias"][i])];
    }

    public void Dispose()
    {
        _workers.Dispose();
        _folder.Dispose();
    }
}
