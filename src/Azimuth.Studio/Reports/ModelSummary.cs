using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Transformers;
using Azimuth.Transformers.Positions;

namespace Azimuth.Studio.Reports;

/// <summary>A model in numbers.</summary>
public sealed record ModelSummary
{
    /// <summary>The model's name.</summary>
    public required string Name { get; init; }

    /// <summary>The family as its files spell it.</summary>
    public required string Architecture { get; init; }

    /// <summary>Numbers in all tensors of the checkpoint; a tied table counts once.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>Layers.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Query heads of the first layer.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Key-value heads of the first layer.</summary>
    public required int KeyValueHeadCount { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int ModelDim { get; init; }

    /// <summary>Width of one head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Inner width of the MLP.</summary>
    public required int MlpDim { get; init; }

    /// <summary>Rows of the input table.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Longest prompt.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Input and output table are one.</summary>
    public required bool IsTied { get; init; }

    /// <summary>How tensors are stored, the type with most numbers first: "Q4_1, F32".</summary>
    public required string StoredTypes { get; init; }

    /// <summary>How positions enter: "rotary, base 10,000".</summary>
    public required string Positions { get; init; }

    /// <summary>Whether a begin token stands in front of the prompt.</summary>
    public required string BeginTokenPolicy { get; init; }

    /// <summary>Reads the summary off the model's configuration and its checkpoint's header; no weights are touched.</summary>
    /// <param name="model">The model.</param>
    /// <param name="beginTokenAdded">Whether the prompt starts with the begin token; null when unknown.</param>
    /// <exception cref="CheckpointFormatException">The checkpoint can no longer be read.</exception>
    public static ModelSummary Of(LanguageModel model, bool? beginTokenAdded)
    {
        ArgumentNullException.ThrowIfNull(model);
        IReadOnlyList<TensorInfo> tensors = ModelFolder.Open(model.Path).Checkpoint.Tensors;
        TransformerConfig config = model.Config;
        return new ModelSummary
        {
            Name = model.Name,
            Architecture = config.Architecture,
            ParameterCount = tensors.Sum(t => t.ElementCount),
            LayerCount = config.LayerCount,
            HeadCount = config.HeadCount,
            KeyValueHeadCount = config.KeyValueHeadCount,
            ModelDim = config.ModelDim,
            HeadDim = config.HeadDim,
            MlpDim = config.MlpDim,
            VocabSize = config.VocabSize,
            ContextLength = config.ContextLength,
            IsTied = model.IsTied,
            StoredTypes = string.Join(", ", tensors.GroupBy(t => t.TypeName, t => t.ElementCount).OrderByDescending(g => g.Sum()).Select(g => g.Key)),
            Positions = PositionsOf(config),
            BeginTokenPolicy = beginTokenAdded switch { true => "in front of the prompt", false => "none", null => "not known" },
        };
    }

    private static string PositionsOf(TransformerConfig config)
    {
        AttentionConfig attention = config.Layers[0].Attention;
        if (attention.Rotary is { } rotary)
        {
            string scaling = rotary.Scaling is RotaryScaling.Unscaled ? "" : $", {rotary.Scaling.GetType().Name.ToLowerInvariant()} scaling";
            return string.Create(CultureInfo.InvariantCulture, $"rotary, base {rotary.Base:#,0}{scaling}");
        }

        if (attention.HasAlibi)
            return "linear biases (ALiBi)";
        return config.Embedding.Positions switch
        {
            { Kind: PositionTableKind.Learned } table => string.Create(CultureInfo.InvariantCulture, $"learned, {table.Rows:#,0} rows"),
            { Kind: PositionTableKind.Sinusoidal } => "sinusoidal",
            _ => "none",
        };
    }
}
