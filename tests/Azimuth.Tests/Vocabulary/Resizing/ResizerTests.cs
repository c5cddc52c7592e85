using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tokenization;
using Azimuth.Transformers;
using Azimuth.Vocabulary.Resizing;

namespace Azimuth.Tests.Vocabulary.Resizing;

public sealed class ResizerTests : IDisposable
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;
    private readonly Workers _workers = new(2);
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _workers.Dispose();
        _folder.Dispose();
    }

    public static IEnumerable<TheoryDataRow<string>> Families() =>
        Directory.GetDirectories(TestFiles.Fixture("families")).Select(folder => new TheoryDataRow<string>(Path.GetFileName(folder))).OrderBy(row => row.Data);

    [Theory]
    [MemberData(nameof(Families))]
    public void Every_family_grows_pads_and_shrinks_and_its_old_logits_keep_their_bits(string family)
    {
        LanguageModel model = Load(TestFiles.Fixture("families", family));
        int rows = model.Config.VocabSize;
        LanguageModel grown = Resized(model, "grown", new ResizeOptions { Rows = rows + 3 });
        Assert.Equal(rows + 3, grown.Config.VocabSize);
        SameLogits.Require(model, grown, [.. Enumerable.Range(0, rows).Select(id => (int?)id)]);

        LanguageModel padded = Resized(model, "padded", new ResizeOptions { PadToMultiple = 64, Initialization = RowInitialization.MeanCovariance });
        Assert.Equal(0, padded.Config.VocabSize % 64);
        SameLogits.Require(model, padded, [.. Enumerable.Range(0, rows).Select(id => (int?)id)]);

        int gone = Enumerable.Range(10, rows - 10).First(id => !Mentioned(model).Contains(id));
        LanguageModel shrunk = Resized(model, "shrunk", new ResizeOptions { Remove = [gone] });
        SameLogits.Require(model, shrunk, [.. Enumerable.Range(0, rows).Select(id => id == gone ? null : (int?)(id < gone ? id : id - 1))]);
        using JsonDocument map = JsonDocument.Parse(File.ReadAllText(Path.Combine(shrunk.Path, "id-map.json")));
        Assert.Equal(rows, map.RootElement.GetProperty("newIdOfOld").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, map.RootElement.GetProperty("newIdOfOld")[gone].ValueKind);
        Assert.Equal(gone, map.RootElement.GetProperty("newIdOfOld")[gone + 1].GetInt32());

        // And back: what was added goes again, and every file's tensors are what they were.
        LanguageModel again = Resized(grown, "again", new ResizeOptions { Rows = rows });
        foreach (TensorInfo tensor in model.Folder.Checkpoint.Tensors)
            Assert.Equal(Bytes(model, tensor.Name), Bytes(again, tensor.Name));
    }

    [Theory]
    [InlineData("<|user|>", true)]
    [InlineData(" Azimuth tool", false)]
    public void A_new_token_is_found_in_texts_and_nothing_else_changes(string text, bool special)
    {
        LanguageModel model = Load(TestFiles.Model("novels-gpt"));
        ResizeResult result = Resizer.Run(model, new ResizeOptions { Add = [text, "日本"], Special = special, PadToMultiple = 8 }, _folder.File("out"), cancellation: Cancel);
        LanguageModel copy = Load(result.Path);
        Assert.Equal([(4096, text), (4097, "日本")], result.Added.Select(token => (token.Id, token.Text)));
        Assert.Equal((4104, 6, false), (result.RowsAfter, result.PaddingRows, result.IsRenumbered));
        Tokenizer before = model.Tokenizer!, after = copy.Tokenizer!;
        Assert.Equal([.. before.Encode("He said").Ids, 4096, .. before.Encode(".").Ids, 4097], after.Encode($"He said{text}.日本").Ids);
        Assert.Equal((special, text), (after.IsSpecial(4096), after.Decode([4096])));
        Assert.Equal(before.Encode("\"It's 1847,\" she said.\n\tNaïve!").Ids, after.Encode("\"It's 1847,\" she said.\n\tNaïve!").Ids);
        Assert.Equal((before.BeginId, before.EndId, before.UnknownId), (after.BeginId, after.EndId, after.UnknownId));
        Assert.Equal(model.GenerationDefaults.EndIds, copy.GenerationDefaults.EndIds);
        Assert.Equal(Directory.GetFiles(model.Path).Select(Path.GetFileName).Append("added_tokens.json").Order(), Directory.GetFiles(result.Path).Select(Path.GetFileName).Order());
        SameLogits.Require(model, copy, [.. Enumerable.Range(0, 4096).Select(id => (int?)id)]);
        // Hewitt 2021: at most 1 / (n + 1) for a row that is the mean of n; stored as F16, hence the hundredth.
        Assert.InRange(result.Proof.LargestNewProbability!.Value, 1e-12, 1.01 / 4097);
    }

    [Fact]
    public void Removing_a_token_takes_its_merges_along_and_moves_every_id_that_files_mention()
    {
        LanguageModel model = Load(TestFiles.Model("novels-gpt"));
        Tokenizer before = model.Tokenizer!;
        int gone = before.Id("Ġcrying")!.Value;
        ResizeResult result = Resizer.Run(model, new ResizeOptions { Remove = [gone] }, _folder.File("out"), cancellation: Cancel);
        LanguageModel copy = Load(result.Path);
        Tokenizer after = copy.Tokenizer!;
        Assert.Equal(4094, after.EndId);
        Assert.Equal([4094], copy.GenerationDefaults.EndIds);
        Assert.Equal("He was crying.", after.Decode(after.Encode("He was crying.").Ids));
        Assert.True(after.Encode(" crying").Ids.Length > 1);
        Assert.Equal([.. before.Encode("square and leaning").Ids.Select(id => id > gone ? id - 1 : id)], after.Encode("square and leaning").Ids);
        SameLogits.Require(model, copy, [.. Enumerable.Range(0, 4096).Select(id => id == gone ? null : (int?)(id < gone ? id : id - 1))]);

        // The two older files say the same as tokenizer.json.
        string alone = Directory.CreateDirectory(_folder.File("alone")).FullName;
        foreach (string name in new[] { "vocab.json", "merges.txt", "tokenizer_config.json" })
            File.Copy(Path.Combine(result.Path, name), Path.Combine(alone, name));
        foreach (string text in new[] { "He was crying.", "square and leaning", "The captain's 12 men" })
            Assert.Equal(after.Encode(text).Ids, Tokenizer.Load(alone).Encode(text).Ids);
    }

    [Fact]
    public void A_token_and_all_that_is_made_from_it_can_go_together()
    {
        LanguageModel model = Load(TestFiles.Model("novels-gpt"));
        Tokenizer tokenizer = model.Tokenizer!;
        int[] all = [.. Enumerable.Range(0, 4095).Where(id => tokenizer.Token(id)!.Contains("Ġsq", StringComparison.Ordinal))];
        Assert.True(all.Length > 1);
        Tokenizer after = Resized(model, "out", new ResizeOptions { Remove = all }).Tokenizer!;
        Assert.Equal("a squire's square", after.Decode(after.Encode("a squire's square").Ids));
        Assert.Null(after.Id("Ġsq"));
    }

    [Fact]
    public void New_tokens_take_over_rows_that_had_none()
    {
        LanguageModel padded = Resized(Load(TestFiles.Model("novels-gpt")), "padded", new ResizeOptions { PadToMultiple = 100 });
        ResizeResult result = Resizer.Run(padded, new ResizeOptions { Add = ["<a>", "<b>", "<c>", "<d>", "<e>"] }, _folder.File("out"), cancellation: Cancel);
        Assert.Equal((4100, 4101, 4, 0), (result.RowsBefore, result.RowsAfter, result.RowsTakenOver, result.PaddingRows));
        Assert.Equal(4100, Load(result.Path).Tokenizer!.Id("<e>"));
    }

    [Fact]
    public void New_rows_are_what_their_initialisation_says()
    {
        LanguageModel model = Load(TestFiles.Fixture("families", "gpt-j")); // untied, with an output bias
        int rows = model.Config.VocabSize, width = model.TokenEmbedding.ModelDim;
        foreach (var table in new Func<LanguageModel, EmbeddingTable>[] { m => m.TokenEmbedding, m => m.Unembedding })
        {
            double[] mean = [.. Enumerable.Range(0, width).Select(c => Enumerable.Range(0, rows).Average(r => (double)table(model).Vector(r)[c]))];
            Assert.Equal(mean.Select(v => (float)v), table(Resized(model, $"mean{table(model).Name}", new ResizeOptions { Rows = rows + 2 })).Vector(rows + 1));
            Assert.All(table(Resized(model, $"zero{table(model).Name}", new ResizeOptions { Rows = rows + 2, Initialization = RowInitialization.Zero })).Vector(rows), value => Assert.Equal(0, value));
            Assert.Equal(table(model).Vector(7), table(Resized(model, $"copy{table(model).Name}", new ResizeOptions { Rows = rows + 2, Initialization = RowInitialization.Copy, CopyFrom = 7 })).Vector(rows + 1));
        }

        float[] bias = model.Folder.Checkpoint.Vector("lm_head.bias");
        float[] renewed = Load(_folder.File("copyoutput table")).Folder.Checkpoint.Vector("lm_head.bias");
        Assert.Equal([.. bias, bias[7], bias[7]], renewed);
        Assert.Equal((float)bias.Average(b => (double)b), Load(_folder.File("meanoutput table")).Folder.Checkpoint.Vector("lm_head.bias")[rows]);
    }

    [Fact]
    public void Drawn_rows_have_the_mean_and_a_hundred_thousandth_of_the_covariance()
    {
        LanguageModel model = Load(TestFiles.Fixture("families", "gpt2"));
        int rows = model.Config.VocabSize, width = model.TokenEmbedding.ModelDim, drawn = 4000;
        ResizeOptions options = new() { Rows = rows + drawn, Initialization = RowInitialization.MeanCovariance, Seed = 5 };
        EmbeddingTable table = Resized(model, "a", options).TokenEmbedding;
        Gram old = Gram.Of(model.TokenEmbedding.Rows, _workers);
        Gram fresh = Gram.Of(StoredMatrix.FromFloats([.. Enumerable.Range(rows, drawn).SelectMany(table.Vector)], drawn, width), _workers);
        double[] want = old.Covariance(), mean = old.Mean;
        double scale = Enumerable.Range(0, width).Average(c => want[c * width + c]);
        // The rows are stored as floats, whose rounding is 1e-8 of their size; a sample covariance of n rows is good to about √(2/n) of the variances.
        double[] centred = new double[width * width];
        float[][] vectors = [.. Enumerable.Range(rows, drawn).Select(table.Vector)];
        foreach (float[] row in vectors)
        {
            for (int i = 0; i < width; i++)
            {
                for (int j = 0; j < width; j++)
                    centred[i * width + j] += (row[i] - mean[i]) * (row[j] - mean[j]) / drawn;
            }
        }

        for (int i = 0; i < centred.Length; i++)
            Assert.True(Math.Abs(centred[i] / 1e-5 - want[i]) <= 0.15 * scale, $"entry {i}: {centred[i] / 1e-5:g4}, expected {want[i]:g4}");
        for (int c = 0; c < width; c++)
            Assert.True(Math.Abs(fresh.Mean[c] - mean[c]) <= 5 * Math.Sqrt(1e-5 * scale / drawn) * 2, $"mean {c}");
        Assert.Equal(table.Vector(rows + 9), Resized(model, "b", options).TokenEmbedding.Vector(rows + 9));
        Assert.NotEqual(table.Vector(rows + 9), Resized(model, "c", options with { Seed = 6 }).TokenEmbedding.Vector(rows + 9));
    }

    [Fact]
    public void A_new_token_can_be_the_mean_of_what_its_text_was_made_of()
    {
        LanguageModel model = Load(TestFiles.Model("novels-gpt"));
        int[] parts = model.Tokenizer!.Encode(" lighthouse keeper", addSpecialTokens: false).Ids;
        Assert.True(parts.Length > 1);
        EmbeddingTable table = Resized(model, "out", new ResizeOptions { Add = [" lighthouse keeper"], Initialization = RowInitialization.SubtokenMean }).TokenEmbedding;
        double[] mean = [.. Enumerable.Range(0, table.ModelDim).Select(c => parts.Average(id => (double)table.Vector(id)[c]))];
        Assert.Equal(mean.Select(v => (float)(Half)(float)v), table.Vector(4096)); // stored as F16
    }

    [Fact]
    public void A_stored_copy_of_a_tied_table_stays_a_copy()
    {
        string source = CopyOf("gpt2", file =>
        {
            TensorInfo table = file.Tensors.Single(tensor => tensor.Name.EndsWith("wte.weight", StringComparison.Ordinal));
            return [.. file.Tensors.Select(t => new SafetensorsEntry(t.Name, t.Type!.Value, t.Shape, file.Bytes(t.Name))), new SafetensorsEntry("lm_head.weight", table.Type!.Value, table.Shape, file.Bytes(table.Name))];
        });
        LanguageModel copy = Resized(Load(source), "out", new ResizeOptions { Rows = Load(source).Config.VocabSize + 3 });
        Assert.Equal(Bytes(copy, copy.Folder.Checkpoint.Tensors.Single(t => t.Name.EndsWith("wte.weight", StringComparison.Ordinal)).Name), Bytes(copy, "lm_head.weight"));
    }

    [Fact]
    public void Of_a_sharded_model_only_the_shard_with_the_table_changes()
    {
        string source = CopyOf("llama", _ => []);
        SafetensorsFile file = SafetensorsFile.Open(Path.Combine(TestFiles.Fixture("families", "llama"), "model.safetensors"));
        var map = new JsonObject();
        foreach (var (name, isFirst) in new[] { ("model-00001-of-00002.safetensors", true), ("model-00002-of-00002.safetensors", false) })
        {
            SafetensorsEntry[] part = [.. file.Tensors.Where(t => t.Name.Contains("layers", StringComparison.Ordinal) == isFirst).Select(t => new SafetensorsEntry(t.Name, t.Type!.Value, t.Shape, file.Bytes(t.Name)))];
            SafetensorsWriter.Save(Path.Combine(source, name), part, new Dictionary<string, string> { ["format"] = "pt" }, Cancel);
            foreach (SafetensorsEntry entry in part)
                map[entry.Name] = name;
        }

        File.Delete(Path.Combine(source, "model.safetensors"));
        File.WriteAllText(Path.Combine(source, "model.safetensors.index.json"), new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = 1 }, ["weight_map"] = map }.ToJsonString());
        File.WriteAllText(Path.Combine(source, "pytorch_model.bin"), "old weights");
        LanguageModel model = Load(source);
        ResizeResult result = Resizer.Run(model, new ResizeOptions { Rows = model.Config.VocabSize + 5 }, _folder.File("out"), cancellation: Cancel);
        LanguageModel copy = Load(result.Path);
        Assert.Empty(copy.Folder.Warnings);
        Assert.Equal(["pytorch_model.bin"], result.LeftOut);
        Assert.Equal(File.ReadAllBytes(Path.Combine(source, "model-00001-of-00002.safetensors")), File.ReadAllBytes(Path.Combine(result.Path, "model-00001-of-00002.safetensors")));
        SameLogits.Require(model, copy, [.. Enumerable.Range(0, model.Config.VocabSize).Select(id => (int?)id)]);
    }

    [Fact]
    public void A_GGUF_file_gets_a_token_for_every_row()
    {
        LanguageModel model = Load(TestFiles.Shared("data", "stories260K", "gguf", "stories260K-q4_0.gguf"));
        ResizeResult result = Resizer.Run(model, new ResizeOptions { Add = ["<tool>"], Special = true, PadToMultiple = 16 }, _folder.File("out"), cancellation: Cancel);
        GgufFile file = GgufFile.Open(Path.Combine(result.Path, "stories260K-q4_0.gguf"));
        Assert.Equal(["<tool>", "[PAD513]"], file.Metadata.GetArray("tokenizer.ggml.tokens").ToStrings()[512..514]);
        Assert.Equal([3, 5], file.Metadata.GetArray("tokenizer.ggml.token_type").ToInt32s()[512..514]);
        Assert.All(["tokens", "scores", "token_type"], name => Assert.Equal(528, file.Metadata.GetArray("tokenizer.ggml." + name).Count));
        Assert.Equal(528, file.Metadata.GetInt32("llama.vocab_size"));
        LanguageModel copy = Load(result.Path);
        Assert.Contains(512, copy.Tokenizer!.Encode("Once<tool>upon").Ids);
        SameLogits.Require(model, copy, [.. Enumerable.Range(0, 512).Select(id => (int?)id)]);

        // Back again: the added token may go, those of the vocabulary may not.
        LanguageModel back = Resized(copy, "back", new ResizeOptions { Remove = [512] });
        Assert.Equal(527, back.Config.VocabSize);
        Assert.Contains("scores in place of merges", Assert.Throws<ArgumentException>(() => Resizer.Run(copy, new ResizeOptions { Remove = [400] }, _folder.File("no"), cancellation: Cancel)).Message);
        Assert.Contains("eos_token_id", Assert.Throws<ArgumentException>(() => Resizer.Run(copy, new ResizeOptions { Remove = [2] }, _folder.File("no"), cancellation: Cancel)).Message);
    }

    private LanguageModel Load(string path) => LanguageModel.Load(path, _workers);

    private LanguageModel Resized(LanguageModel model, string name, ResizeOptions options) =>
        Load(Resizer.Run(model, options, _folder.File(name), cancellation: Cancel).Path);

    private string CopyOf(string family, Func<SafetensorsFile, SafetensorsEntry[]> change)
    {
        string source = TestFiles.Fixture("families", family), copy = Directory.CreateDirectory(_folder.File("source")).FullName;
        File.Copy(Path.Combine(source, "config.json"), Path.Combine(copy, "config.json"));
        SafetensorsWriter.Save(Path.Combine(copy, "model.safetensors"), change(SafetensorsFile.Open(Path.Combine(source, "model.safetensors"))), cancellation: Cancel);
        return copy;
    }

    /// <summary>Ids that the configuration names, which may not go.</summary>
    private static HashSet<int> Mentioned(LanguageModel model) =>
        [.. new[] { "config.json", "generation_config.json" }.Select(name => Path.Combine(model.Path, name)).Where(File.Exists).SelectMany(file =>
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file));
            return document.RootElement.EnumerateObject().Where(p => p.Name.EndsWith("_token_id", StringComparison.Ordinal) && p.Value.ValueKind == JsonValueKind.Number).Select(p => p.Value.GetInt32()).ToArray();
        })];

    private static byte[] Bytes(LanguageModel model, string tensor)
    {
        StoredBytes bytes = model.Folder.Checkpoint.Bytes(tensor);
        byte[] copy = bytes.Span(0, (int)bytes.Length).ToArray();
        GC.KeepAlive(bytes);
        return copy;
    }
}
