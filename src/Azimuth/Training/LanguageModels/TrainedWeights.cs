using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Weights;

namespace Azimuth.Training.LanguageModels;

/// <summary>Which weights are moved.</summary>
public enum TrainedPart
{
    /// <summary>All of them.</summary>
    All,

    /// <summary>All but the tables of tokens, input and output.</summary>
    AllButTables,

    /// <summary>The tables of tokens alone.</summary>
    OnlyTables,
}

/// <summary>Weights of one block.</summary>
internal sealed record TrainedLayer
{
    public required TrainedNorm? AttentionNorm { get; init; }

    public required TrainedNorm? AttentionOutputNorm { get; init; }

    public required TrainedNorm? MlpNorm { get; init; }

    public required TrainedNorm? MlpOutputNorm { get; init; }

    /// <summary>Model width to [queries | keys | values].</summary>
    public required TrainedLinear QueryKeyValue { get; init; }

    /// <summary>Between that and the rotation, or null.</summary>
    public required TrainedQueryKey? QueryKey { get; init; }

    public required TrainedLinear AttentionOutput { get; init; }

    /// <summary>Null where there are experts.</summary>
    public required TrainedMlp? Mlp { get; init; }

    /// <summary>The experts, or null.</summary>
    public required TrainedMixture? Mixture { get; init; }

    public IEnumerable<TrainedNorm> Norms =>
        new[] { AttentionNorm, AttentionOutputNorm, MlpNorm, MlpOutputNorm }.OfType<TrainedNorm>().Concat(QueryKey?.Norms ?? []);

    public IEnumerable<TrainedLinear> Matrices => [QueryKeyValue, AttentionOutput, .. Mlp?.Matrices ?? Mixture!.Matrices];
}

/// <summary>All weights of a model in single precision with room for their gradients, under the names and in the shapes of its checkpoint.</summary>
internal sealed class TrainedWeights
{
    private readonly TransformerConfig _config;
    private readonly TensorNames _names;
    private readonly string _prefix;
    private readonly TrainedPart _part;
    private readonly (int From, int End)? _rows;
    private readonly List<ParameterTensor> _tensors = [];

    private TrainedWeights(TransformerConfig config, TensorNames names, string prefix, TrainedPart part, (int From, int End)? rows)
    {
        (_config, _names, _prefix, _part, _rows) = (config, names, prefix, part, rows);
        int model = config.ModelDim;
        TokenTable = Table(prefix + names.TokenEmbedding, config.VocabSize, ParameterRole.Table);
        if (config.Embedding.Positions is { Kind: PositionTableKind.Learned } positions)
            Positions = Table(prefix + names.PositionEmbedding, positions.Rows, ParameterRole.Positions);
        else if (config.Embedding.Positions is { Kind: PositionTableKind.Sinusoidal } computed)
            Positions = Computed(computed.Rows);
        EmbeddingNorm = Norm(names.EmbeddingNorm, config.Embedding.Norm, 0);
        Layers = [.. Enumerable.Range(0, config.LayerCount).Select(Layer)];
        FinalNorm = Norm(names.FinalNorm, config.FinalNorm, 0);
        ParameterBlock output = config.Output.Tied ? TokenTable : Table(names.Unembedding, config.VocabSize, ParameterRole.Table);
        ParameterBlock? bias = null;
        if (config.Output.HasBias)
        {
            bias = Block(config.VocabSize, ParameterRole.Table);
            _tensors.Add(new ParameterTensor((names.UnembeddingBias ?? names.Unembedding) + ".bias", [config.VocabSize], ParameterRole.Bias, bias, 0) { Moves = _rows });
        }

        Output = new TrainedLinear(output, bias, config.VocabSize, model, WeightLayout.OutputsByInputs);
    }

    /// <summary>[vocab, model].</summary>
    public ParameterBlock TokenTable { get; }

    /// <summary>[positions, model], or null; those that are computed have no gradient and are in no file.</summary>
    public ParameterBlock? Positions { get; }

    /// <summary>Norm of the embedding, or null.</summary>
    public TrainedNorm? EmbeddingNorm { get; }

    /// <summary>One entry a layer.</summary>
    public IReadOnlyList<TrainedLayer> Layers { get; }

    /// <summary>Norm before the unembedding, or null.</summary>
    public TrainedNorm? FinalNorm { get; }

    /// <summary>Model width to logits; over the token table when tied.</summary>
    public TrainedLinear Output { get; }

    /// <summary>Every tensor, tables first, in a fixed order.</summary>
    public IReadOnlyList<ParameterTensor> Tensors => _tensors;

    /// <summary>Zero weights for a config that <see cref="Trainability"/> has let through.</summary>
    public static TrainedWeights Create(TransformerConfig config, TensorNames names, string prefix, TrainedPart part, (int From, int End)? rows = null) => new(config, names, prefix, part, rows);

    /// <summary>Takes all weights from a checkpoint.</summary>
    /// <exception cref="CheckpointFormatException">A tensor is missing.</exception>
    public void Read(Checkpoint checkpoint)
    {
        foreach (ParameterTensor tensor in _tensors)
            tensor.Read(checkpoint);
    }

    /// <summary>
    /// Random weights to begin with (Radford et al. 2019, §2.3): normal with deviation 0.02, that of matrices that write to the residual stream divided by √(2 · layers); gains 1,
    /// biases 0.
    /// </summary>
    public void Randomize(SeededRandom random)
    {
        const double Deviation = 0.02;
        foreach (ParameterTensor tensor in _tensors)
        {
            float constant = tensor.Role == ParameterRole.Gain && !tensor.GainIsOffset ? 1 : 0;
            double deviation = tensor.Role is ParameterRole.Gain or ParameterRole.Bias ? 0 : tensor.WritesToStream ? Deviation / Math.Sqrt(2 * _config.LayerCount) : Deviation;
            foreach (ref float value in tensor.Values)
                value = deviation == 0 ? constant : (float)(deviation * random.NextGaussian());
        }
    }

    /// <summary>Sets all gradients to zero.</summary>
    public void ClearGradients()
    {
        foreach (ParameterTensor tensor in _tensors)
            tensor.Gradient.Clear();
    }

    /// <summary>Makes the products ready for the weights as they are now.</summary>
    public void Prepare(Workers workers)
    {
        EmbeddingNorm?.Prepare();
        FinalNorm?.Prepare();
        Output.Pack(workers);
        foreach (TrainedLayer layer in Layers)
        {
            foreach (TrainedNorm norm in layer.Norms)
                norm.Prepare();
            foreach (TrainedLinear matrix in layer.Matrices)
                matrix.Pack(workers);
        }
    }

    private TrainedLayer Layer(int number)
    {
        LayerConfig config = _config.Layers[number];
        AttentionConfig attention = config.Attention;
        MlpConfig mlp = config.Mlp;
        bool normsInput = config.Shape != BlockShape.NormAfter, normsOutput = config.Shape is BlockShape.Sandwich or BlockShape.NormAfter;
        int model = _config.ModelDim;
        return new TrainedLayer
        {
            AttentionNorm = normsInput && config.HasAttentionNorm ? Norm(_names.AttentionNorm, config.Norm, number) : null,
            QueryKeyValue = Linear(_names.QueryKeyValue, [attention.QueryWidth, attention.KeyWidth, attention.KeyWidth], model, attention.HasInputBias, number, _names.QueryKeyValue.RowOrder?.Invoke(attention)),
            QueryKey = TrainedQueryKey.IsIn(attention) ? QueryKey(attention, number) : null,
            AttentionOutput = Linear(new FusedNames(_names.AttentionOutput), [model], attention.QueryWidth, attention.HasOutputBias, number, writesToStream: true),
            AttentionOutputNorm = normsOutput ? Norm(_names.AttentionOutputNorm, config.Norm, number) : null,
            MlpNorm = normsInput && config.Shape != BlockShape.Parallel ? Norm(_names.MlpNorm, config.Norm, number) : null,
            Mlp = mlp.Experts is null ? Mlp(mlp, _names.MlpUp, _names.MlpDown, number) : null,
            Mixture = mlp.Experts is { } experts ? Mixture(mlp, experts, number) : null,
            MlpOutputNorm = normsOutput ? Norm(_names.MlpOutputNorm, config.Norm, number) : null,
        };
    }

    private TrainedQueryKey QueryKey(AttentionConfig attention, int layer)
    {
        bool perHead = attention.QueryKeyNorm?.PerHead ?? false;
        NormConfig? norm = attention.QueryKeyNorm?.Norm;
        return new TrainedQueryKey(
            attention,
            Norm(_names.QueryNorm, norm, layer, perHead ? attention.HeadDim : attention.QueryWidth),
            Norm(_names.KeyNorm, norm, layer, perHead ? attention.HeadDim : attention.KeyWidth));
    }

    private TrainedMlp Mlp(MlpConfig mlp, FusedNames up, string down, int layer) => new(
        mlp,
        Linear(up, mlp.IsGated ? [mlp.HiddenDim, mlp.HiddenDim] : [mlp.HiddenDim], _config.ModelDim, mlp.HasBias, layer),
        Linear(new FusedNames(down), [_config.ModelDim], mlp.HiddenDim, mlp.HasBias, layer, writesToStream: true));

    private TrainedMixture Mixture(MlpConfig mlp, ExpertsConfig experts, int layer)
    {
        TrainedLinear router = Linear(new FusedNames(_names.Router!), [experts.Count], _config.ModelDim, hasBias: false, layer);
        return new TrainedMixture(experts, router, [.. Enumerable.Range(0, experts.Count).Select(number =>
        {
            string Of(string name) => name.Replace("{expert}", number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
            return Mlp(mlp, new FusedNames([.. _names.ExpertUp!.Parts.Select(Of)]), Of(_names.ExpertDown!), layer);
        })]);
    }

    private TrainedLinear Linear(FusedNames names, int[] widths, int inputs, bool hasBias, int layer, int[]? rowOrder = null, bool writesToStream = false)
    {
        int outputs = widths.Sum();
        if (names.Parts.Count == 1)
            widths = [outputs];
        ParameterBlock weight = Block(checked(outputs * inputs), ParameterRole.Matrix);
        ParameterBlock? bias = hasBias ? Block(outputs, ParameterRole.Bias) : null;
        for (int i = 0, row = 0; i < widths.Length; row += widths[i++])
        {
            string name = Name(names.Parts[i], layer);
            long[] shape = _names.Layout == WeightLayout.OutputsByInputs ? [widths[i], inputs] : [inputs, widths[i]];
            _tensors.Add(new ParameterTensor(name + ".weight", shape, ParameterRole.Matrix, weight, row * inputs) { RowOrder = rowOrder, WritesToStream = writesToStream });
            if (bias is not null)
                _tensors.Add(new ParameterTensor(name + ".bias", [widths[i]], ParameterRole.Bias, bias, row) { RowOrder = rowOrder });
        }

        return new TrainedLinear(weight, bias, outputs, inputs, _names.Layout);
    }

    private TrainedNorm? Norm(string? name, NormConfig? config, int layer) => Norm(name, config, layer, _config.ModelDim);

    private TrainedNorm? Norm(string? name, NormConfig? config, int layer, int width)
    {
        if (config is null)
            return null;
        ParameterBlock? gain = config.HasGain ? Block(width, ParameterRole.Gain) : null, bias = config.HasBias ? Block(width, ParameterRole.Bias) : null;
        if (gain is not null)
            _tensors.Add(new ParameterTensor(Name(name!, layer) + _names.GainEnding, [width], ParameterRole.Gain, gain, 0) { GainIsOffset = config.GainIsOffset });
        if (bias is not null)
            _tensors.Add(new ParameterTensor(Name(name!, layer) + _names.ShiftEnding, [width], ParameterRole.Bias, bias, 0));
        return new TrainedNorm(config, gain, bias, width);
    }

    private ParameterBlock Table(string name, int rows, ParameterRole role)
    {
        ParameterBlock block = Block(checked(rows * _config.ModelDim), role);
        _tensors.Add(new ParameterTensor(name + ".weight", [rows, _config.ModelDim], role, block, 0) { Moves = role == ParameterRole.Table && _rows is var (from, end) ? (from * _config.ModelDim, end * _config.ModelDim) : null });
        return block;
    }

    private ParameterBlock Computed(int rows)
    {
        var block = new ParameterBlock(checked(rows * _config.ModelDim), trains: false);
        SinusoidalTable.Create(rows, _config.ModelDim).ReadRows(0, rows, block.Values);
        return block;
    }

    private ParameterBlock Block(int count, ParameterRole role) => new(count, _part switch
    {
        TrainedPart.AllButTables => role != ParameterRole.Table,
        TrainedPart.OnlyTables => role == ParameterRole.Table,
        _ => true,
    });

    private string Name(string name, int layer) => _prefix + name.Replace("{layer}", layer.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
