using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Transformers.Blocks;
using Azimuth.Transformers.Positions;

namespace Azimuth.Transformers.Weights;

/// <summary>
/// Finds a config's weights in a checkpoint by a family's names. Every shape is checked against the config here, once; only vectors are read,
/// matrices stay in the file.
/// </summary>
internal sealed class WeightLoader
{
    private readonly TransformerConfig _config;
    private readonly TensorNames _names;
    private readonly Checkpoint _checkpoint;
    private readonly string _prefix;

    private WeightLoader(TransformerConfig config, TensorNames names, Checkpoint checkpoint)
    {
        (_config, _names, _checkpoint) = (config, names, checkpoint);
        _prefix = names.PrefixIn(checkpoint);
    }

    /// <summary>All weights of the model.</summary>
    /// <exception cref="CheckpointFormatException">A tensor is missing, has another shape than the config says, or has no float reading.</exception>
    public static TransformerWeights Load(TransformerConfig config, TensorNames names, Checkpoint checkpoint) =>
        new WeightLoader(config, names, checkpoint).Load();

    private TransformerWeights Load()
    {
        int model = _config.ModelDim, embedding = _config.Embedding.Dim, sum = _config.Embedding.SumDim(model);
        EmbeddingProjection projection = _config.Embedding.Projection;
        StoredMatrix tokens = Table(_prefix + _names.TokenEmbedding, _config.VocabSize, embedding);
        StoredMatrix output = _config.Output.Tied ? tokens : Table(_names.Unembedding, _config.VocabSize, embedding);
        float[]? outputBias = _config.Output.HasBias ? _checkpoint.Vector((_names.UnembeddingBias ?? _names.Unembedding) + ".bias", _config.VocabSize) : null;
        return new TransformerWeights
        {
            TokenEmbedding = tokens,
            PositionEmbedding = Positions(_config.Embedding.Positions),
            TokenTypes = _config.Embedding.TokenTypes == 0 ? null : Table(_prefix + Required(_names.TokenTypes), _config.Embedding.TokenTypes, sum),
            RelativeBias = Relative(),
            EmbeddingNorm = Norm(_names.EmbeddingNorm, _config.Embedding.Norm, sum, 0),
            ProjectIn = projection == EmbeddingProjection.None
                ? null
                : Matrix(Required(_names.ProjectIn), 0, model, embedding, hasBias: projection == EmbeddingProjection.Last),
            ProjectOut = projection == EmbeddingProjection.First ? Matrix(Required(_names.ProjectOut), 0, embedding, model, hasBias: false) : null,
            HeadMatrix = _config.Output.Head is { } head ? Outside(Required(_names.HeadMatrix), embedding, model, head.HasBias) : null,
            HeadNorm = _config.Output.Head is { } normed ? NormAt(Required(_names.HeadNorm), normed.Norm, embedding) : null,
            Pooler = _config.HasPooler ? Matrix(Required(_names.Pooler), 0, model, model, hasBias: true) : null,
            Layers = LoadLayers(),
            FinalNorm = Norm(_names.FinalNorm, _config.FinalNorm, model, 0),
            UnembeddingTable = output,
            Unembedding = new Linear([output], bias: outputBias),
        };
    }

    /// <summary>One entry a layer; layers that share their tensors share the entry.</summary>
    private LayerWeights[] LoadLayers()
    {
        var loaded = new Dictionary<int, LayerWeights>();
        var layers = new LayerWeights[_config.LayerCount];
        for (int layer = 0; layer < layers.Length; layer++)
        {
            int stored = _config.Layers[layer].WeightsOf ?? layer;
            if (!loaded.TryGetValue(stored, out LayerWeights? weights))
                loaded[stored] = weights = LoadExisting(_config.Layers[layer], stored);
            layers[layer] = weights;
        }

        return layers;
    }

    /// <summary>A file that ends before the layers do tells of a wrong number of layers, not of a lost tensor.</summary>
    private LayerWeights LoadExisting(LayerConfig config, int layer)
    {
        try
        {
            return LoadLayer(config, layer);
        }
        catch (CheckpointFormatException e) when (layer > 0 && e is { Kind: "TensorMissing", Tensor: string name } && EndsBefore(layer, name))
        {
            throw new CheckpointFormatException(
                e.Path, FormattableString.Invariant($"there is no such tensor: the configuration has {_config.LayerCount} layers, the weights have {layer}. Check the number of layers in the configuration (num_hidden_layers, n_layer or as the family calls it); where the key is missing, the family's own default holds"),
                name, kind: e.Kind);
        }
    }

    private bool EndsBefore(int layer, string name)
    {
        string number = FormattableString.Invariant($".{layer}.");
        int at = ("." + name).IndexOf(number, StringComparison.Ordinal);
        return at >= 0 && !_checkpoint.Tensors.Any(tensor => ("." + tensor.Name).StartsWith(("." + name)[..(at + number.Length)], StringComparison.Ordinal));
    }

    private LayerWeights LoadLayer(LayerConfig config, int layer)
    {
        AttentionConfig attention = config.Attention;
        int model = _config.ModelDim;
        BlockShape shape = config.Shape;
        bool normsInput = shape is not BlockShape.NormAfter;
        bool normsOutput = shape is BlockShape.Sandwich or BlockShape.NormAfter;
        NormConfig? queryKeyNorm = attention.QueryKeyNorm?.Norm;
        bool perHead = attention.QueryKeyNorm?.PerHead ?? false;
        return new LayerWeights
        {
            AttentionNorm = normsInput && config.HasAttentionNorm ? Norm(_names.AttentionNorm, config.Norm, model, layer) : null,
            AttentionOutputNorm = normsOutput ? Norm(_names.AttentionOutputNorm, config.Norm, model, layer) : null,
            MlpNorm = normsInput && shape != BlockShape.Parallel ? Norm(_names.MlpNorm, config.Norm, model, layer) : null,
            MlpOutputNorm = normsOutput ? Norm(_names.MlpOutputNorm, config.Norm, model, layer) : null,
            QueryKeyValue = Fused(_names.QueryKeyValue, layer, [attention.QueryWidth, attention.KeyWidth, attention.KeyWidth], model,
                attention.HasInputBias, _names.QueryKeyValue.RowOrder?.Invoke(attention)),
            QueryNorm = Norm(_names.QueryNorm, queryKeyNorm, perHead ? attention.HeadDim : attention.QueryWidth, layer),
            KeyNorm = Norm(_names.KeyNorm, queryKeyNorm, perHead ? attention.HeadDim : attention.KeyWidth, layer),
            AttentionOutput = Matrix(_names.AttentionOutput, layer, model, attention.QueryWidth, attention.HasOutputBias),
            Mlps = [.. Enumerable.Range(0, config.Mlp.Experts?.Count ?? 1).Select(expert => LoadMlp(config.Mlp, layer, expert))],
            Router = config.Mlp.Experts is { } experts ? Matrix(Required(_names.Router), layer, experts.Count, model, hasBias: false) : null,
        };
    }

    private MlpWeights LoadMlp(MlpConfig config, int layer, int expert)
    {
        string Of(string name) => name.Replace("{expert}", expert.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        int[] widths = config.IsGated ? [config.HiddenDim, config.HiddenDim] : [config.HiddenDim];
        bool mixed = config.Experts is not null;
        FusedNames up = mixed ? Required(_names.ExpertUp) : _names.MlpUp;
        string down = mixed ? Required(_names.ExpertDown) : _names.MlpDown;
        return new MlpWeights(
            Fused(new FusedNames([.. up.Parts.Select(Of)]), layer, widths, _config.ModelDim, config.HasBias, rowOrder: null),
            Matrix(Of(down), layer, _config.ModelDim, config.HiddenDim, config.HasBias));
    }

    private StoredMatrix? Positions(PositionTableConfig? config) => config?.Kind switch
    {
        null => null,
        PositionTableKind.Learned => Table(_prefix + Required(_names.PositionEmbedding), config.Rows, _config.Embedding.SumDim(_config.ModelDim)),
        PositionTableKind.Sinusoidal => SinusoidalTable.Create(config.Rows, _config.ModelDim),
        _ => throw new ArgumentOutOfRangeException(nameof(config), config.Kind, "unknown position table"),
    };

    private RelativeBias? Relative()
    {
        if (_config.Layers[0].Attention.RelativeBias is not { } bias)
            return null;
        int heads = _config.HeadCount;
        return new RelativeBias(bias, Table(_prefix + Required(_names.RelativeBias), bias.Buckets, heads), _config.ContextLength);
    }

    private Norm? Norm(string? name, NormConfig? config, int width, int layer)
    {
        if (config is null)
            return null;
        return config.HasGain || config.HasBias ? NormAt(Name(Required(name), layer), config, width) : new Norm(config, null, null);
    }

    private Norm NormAt(string name, NormConfig config, int width) => new(
        config,
        config.HasGain ? _checkpoint.Vector(name + _names.GainEnding, width) : null,
        config.HasBias ? _checkpoint.Vector(name + _names.ShiftEnding, width) : null);

    /// <summary>A matrix [outputs, inputs] of the head, whose name has no prefix.</summary>
    private Linear Outside(string name, int outputs, int inputs, bool hasBias) =>
        new([_checkpoint.Matrix(name + ".weight", outputs, inputs)], bias: hasBias ? _checkpoint.Vector(name + ".bias", outputs) : null);

    /// <summary>A matrix [outputs, inputs] under one name.</summary>
    private Linear Matrix(string name, int layer, int outputs, int inputs, bool hasBias) =>
        Fused(new FusedNames(name), layer, [outputs], inputs, hasBias, rowOrder: null);

    /// <summary>Parts of the given widths stacked; a name for each part, or one for all of them fused.</summary>
    private Linear Fused(FusedNames names, int layer, int[] widths, int inputs, bool hasBias, int[]? rowOrder)
    {
        if (names.Parts.Count == 1)
            widths = [widths.Sum()];
        var parts = new List<StoredMatrix>();
        var bias = new List<float>();
        for (int i = 0; i < names.Parts.Count; i++)
        {
            string name = Name(names.Parts[i], layer);
            bool straight = _names.Layout == WeightLayout.OutputsByInputs;
            parts.Add(_checkpoint.Matrix(name + ".weight", straight ? widths[i] : inputs, straight ? inputs : widths[i]));
            if (hasBias)
                bias.AddRange(_checkpoint.Vector(name + ".bias", widths[i]));
        }

        return new Linear(parts, _names.Layout, rowOrder, hasBias ? [.. bias] : null);
    }

    /// <summary>Tables are [rows, width] in every layout.</summary>
    private StoredMatrix Table(string name, int rows, int width) => _checkpoint.Matrix(name + ".weight", rows, width);

    private string Name(string name, int layer) =>
        _prefix + name.Replace("{layer}", layer.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private T Required<T>(T? name) where T : class =>
        name ?? throw new InvalidOperationException($"the family {_config.Architecture} has a config that needs a tensor it gives no name for");
}
