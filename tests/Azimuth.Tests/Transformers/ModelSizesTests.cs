using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Architectures;
using Azimuth.Transformers.Weights;

namespace Azimuth.Tests.Transformers;

/// <summary>Counts from the config alone against the tensors that the reference wrote.</summary>
public sealed class ModelSizesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth-sizes").FullName;

    public static TheoryData<string> Families =>
        [.. Directory.GetDirectories(TestFiles.Fixture("families")).Where(f => File.Exists(Path.Combine(f, "inputs.json"))).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Families))]
    public void The_config_alone_counts_what_the_checkpoint_holds(string family)
    {
        string folder = TestFiles.Fixture("families", family);
        SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        TensorInfo[] buffers = [.. file.Tensors.Where(t => t.Name.EndsWith(".attn.bias", StringComparison.Ordinal))];
        ModelSizes alone = ModelSizes.Of(Path.Combine(folder, "config.json")), whole = ModelSizes.Of(folder);
        Assert.Null(alone.Checkpoint);
        Assert.Equal(file.Tensors.Except(buffers).Sum(t => t.ElementCount), alone.Parameters);
        Assert.Equal(alone.Parameters, whole.Parameters);
        Assert.Equal(alone.Parameters, whole.Parts.Sum(p => p.Parameters));
        Assert.Equal(file.Tensors.Count - buffers.Length, whole.Parts.Sum(p => p.Tensors));
        Assert.Equal(file.Tensors.Except(buffers).Sum(t => t.SizeBytes), whole.Parts.Sum(p => p.StoredBytes!.Value));
        Assert.True(whole.Checkpoint!.Agrees);
        Assert.Equal(whole.Parameters, whole.Checkpoint.AskedValues);
        Assert.Equal(buffers.Select(t => t.Name).Order(StringComparer.Ordinal), whole.Checkpoint.Unused.Order(StringComparer.Ordinal));
        long table = whole.Parts.Single(p => p.Part == ModelPart.TokenTable).Parameters;
        Assert.Equal(whole.ParametersTied + table, whole.ParametersUntied);
        Assert.Equal(whole.Tied ? whole.ParametersTied : whole.ParametersUntied, whole.Parameters);
        Assert.Equal(4 * whole.Parameters, whole.Bytes.F32);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void The_plan_names_exactly_the_tensors_that_loading_reads(string family)
    {
        string folder = TestFiles.Fixture("families", family);
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!;
        File.WriteAllText(Path.Combine(_folder, "config.json"), config.ToJsonString());
        SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        var (read, names) = ArchitectureRegistry.Read(new ConfigReader(JsonFile.ReadObject(Path.Combine(folder, "config.json")), "config.json", file));
        PlannedTensor[] plan = [.. TensorPlan.Of(read, names, names.PrefixIn(file))];
        using var workers = new Workers(1);
        // Whatever is left out of the file, loading misses; with the plan's tensors alone it lacks nothing.
        Save(file, plan.Select(t => t.Name));
        Assert.Equal(read.VocabSize, LanguageModel.Load(_folder, workers).Config.VocabSize);
        foreach (PlannedTensor left in plan)
        {
            Assert.Equal(file.Find(left.Name)!.Shape, left.Shape);
            Save(file, plan.Select(t => t.Name).Where(n => n != left.Name));
            Assert.Throws<CheckpointFormatException>(() => LanguageModel.Load(_folder, workers));
        }
    }

    [Fact]
    public void Parts_of_a_model_counted_by_hand()
    {
        // vocab 131, model 32, 3 layers, 4 heads of 8, 2 key-value heads, hidden 72, untied.
        ModelSizes sizes = ModelSizes.Of(Path.Combine(TestFiles.Fixture("families", "llama"), "config.json"));
        long Of(ModelPart part) => sizes.Parts.Single(p => p.Part == part).Parameters;
        Assert.Equal(131 * 32, Of(ModelPart.TokenTable));
        Assert.Equal(131 * 32, Of(ModelPart.Output));
        Assert.Equal(3 * (32 * 32 + 2 * 16 * 32 + 32 * 32), Of(ModelPart.Attention));
        Assert.Equal(3 * 3 * 72 * 32, Of(ModelPart.Mlp));
        Assert.Equal(3 * 2 * 32 + 32, Of(ModelPart.Norms));
        Assert.Equal(5, sizes.Parts.Count);
        Assert.Equal(3 * 2 * 16, sizes.Cache.ValuesPerToken);
        Assert.Equal(4 * 96 * 64, sizes.Cache.BytesAtContextF32);
        // Rows of 32 are blocks; the down matrices' rows of 72 are not and stay F16; 224 gains stay F32.
        long blocks = 2 * 131 * 32 + 3 * 3072 + 3 * 2 * 72 * 32, down = 3 * 72 * 32;
        Assert.Equal(blocks / 32 * 34 + 2 * down + 4 * 224, sizes.Bytes.Int8);
        Assert.Equal(blocks / 32 * 18 + 2 * down + 4 * 224, sizes.Bytes.FourBit);
    }

    [Theory]
    [InlineData("bert", """{"model_type":"bert","architectures":["BertModel"]}""", 109_482_240)]
    [InlineData("bert with its head", """{"model_type":"bert","architectures":["BertForMaskedLM"]}""", 109_514_298)]
    [InlineData("distilbert", """{"model_type":"distilbert","architectures":["DistilBertModel"]}""", 66_362_880)]
    [InlineData("roberta-base", """{"model_type":"roberta","architectures":["RobertaModel"],"max_position_embeddings":514,"type_vocab_size":1}""", 124_645_632)]
    [InlineData("albert-base", """{"model_type":"albert","architectures":["AlbertModel"],"hidden_size":768,"num_attention_heads":12,"intermediate_size":3072}""", 11_683_584)]
    [InlineData("electra-small", """{"model_type":"electra","architectures":["ElectraModel"]}""", 13_483_008)]
    [InlineData("mpnet-base", """{"model_type":"mpnet","architectures":["MPNetModel"],"max_position_embeddings":514}""", 109_486_464)]
    [InlineData("modernbert-base", """{"model_type":"modernbert","architectures":["ModernBertModel"]}""", 149_014_272)]
    public void Published_encoders_have_the_counts_that_are_known_for_them(string name, string config, long parameters)
    {
        // The config states only where the model departs from its family's defaults.
        File.WriteAllText(Path.Combine(_folder, "config.json"), config);
        ModelSizes sizes = ModelSizes.Of(_folder);
        Assert.True(parameters == sizes.Parameters, $"{name}: expected {parameters}, found {sizes.Parameters}");
        Assert.Equal(0, sizes.Cache.ValuesPerToken);
    }

    [Fact]
    public void A_window_bounds_the_cache_of_its_layers()
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(TestFiles.Fixture("families", "mistral"), "config.json")))!.AsObject();
        config["sliding_window"] = 5;
        config["max_position_embeddings"] = 64;
        File.WriteAllText(Path.Combine(_folder, "config.json"), config.ToJsonString());
        CacheSize cache = ModelSizes.Of(_folder).Cache;
        Assert.Equal((int)config["num_hidden_layers"]!, cache.WindowedLayers);
        Assert.Equal(5 * cache.BytesPerTokenF16, cache.BytesAtContextF16);
    }

    [Fact]
    public void The_bundled_models_agree_with_their_configuration()
    {
        ModelSizes novels = ModelSizes.Of(TestFiles.Model("novels-gpt")), smol = ModelSizes.Of(TestFiles.Model("SmolLM2-135M-Instruct"));
        Assert.True(novels.Checkpoint!.Agrees && smol.Checkpoint!.Agrees);
        Assert.Equal(134_515_008, smol.Parameters); // the count its makers publish, tied
        Assert.Equal(49_152L * 576, smol.ParametersUntied - smol.ParametersTied);
        Assert.Equal(novels.Checkpoint.Values, novels.Parameters);
    }

    [Fact]
    public void A_config_without_bounds_is_refused_in_a_sentence()
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(TestFiles.Fixture("families", "qwen3-moe"), "config.json")))!.AsObject();
        config["num_local_experts"] = 1 << 24;
        config["num_hidden_layers"] = 4096;
        File.WriteAllText(Path.Combine(_folder, "config.json"), config.ToJsonString());
        Assert.Contains("tensors", Assert.Throws<CheckpointFormatException>(() => ModelSizes.Of(_folder)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Save(SafetensorsFile file, IEnumerable<string> names) =>
        SafetensorsWriter.Save(Path.Combine(_folder, "model.safetensors"), names.Select(n => file.Find(n)!).Select(t => new SafetensorsEntry(t.Name, t.Type!.Value, t.Shape, file.Bytes(t.Name))));
}
