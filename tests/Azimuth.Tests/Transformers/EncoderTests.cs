using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Transformers;

/// <summary>What an encoder does that a decoder does not; that its values are right is what <see cref="FamilyTests"/> shows.</summary>
public sealed class EncoderTests : IDisposable
{
    private readonly Workers _workers = new(2);
    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth-encoder").FullName;

    public static TheoryData<string> Encoders => ["albert", "bert", "bert-legacy-names", "bert-pooler", "distilbert", "electra", "modernbert", "mpnet", "roberta"];

    [Theory]
    [MemberData(nameof(Encoders))]
    public void Texts_run_together_have_the_bits_of_texts_run_alone(string family)
    {
        LanguageModel model = Load(family);
        Assert.False(model.Config.IsCausal);
        int longest = model.Config.ContextLength;
        // Lengths that share calls, fill one, and do not fit beside others.
        int[][] texts = [.. new[] { 1, 5, longest, 16, 17, longest, longest, 3, longest, longest, longest, longest, longest, longest, longest, 2 }.Select((length, i) => Ids(length, i))];
        IReadOnlyList<Matrix> together = model.HiddenStates(texts);
        for (int i = 0; i < texts.Length; i++)
        {
            Assert.Equal((texts[i].Length, model.Config.ModelDim), (together[i].Rows, together[i].Columns));
            Assert.Equal(model.HiddenStates(texts[i]).Values, together[i].Values);
        }

        Assert.Equal(model.Trace(texts[1], TraceSites.FinalNorm).FinalNorm.Values, together[1].Values);
        Assert.Empty(model.HiddenStates(Array.Empty<int[]>()));
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void The_first_position_sees_the_last(string family)
    {
        LanguageModel model = Load(family);
        float[] one = model.HiddenStates([5, 6, 7, 8]).Row(0).ToArray(), other = model.HiddenStates([5, 6, 7, 9]).Row(0).ToArray();
        Assert.NotEqual(one, other);
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void What_needs_a_next_token_is_refused_in_a_sentence(string family)
    {
        LanguageModel model = Load(family);
        foreach (Action asks in new Action[]
        {
            () => model.NextLogits([1, 2]), () => model.NextLogits([[1, 2]]), () => model.CreateCache(), () => Generator.Greedy(model, [1], 3), () => Perplexity.Of(model, [1, 2, 3], 2, 1),
            () => PromptTracer.Run(model, [1, 2]),
        })
        {
            string message = Assert.Throws<NotSupportedException>(asks).Message;
            Assert.Contains($"expected a model that predicts the next token, found {family}, an encoder", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("bert-pooler")]
    [InlineData("electra")]
    public void Logits_of_an_encoder_without_a_head_are_refused(string family)
    {
        LanguageModel model = Load(family);
        Assert.False(model.Config.Output.HasLogits);
        Assert.Equal("input table", model.TokenEmbedding.Name);
        Assert.Contains("without a head for masked tokens", Assert.Throws<NotSupportedException>(() => model.Logits([1, 2])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bert", "without one", false)]
    [InlineData("bert-pooler", null, true)]
    public void A_pooler_is_there_where_the_checkpoint_has_one(string family, string? refusal, bool hasPooler)
    {
        LanguageModel model = Load(family);
        Assert.Equal(hasPooler, model.Config.HasPooler);
        if (refusal is not null)
            Assert.Contains(refusal, Assert.Throws<NotSupportedException>(() => model.Parts.ApplyPooler(new Matrix(1, 32))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_its_head_is_read_as_an_encoder_and_half_a_head_is_refused()
    {
        SafetensorsFile file = SafetensorsFile.Open(Path.Combine(TestFiles.Fixture("families", "bert"), "model.safetensors"));
        File.Copy(Path.Combine(TestFiles.Fixture("families", "bert"), "config.json"), Path.Combine(_folder, "config.json"));
        Save(file, name => !name.StartsWith("cls.", StringComparison.Ordinal));
        Assert.False(LanguageModel.Load(_folder, _workers).Config.Output.HasLogits);
        Save(file, name => name != "cls.predictions.transform.dense.weight");
        Assert.Contains("cls.predictions.transform.dense.weight", Assert.Throws<CheckpointFormatException>(() => LanguageModel.Load(_folder, _workers)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Padding_has_its_own_row_and_is_not_counted()
    {
        // Reference: create_position_ids_from_input_ids of RoBERTa: pad 1, first position 2.
        LanguageModel model = Load("roberta");
        var cache = new KeyValueCache(model.Config, 8);
        cache.Append([5, 1, 6, 1, 1, 7]);
        Assert.Equal([2, 1, 3, 1, 1, 4], Enumerable.Range(0, 6).Select(cache.PositionRow));
        Assert.Equal((64, 66), (model.Config.ContextLength, (int)model.Parts.PositionTable!.Rows));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-7, 7)]
    [InlineData(7, 23)]
    [InlineData(-8, 8)]
    [InlineData(-15, 9)]
    [InlineData(-16, 10)]
    [InlineData(-22, 10)]
    [InlineData(-23, 11)]
    [InlineData(-31, 11)]
    [InlineData(-32, 12)]
    [InlineData(-63, 13)]
    [InlineData(-64, 14)]
    [InlineData(-90, 14)]
    [InlineData(-91, 15)]
    [InlineData(-500, 15)]
    [InlineData(64, 30)]
    [InlineData(500, 31)]
    public void Distances_fall_into_the_buckets_of_the_reference(int distance, int bucket) =>
        // Computed with the reference's own lines in PyTorch, in single precision as it does.
        Assert.Equal(bucket, RelativeBias.Bucket(distance, new RelativeBiasConfig(32, 128)));

    [Fact]
    public void Layers_of_ALBERT_share_their_weights_by_groups()
    {
        int[] Stored(int layers, int groups)
        {
            JsonObject config = JsonNode.Parse("""{"model_type":"albert","hidden_size":64,"num_attention_heads":4,"intermediate_size":64,"vocab_size":50}""")!.AsObject();
            (config["num_hidden_layers"], config["num_hidden_groups"]) = (layers, groups);
            File.WriteAllText(Path.Combine(_folder, "config.json"), config.ToJsonString());
            var read = Azimuth.Transformers.Architectures.ArchitectureRegistry.Read(
                new Azimuth.Transformers.Architectures.ConfigReader(JsonFile.ReadObject(Path.Combine(_folder, "config.json")), "config.json"));
            return [.. read.Config.Layers.Select(layer => layer.WeightsOf!.Value)];
        }

        Assert.Equal([0, 0, 0, 0], Stored(4, 1));
        Assert.Equal([0, 0, 1, 1], Stored(4, 2));
        Assert.Equal([0, 0, 1, 1, 2], Stored(5, 3)); // int(layer / (layers / groups)), as the reference
        LanguageModel model = Load("albert");
        Assert.Equal(16, model.TokenEmbedding.ModelDim);
    }

    [Theory]
    [InlineData("bert", "is_decoder", "true", "is_decoder: expected false")]
    [InlineData("bert", "position_embedding_type", "\"relative_key\"", "position_embedding_type: expected absolute")]
    [InlineData("albert", "inner_group_num", "2", "inner_group_num: expected 1")]
    [InlineData("albert", "num_hidden_groups", "4", "num_hidden_groups: expected at most num_hidden_layers (3), found 4")]
    [InlineData("mpnet", "relative_attention_num_buckets", "30", "relative_attention_num_buckets: expected a multiple of 4")]
    [InlineData("roberta", "pad_token_id", "65", "pad_token_id: expected a number from 0 to 64")]
    [InlineData("roberta", "pad_token_id", "-1", "pad_token_id: expected a number from 0 to 64")]
    [InlineData("distilbert", "n_heads", "5", "n_heads: expected a divisor of dim (32), found 5")]
    [InlineData("modernbert", "layer_types", "[\"full_attention\",\"local\",\"local\"]", "layer_types: expected full_attention or sliding_attention, found \"local\"")]
    public void What_an_encoder_does_not_compute_is_refused(string family, string key, string value, string message)
    {
        string from = TestFiles.Fixture("families", family);
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(from, "config.json")))!.AsObject();
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(Path.Combine(_folder, "config.json"), config.ToJsonString());
        File.Copy(Path.Combine(from, "model.safetensors"), Path.Combine(_folder, "model.safetensors"));
        Assert.Contains(message, Assert.Throws<CheckpointFormatException>(() => LanguageModel.Load(_folder, _workers)).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _workers.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private LanguageModel Load(string family) => LanguageModel.Load(TestFiles.Fixture("families", family), _workers);

    private static int[] Ids(int length, int seed) => [.. Enumerable.Range(0, length).Select(i => 2 + (i * 7 + seed * 13) % 120)];

    private void Save(SafetensorsFile file, Func<string, bool> keeps) => SafetensorsWriter.Save(
        Path.Combine(_folder, "model.safetensors"), file.Tensors.Where(t => keeps(t.Name)).Select(t => new SafetensorsEntry(t.Name, t.Type!.Value, t.Shape, file.Bytes(t.Name))));
}
