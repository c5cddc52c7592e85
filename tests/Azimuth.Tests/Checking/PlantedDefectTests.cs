using System.Text.Json.Nodes;
using Azimuth.Checking;
using Azimuth.Numerics;

namespace Azimuth.Tests.Checking;

/// <summary>Every rule finds the defect it is for, planted in a copy of a sound model, and finds nothing else there but what follows from it.</summary>
public sealed class PlantedDefectTests
{
    private const string Table = "wte.weight";
    private const int End = 4095;
    private static readonly CheckOptions Running = new() { Run = TrialRuns.Always }, Advising = new() { Advice = true };

    private sealed record Plant(Func<BrokenModel> Model, Action<BrokenModel> Break, CheckOptions? Options = null, params string[] Follows);

    private static readonly Dictionary<string, Plant> Plants = new()
    {
        ["AZ001"] = new(BrokenModel.Novels, m => File.WriteAllBytes(m.Where("model.safetensors"), File.ReadAllBytes(Path.Combine(m.Save(), "model.safetensors"))[..1000])),
        ["AZ002"] = new(() => BrokenModel.Family("llama"), m => m.Config("num_hidden_layers", -1)),
        ["AZ003"] = new(BrokenModel.Novels, m => m.Write("tokenizer.json", File.ReadAllText(m.Where("tokenizer.json"))[..5000])),
        ["AZ004"] = new(() => BrokenModel.Family("gpt2"), m => m.Remove("transformer.h.1.mlp.c_fc.weight")),
        ["AZ005"] = new(() => BrokenModel.Family("llama"), m => m.Config("intermediate_size", 73)),
        ["AZ006"] = new(() => BrokenModel.Family("llama"), m => m.Add("model.layers.7.extra.weight", [1, 2], 2)),
        ["AZ007"] = new(() => BrokenModel.Family("llama"), m => m.Write("model.safetensors.index.json", "{}")),
        ["AZ008"] = new(() => BrokenModel.Family("llama"), m => m.Retype("model.layers.0.mlp.up_proj.weight", TensorType.I32)),
        ["AZ101"] = new(BrokenModel.Novels, m => Resize(m, 4101)),
        ["AZ102"] = new(BrokenModel.Novels, m => Resize(m, 4000), null, "AZ103", "AZ601"),
        ["AZ103"] = new(BrokenModel.Novels, m => AddToken(m, 4096, "<|new|>")),
        ["AZ104"] = new(BrokenModel.Novels, m => m.Row(Table, 700, rows => rows[500])),
        ["AZ105"] = new(BrokenModel.Novels, m => m.Row(Table, 700, rows => new float[rows[0].Length])),
        ["AZ106"] = new(BrokenModel.Novels, m => m.Row(Table, 700, rows => [float.NaN, .. rows[700].Skip(1)])),
        ["AZ107"] = new(BrokenModel.Novels, m => m.Row("h.2.mlp.c_fc.weight", 3, rows => [float.PositiveInfinity, .. rows[3].Skip(1)])),
        ["AZ108"] = new(() => BrokenModel.Family("llama"), m => m.Config("vocab_size", 132)),
        ["AZ201"] = new(() => BrokenModel.Family("gpt2"), m => m.Add("lm_head.weight", [.. Enumerable.Range(0, 131 * 32).Select(i => i % 7 - 3f)], 131, 32)),
        ["AZ202"] = new(() => BrokenModel.Family("llama"), m => m.Remove("lm_head.weight")),
        ["AZ203"] = new(() => BrokenModel.Family("llama"), m => m.Rows("lm_head.weight", _ => m.Read("model.embed_tokens.weight"))),
        ["AZ301"] = new(BrokenModel.Novels, m =>
        {
            m.Row(Table, End, Mean);
            m.Json("tokenizer_config.json", json => json["chat_template"] = "{{ '<|endoftext|>' }}");
        }),
        ["AZ302"] = new(BrokenModel.Novels, m => m.Row(Table, 701, rows => [rows[700][0] * 1.001f, .. rows[700].Skip(1)]), Advising with { Run = TrialRuns.Never }, "AZ901", "AZ902", "AZ906", "AZ907"),
        ["AZ401"] = new(BrokenModel.Novels, m => m.Json("tokenizer.json", json => json["model"]!["vocab"]!["zzzz"] = 700)),
        ["AZ402"] = new(BrokenModel.Novels, m => m.Json("tokenizer.json", json => json["model"]!["vocab"]!.AsObject().Remove(LastToken(json)))),
        ["AZ403"] = new(BrokenModel.Novels, m => m.Json("tokenizer.json", json => Merges(json).RemoveAt(Merges(json).Count - 1))),
        ["AZ404"] = new(BrokenModel.Novels, m => m.Json("tokenizer.json", json =>
        {
            json["model"]!["vocab"]!.AsObject().Remove(LastToken(json));
            Merges(json).RemoveAt(Merges(json).Count - 1);
        })),
        ["AZ501"] = new(() => BrokenModel.Family("gpt2"), m => m.Config("n_positions", 1024)),
        ["AZ502"] = new(BrokenModel.Novels, m => m.Json("tokenizer_config.json", json => json["model_max_length"] = 1024)),
        ["AZ503"] = new(() => BrokenModel.Family("gpt2"), m => m.Remove("transformer.wpe.weight")),
        ["AZ504"] = new(() => BrokenModel.Family("llama-rope-yarn"), m => m.Config("max_position_embeddings", 128)),
        ["AZ505"] = new(BrokenModel.Novels, m => m.Row("wpe.weight", 200, rows => rows[199])),
        ["AZ601"] = new(() => BrokenModel.Family("llama"), m => m.Config("eos_token_id", 131)),
        ["AZ602"] = new(BrokenModel.Novels, m => m.Config("bos_token_id", 700)),
        ["AZ603"] = new(BrokenModel.Novels, m => m.Json("tokenizer_config.json", json => json["chat_template"] = "{{ '<|im_start|>' + message['role'] }}")),
        ["AZ701"] = new(BrokenModel.Novels, Shuffle, Running),
        ["AZ702"] = new(BrokenModel.Novels, m =>
        {
            m.Config("torch_dtype", "float32");
            foreach (string name in new[] { "h.0.mlp.c_fc.weight", "h.0.mlp.c_proj.weight" })
                m.Rows(name, rows => [.. rows.Select(r => r.Select(v => v * 1e30f).ToArray())]);
        }, Running, "AZ803"),
        ["AZ801"] = new(BrokenModel.Novels, m => m.Rows("h.3.mlp.c_proj.weight", rows => [[70_000, .. rows[0].Skip(1)], .. rows.Skip(1)])),
        ["AZ802"] = new(BrokenModel.Novels, m =>
        {
            for (int layer = 0; layer < 2; layer++)
                m.Rows($"h.{layer}.mlp.c_proj.bias", rows => [[20_000, .. rows[0].Skip(1)]]);
        }, Running, "AZ701"), // what dwarfs every other value also ruins the predictions
        ["AZ803"] = new(BrokenModel.Novels, m => m.Config("torch_dtype", "bfloat16")),
        ["AZ901"] = new(BrokenModel.Novels, _ => { }, Advising with { Run = TrialRuns.Never }, "AZ902", "AZ906", "AZ907"),
        ["AZ902"] = new(BrokenModel.Novels, _ => { }, Advising with { Run = TrialRuns.Never }, "AZ901", "AZ906", "AZ907"),
        ["AZ903"] = new(BrokenModel.Novels, _ => { }, Advising, "AZ901", "AZ902", "AZ906", "AZ907"),
        ["AZ904"] = new(() => BrokenModel.Family("llama"), m => m.Write("modules.json", "[]")),
        ["AZ906"] = new(BrokenModel.Novels, _ => { }, Advising with { Run = TrialRuns.Never }, "AZ901", "AZ902", "AZ907"),
        ["AZ907"] = new(BrokenModel.Novels, _ => { }, Advising with { Run = TrialRuns.Never }, "AZ901", "AZ902", "AZ906"),
    };

    public static TheoryData<string> Codes => [.. CheckRules.All.Select(r => r.Code).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Codes))]
    public void A_planted_defect_is_found_and_nothing_else(string code)
    {
        if (code == "AZ905")
            return; // a file of its own, below
        Plant plant = Plants[code];
        using BrokenModel model = plant.Model();
        plant.Break(model);
        CheckReport report = model.Check(plant.Options, save: code != "AZ001");
        string found = string.Join('\n', report.Findings.Select(f => $"{f.Code} {f.Severity}: {f.Message}"));
        Finding[] own = [.. report.Findings.Where(f => f.Code == code)];
        Assert.True(own.Length > 0, $"{code} was not found, but\n{found}\n{report.Checked.First(c => c.Code == code).Reason}");
        Assert.True(report.Findings.All(f => f.Code == code || plant.Follows.Contains(f.Code)), found);
        foreach (Finding finding in own)
        {
            Assert.Equal(CheckRules.Find(code)!.Severity, finding.Severity);
            Assert.EndsWith(".", finding.Message, StringComparison.Ordinal);
            Assert.NotEmpty(finding.Evidence);
            Assert.NotEmpty(finding.Fix);
        }
    }

    [Fact]
    public void Ids_in_a_file_of_vectors_are_no_vectors()
    {
        using Checkpoints.TemporaryFolder folder = new();
        using Workers workers = new(1);
        string ids = folder.Write("ids.txt", string.Concat(Enumerable.Range(0, 20).Select(i => $"w{i} {i + 1} {i * 37 % 1000}\n")));
        Finding finding = Assert.Single(ModelCheck.Run(ids, workers).Findings);
        Assert.Equal(("AZ905", Severity.Warning), (finding.Code, finding.Severity));
        Assert.Equal(0, finding.Evidence["countingColumn"]);
        string vectors = folder.Write("vectors.txt", string.Concat(Enumerable.Range(0, 20).Select(i => FormattableString.Invariant($"w{i} {i + 0.5} {i * 37 % 10}\n"))));
        Assert.Empty(ModelCheck.Run(vectors, workers).Findings);
        string oneHot = folder.Write("onehot.txt", string.Concat(Enumerable.Range(0, 4).Select(i => $"w{i} {(i == 1 ? 1 : 0)} {(i == 2 ? 1 : 0)} {i % 2 + 1}\n")));
        Assert.Empty(ModelCheck.Run(oneHot, workers).Findings);
    }

    [Theory]
    [InlineData(4096 + 64, Severity.Note)]
    [InlineData(4096 + 256, Severity.Warning)]
    [InlineData(4096 + 8, Severity.Warning)] // 4096 is a multiple of 8 already
    [InlineData(4096 + 9, Severity.Warning)]
    [InlineData(8192, Severity.Warning)]
    public void Padding_that_looks_deliberate_is_a_note(int rows, Severity expected)
    {
        using BrokenModel model = BrokenModel.Novels();
        Resize(model, rows);
        Finding finding = Assert.Single(model.Check().Findings);
        Assert.Equal(("AZ101", expected), (finding.Code, finding.Severity));
        Assert.Equal(rows - 4096, finding.Evidence["rowsWithoutToken"]);
    }

    [Fact]
    public void A_marker_as_random_as_at_the_start_and_one_among_unused_rows_were_never_trained()
    {
        using BrokenModel random = BrokenModel.Novels();
        random.Row(Table, End, rows => Gaussian(rows[0].Length, 0.02, 5));
        Finding finding = Assert.Single(random.Check().Findings);
        Assert.Equal(("AZ301", Severity.Note), (finding.Code, finding.Severity)); // it only ends texts
        Assert.Contains("random row", finding.Message, StringComparison.Ordinal);

        using BrokenModel unused = BrokenModel.Novels();
        // Rows 177 to 187 are those of bytes that no UTF-8 text holds.
        unused.Row(Table, End, rows => [.. rows[180].Zip(Gaussian(rows[0].Length, 0.005, 6), (v, noise) => v + noise)]);
        finding = Assert.Single(unused.Check().Findings);
        Assert.Equal("AZ301", finding.Code);
        Assert.Contains("no text reaches", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evidence_names_what_was_planted()
    {
        using BrokenModel model = BrokenModel.Novels();
        model.Rows(Table, rows =>
        {
            rows[800] = rows[900] = rows[500];
            rows[1000] = new float[rows[0].Length];
            rows[1200] = [.. rows[1200].Skip(1), float.NaN];
            return rows;
        }, keepType: true);
        CheckReport report = model.Check();
        Assert.Equal(["AZ106", "AZ104", "AZ105"], report.Findings.Select(f => f.Code));
        Assert.Equal(3, report.Findings[1].Evidence["rows"]);
        Assert.Contains("(id 500)", report.Findings[1].Message, StringComparison.Ordinal);
        Assert.Contains("(id 1000)", report.Findings[2].Message, StringComparison.Ordinal);
        Assert.Contains("(id 1200)", report.Findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tokenizer_of_another_model_is_found_by_its_size_and_its_ids()
    {
        using BrokenModel model = BrokenModel.Family("llama");
        foreach (string file in new[] { "tokenizer.json", "tokenizer_config.json" })
            File.Copy(Path.Combine(TestFiles.Model("novels-gpt"), file), model.Where(file));
        CheckReport report = model.Check();
        Assert.Contains(report.Findings, f => f.Code == "AZ102");
        Assert.Contains(report.Findings, f => f.Code == "AZ602" && f.Message.Contains("piece of text", StringComparison.Ordinal));
        Assert.Contains(report.Findings, f => f.Code == "AZ502");
    }

    [Fact]
    public void The_same_number_of_threads_or_another_gives_the_same_findings()
    {
        using BrokenModel model = BrokenModel.Novels();
        Shuffle(model);
        model.Save();
        using Workers one = new(1), three = new(3);
        string[] Texts(Workers workers) => [.. ModelCheck.Run(model.Folder, workers, new CheckOptions { Advice = true }).Findings.Select(f => $"{f.Code} {f.Message}")];
        Assert.Equal(Texts(one), Texts(three));
    }

    private static void Resize(BrokenModel model, int rows)
    {
        model.Rows(Table, old => [.. old.Take(rows), .. Enumerable.Range(0, Math.Max(0, rows - old.Length)).Select(i => Gaussian(old[0].Length, 0.1, (ulong)i))], keepType: true);
        model.Config("vocab_size", rows);
    }

    private static void AddToken(BrokenModel model, int id, string text) => model.Json("tokenizer.json", json => json["added_tokens"]!.AsArray().Add(
        new JsonObject { ["id"] = id, ["content"] = text, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = true }));

    /// <summary>Every token but the marker gets another token's id.</summary>
    private static void Shuffle(BrokenModel model) => model.Json("tokenizer.json", json =>
    {
        JsonObject vocabulary = json["model"]!["vocab"]!.AsObject();
        string[] tokens = [.. vocabulary.Where(t => (int)t.Value! != End).Select(t => t.Key)];
        var random = new SeededRandom(9);
        int[] ids = [.. tokens.Select(t => (int)vocabulary[t]!)];
        for (int i = ids.Length - 1; i > 0; i--)
        {
            int j = random.NextInt32(i + 1);
            (ids[i], ids[j]) = (ids[j], ids[i]);
        }

        for (int i = 0; i < tokens.Length; i++)
            vocabulary[tokens[i]] = ids[i];
    });

    private static JsonArray Merges(JsonObject json) => json["model"]!["merges"]!.AsArray();

    /// <summary>What the last merge makes: no other merge needs it.</summary>
    private static string LastToken(JsonObject json) => Merges(json)[^1] is JsonArray pair ? (string)pair[0]! + (string)pair[1]! : ((string)Merges(json)[^1]!).Replace(" ", "", StringComparison.Ordinal);

    private static float[] Mean(float[][] rows) => [.. Enumerable.Range(0, rows[0].Length).Select(c => rows.Average(r => r[c]))];

    private static float[] Gaussian(int length, double deviation, ulong seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, length).Select(_ => (float)(deviation * random.NextGaussian()))];
    }
}
