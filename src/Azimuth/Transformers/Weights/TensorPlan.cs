using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Transformers.Weights;

/// <summary>A tensor that a config asks for.</summary>
/// <param name="Name">Its whole name in the file.</param>
/// <param name="Shape">Slowest dimension first.</param>
/// <param name="Part">What it is a part of.</param>
/// <param name="RowWidth">Values that are multiplied with one input row, and quantised together; null for vectors.</param>
internal sealed record PlannedTensor(string Name, IReadOnlyList<long> Shape, ModelPart Part, int? RowWidth)
{
    /// <summary>The stack of queries, keys and values it is a part of, by the number of the part; null elsewhere.</summary>
    public (FusedNames Names, AttentionConfig Attention, int Part)? Stack { get; init; }

    /// <summary>The product of the dimensions.</summary>
    public long Values => TensorInfo.Product(Shape);
}

/// <summary>
/// Every tensor that <see cref="WeightLoader"/> reads for a config, without a checkpoint: what a model's size is counted from, and what a checkpoint is
/// checked against. A test holds the two together for every family.
/// </summary>
internal sealed class TensorPlan
{
    /// <summary>More than any model's (61 layers of 384 experts are 70,000); a config could ask for billions.</summary>
    public const int MostTensors = 1 << 18;

    private readonly TransformerConfig _config;
    private readonly TensorNames _names;
    private readonly string _prefix;

    private TensorPlan(TransformerConfig config, TensorNames names, string prefix) => (_config, _names, _prefix) = (config, names, prefix);

    /// <summary>The name of the output table, whether the config has one of its own or not.</summary>
    public static string UnembeddingName(TensorNames names) => names.Unembedding + ".weight";

    /// <summary>All tensors, tables first, then layer by layer; made as they are asked for.</summary>
    /// <param name="config">What is computed.</param>
    /// <param name="names">What the tensors are called.</param>
    /// <param name="prefix">Which of the names' prefixes.</param>
    /// <exception cref="CheckpointFormatException">More than <see cref="MostTensors"/>.</exception>
    public static IEnumerable<PlannedTensor> Of(TransformerConfig config, TensorNames names, string prefix)
    {
        const long DenseLayer = 32;
        if (config.Layers.Sum(layer => DenseLayer + 8L * (layer.Mlp.Experts?.Count ?? 0)) > MostTensors)
            throw new CheckpointFormatException("config.json", $"expected at most {MostTensors} tensors, found more in {config.LayerCount} layers with their experts. Check the numbers of layers and experts", kind: "Config");
        return new TensorPlan(config, names, prefix).All();
    }

    private IEnumerable<PlannedTensor> All()
    {
        int model = _config.ModelDim, embedding = _config.Embedding.Dim, sum = _config.Embedding.SumDim(model);
        yield return Table(_prefix + _names.TokenEmbedding, _config.VocabSize, embedding, ModelPart.TokenTable);
        if (_config.Embedding.Positions is { Kind: PositionTableKind.Learned } positions)
            yield return Table(_prefix + _names.PositionEmbedding, positions.Rows, sum, ModelPart.Positions);
        if (_config.Layers[0].Attention.RelativeBias is { } bias)
            yield return Table(_prefix + _names.RelativeBias, bias.Buckets, _config.HeadCount, ModelPart.Positions);
        if (_config.Embedding.TokenTypes > 0)
            yield return Table(_prefix + _names.TokenTypes, _config.Embedding.TokenTypes, sum, ModelPart.TokenTypes);
        if (!_config.Output.Tied)
            yield return Table(_names.Unembedding, _config.VocabSize, embedding, ModelPart.Output);
        if (_config.Output.HasBias)
            yield return Vector((_names.UnembeddingBias ?? _names.Unembedding) + ".bias", _config.VocabSize, ModelPart.Output);
        foreach (PlannedTensor tensor in Projections(model, embedding).Concat(Heads(model, embedding))
            .Concat(Norm(_names.EmbeddingNorm, _config.Embedding.Norm, sum, 0)).Concat(Norm(_names.FinalNorm, _config.FinalNorm, model, 0)))
            yield return tensor;
        var stored = new HashSet<int>();
        for (int layer = 0; layer < _config.LayerCount; layer++)
        {
            int number = _config.Layers[layer].WeightsOf ?? layer;
            if (!stored.Add(number))
                continue;
            foreach (PlannedTensor tensor in Layer(_config.Layers[layer], number))
                yield return tensor;
        }
    }

    private IEnumerable<PlannedTensor> Projections(int model, int embedding) => _config.Embedding.Projection switch
    {
        EmbeddingProjection.First => Matrix(_names.ProjectIn!, 0, [model], embedding, false, ModelPart.Projections)
            .Concat(Matrix(_names.ProjectOut!, 0, [embedding], model, false, ModelPart.Projections)),
        EmbeddingProjection.Last => Matrix(_names.ProjectIn!, 0, [model], embedding, true, ModelPart.Projections),
        _ => [],
    };

    private IEnumerable<PlannedTensor> Heads(int model, int embedding)
    {
        if (_config.HasPooler)
        {
            foreach (PlannedTensor tensor in Matrix(_names.Pooler!, 0, [model], model, hasBias: true, ModelPart.Pooler))
                yield return tensor;
        }

        if (_config.Output.Head is not { } head)
            yield break;
        yield return new PlannedTensor(_names.HeadMatrix + ".weight", [embedding, model], ModelPart.Output, model);
        if (head.HasBias)
            yield return Vector(_names.HeadMatrix + ".bias", embedding, ModelPart.Output);
        if (head.Norm.HasGain)
            yield return Vector(_names.HeadNorm + _names.GainEnding, embedding, ModelPart.Output);
        if (head.Norm.HasBias)
            yield return Vector(_names.HeadNorm + _names.ShiftEnding, embedding, ModelPart.Output);
    }

    private IEnumerable<PlannedTensor> Layer(LayerConfig config, int layer)
    {
        AttentionConfig attention = config.Attention;
        int model = _config.ModelDim;
        BlockShape shape = config.Shape;
        bool normsInput = shape is not BlockShape.NormAfter, normsOutput = shape is BlockShape.Sandwich or BlockShape.NormAfter;
        NormConfig? queryKey = attention.QueryKeyNorm?.Norm;
        bool perHead = attention.QueryKeyNorm?.PerHead ?? false;
        IEnumerable<PlannedTensor>[] tensors =
        [
            normsInput && config.HasAttentionNorm ? Norm(_names.AttentionNorm, config.Norm, model, layer) : [],
            Matrix(_names.QueryKeyValue.Parts, layer, [attention.QueryWidth, attention.KeyWidth, attention.KeyWidth], model, attention.HasInputBias, ModelPart.Attention)
                .Select(tensor => tensor with { Stack = (_names.QueryKeyValue, attention, PartOf(tensor.Name, layer)) }),
            Norm(_names.QueryNorm, queryKey, perHead ? attention.HeadDim : attention.QueryWidth, layer),
            Norm(_names.KeyNorm, queryKey, perHead ? attention.HeadDim : attention.KeyWidth, layer),
            Matrix(_names.AttentionOutput, layer, [model], attention.QueryWidth, attention.HasOutputBias, ModelPart.Attention),
            normsOutput ? Norm(_names.AttentionOutputNorm, config.Norm, model, layer) : [],
            normsInput && shape != BlockShape.Parallel ? Norm(_names.MlpNorm, config.Norm, model, layer) : [],
            Mlps(config.Mlp, layer),
            normsOutput ? Norm(_names.MlpOutputNorm, config.Norm, model, layer) : [],
        ];
        return tensors.SelectMany(t => t);
    }

    private int PartOf(string name, int layer) =>
        Enumerable.Range(0, _names.QueryKeyValue.Parts.Count).First(part => name[..name.LastIndexOf('.')] == Name(_names.QueryKeyValue.Parts[part], layer));

    private IEnumerable<PlannedTensor> Mlps(MlpConfig config, int layer)
    {
        int model = _config.ModelDim;
        int[] widths = config.IsGated ? [config.HiddenDim, config.HiddenDim] : [config.HiddenDim];
        if (config.Experts is not { } experts)
        {
            return Matrix(_names.MlpUp.Parts, layer, widths, model, config.HasBias, ModelPart.Mlp)
                .Concat(Matrix(_names.MlpDown, layer, [model], config.HiddenDim, config.HasBias, ModelPart.Mlp));
        }

        return Matrix(_names.Router!, layer, [experts.Count], model, hasBias: false, ModelPart.Mlp).Concat(Enumerable.Range(0, experts.Count).SelectMany(expert =>
            Matrix([.. _names.ExpertUp!.Parts.Select(part => Of(part, expert))], layer, widths, model, config.HasBias, ModelPart.Mlp)
                .Concat(Matrix(Of(_names.ExpertDown!, expert), layer, [model], config.HiddenDim, config.HasBias, ModelPart.Mlp))));
    }

    private static string Of(string name, int expert) => name.Replace("{expert}", expert.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private IEnumerable<PlannedTensor> Norm(string? name, NormConfig? config, int width, int layer)
    {
        if (config is null)
            yield break;
        if (config.HasGain)
            yield return Vector(Name(name!, layer) + _names.GainEnding, width, ModelPart.Norms);
        if (config.HasBias)
            yield return Vector(Name(name!, layer) + _names.ShiftEnding, width, ModelPart.Norms);
    }

    private IEnumerable<PlannedTensor> Matrix(string name, int layer, int[] widths, int inputs, bool hasBias, ModelPart part) =>
        Matrix([name], layer, widths, inputs, hasBias, part);

    private IEnumerable<PlannedTensor> Matrix(IReadOnlyList<string> names, int layer, int[] widths, int inputs, bool hasBias, ModelPart part)
    {
        if (names.Count == 1)
            widths = [widths.Sum()];
        for (int i = 0; i < names.Count; i++)
        {
            string name = Name(names[i], layer);
            long[] shape = _names.Layout == WeightLayout.OutputsByInputs ? [widths[i], inputs] : [inputs, widths[i]];
            yield return new PlannedTensor(name + ".weight", shape, part, inputs);
            if (hasBias)
                yield return Vector(name + ".bias", widths[i], part);
        }
    }

    private static PlannedTensor Table(string name, int rows, int width, ModelPart part) => new(name + ".weight", [rows, width], part, width);

    private static PlannedTensor Vector(string name, int length, ModelPart part) => new(name, [length], part, null);

    private string Name(string name, int layer) => _prefix + name.Replace("{layer}", layer.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
