using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Training.LanguageModels;
using Azimuth.Transformers;
using Azimuth.Transformers.Architectures;
using Azimuth.Transformers.Weights;

namespace Azimuth.Tests.Training.LanguageModels;

/// <summary>A model with weights of its own and everything to train it.</summary>
internal sealed class TrainedModel : IDisposable
{
    private readonly Workers _workers;

    private TrainedModel(TransformerConfig config, TensorNames names, string prefix, int rows, Workers workers, TrainedPart part)
    {
        (Config, _workers) = (config, workers);
        Trainability.Require(config, names);
        Weights = TrainedWeights.Create(config, names, prefix, part);
        Pass = new TrainingPass(config, Weights, rows, workers);
    }

    public TransformerConfig Config { get; }

    public TrainedWeights Weights { get; }

    public TrainingPass Pass { get; }

    public static TrainedModel Open(string folder, int rows, Workers workers, TrainedPart part = TrainedPart.All)
    {
        LanguageModel model = LanguageModel.Load(folder, workers);
        var trained = new TrainedModel(model.Config, model.Names, model.Names.PrefixIn(model.Folder.Checkpoint), rows, workers, part);
        trained.Weights.Read(model.Folder.Checkpoint);
        trained.Weights.Prepare(workers);
        return trained;
    }

    /// <summary>A family's model with random weights, none of them a special value.</summary>
    public static TrainedModel Random(string configJson, Func<TransformerConfig, TransformerConfig> change, int rows, SeededRandom random, Workers workers)
    {
        using JsonDocument document = JsonDocument.Parse(configJson);
        (TransformerConfig config, TensorNames names) = ArchitectureRegistry.Read(new ConfigReader(document.RootElement, "config.json"));
        // Names for the parts that neither family has.
        names = names with { EmbeddingNorm = "embedding_norm", AttentionOutputNorm = "{layer}.attention_output_norm", MlpOutputNorm = "{layer}.mlp_output_norm", QueryNorm = "{layer}.query_norm", KeyNorm = "{layer}.key_norm" };
        var trained = new TrainedModel(change(config), names, names.Prefixes[0], rows, workers, TrainedPart.All);
        foreach (ParameterTensor tensor in trained.Weights.Tensors)
        {
            foreach (ref float value in tensor.Values)
                value = (float)(random.NextGaussian() * (tensor.Shape.Count > 1 ? 0.3 : 0.2)) + (tensor.Role == ParameterRole.Gain && !tensor.GainIsOffset ? 1 : 0);
        }

        trained.Weights.Prepare(workers);
        return trained;
    }

    public void Prepare() => Weights.Prepare(_workers);

    public void Dispose() => Pass.Dispose();

    /// <summary>Inputs and targets of rows of ids, flattened: all but the last, and all but the first.</summary>
    public static (int[] Inputs, int[] Targets) Shifted(int[][] rows) => ([.. rows.SelectMany(row => row[..^1])], [.. rows.SelectMany(row => row[1..])]);
}
