using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Transformers.Weights;

/// <summary>
/// Where a family keeps its tensors. Names lack ".weight" and ".bias", which are added; "{layer}" and "{expert}" stand for numbers. Names of
/// things a config does not have are never looked up, so one record may serve several variants.
/// </summary>
internal sealed record TensorNames
{
    /// <summary>
    /// What may stand before all names but those of the output (<see cref="Unembedding"/> and the head); the first under which the token table is found is taken ("transformer." and
    /// "" for GPT-2 files as the library and as the hub write them).
    /// </summary>
    public IReadOnlyList<string> Prefixes { get; init; } = [""];

    /// <summary>The prefix under which a checkpoint has the token table; where none fits, the first, which makes the error that names the missing table.</summary>
    public string PrefixIn(Checkpoint checkpoint) => Prefixes.FirstOrDefault(prefix => checkpoint.Find($"{prefix}{TokenEmbedding}.weight") is not null) ?? Prefixes[0];

    /// <summary>
    /// These names as a checkpoint has them: under the prefix that fits, and with the endings of its norms, which in files that were made from the first
    /// BERT are gamma and beta.
    /// </summary>
    public TensorNames In(Checkpoint checkpoint)
    {
        string prefix = PrefixIn(checkpoint);
        string? norm = EmbeddingNorm is null ? null : prefix + EmbeddingNorm;
        bool isOld = norm is not null && checkpoint.Find(norm + ".weight") is null && checkpoint.Find(norm + ".gamma") is not null;
        return this with { Prefixes = [prefix], GainEnding = isOld ? ".gamma" : GainEnding, ShiftEnding = isOld ? ".beta" : ShiftEnding };
    }

    /// <summary>What is added to a norm's name for its gain.</summary>
    public string GainEnding { get; init; } = ".weight";

    /// <summary>What is added to a norm's name for its bias.</summary>
    public string ShiftEnding { get; init; } = ".bias";

    /// <summary>How matrices lie, tables apart.</summary>
    public WeightLayout Layout { get; init; } = WeightLayout.OutputsByInputs;

    public required string TokenEmbedding { get; init; }

    public string? PositionEmbedding { get; init; }

    /// <summary>The table of token types (BERT's segments).</summary>
    public string? TokenTypes { get; init; }

    public string? EmbeddingNorm { get; init; }

    public string? ProjectIn { get; init; }

    public string? ProjectOut { get; init; }

    public string? FinalNorm { get; init; }

    /// <summary>The output table, where untied; without prefix.</summary>
    public string Unembedding { get; init; } = "lm_head";

    /// <summary>The bias of the logits, where it has another name than the table; without prefix.</summary>
    public string? UnembeddingBias { get; init; }

    /// <summary>The matrix of a masked language model's head; without prefix.</summary>
    public string? HeadMatrix { get; init; }

    /// <summary>The norm of a masked language model's head; without prefix.</summary>
    public string? HeadNorm { get; init; }

    /// <summary>The matrix of the pooler.</summary>
    public string? Pooler { get; init; }

    /// <summary>The biases by distance [bucket, head].</summary>
    public string? RelativeBias { get; init; }

    /// <summary>Whole names of tensors that files repeat or that no computation here reads, without prefix: they are not remarked on.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Before attention; of the sum after it in post-norm blocks.</summary>
    public string? AttentionNorm { get; init; }

    /// <summary>Of what attention adds, in sandwich and norm-after blocks.</summary>
    public string? AttentionOutputNorm { get; init; }

    /// <summary>Before the MLP; of the sum after it in post-norm blocks.</summary>
    public string? MlpNorm { get; init; }

    /// <summary>Of what the MLP adds, in sandwich and norm-after blocks.</summary>
    public string? MlpOutputNorm { get; init; }

    /// <summary>Queries, keys, values: three tensors, or a fused one.</summary>
    public required FusedNames QueryKeyValue { get; init; }

    public string? QueryNorm { get; init; }

    public string? KeyNorm { get; init; }

    public required string AttentionOutput { get; init; }

    /// <summary>Up, or gate and up.</summary>
    public required FusedNames MlpUp { get; init; }

    public required string MlpDown { get; init; }

    /// <summary>The router of layers with a mixture of experts.</summary>
    public string? Router { get; init; }

    /// <summary>Up, or gate and up, of one expert.</summary>
    public FusedNames? ExpertUp { get; init; }

    /// <summary>Of one expert.</summary>
    public string? ExpertDown { get; init; }
}

/// <summary>Tensors that are used as one matrix: stacked one below the other, then reordered.</summary>
/// <param name="Parts">One name for a tensor that is fused in the file, otherwise one for each.</param>
internal sealed record FusedNames(params IReadOnlyList<string> Parts)
{
    /// <summary>
    /// For an attention's config, which row of the stack makes each output, outputs being [queries | keys | values], head after head; null when the
    /// stack has that order already.
    /// </summary>
    public Func<AttentionConfig, int[]>? RowOrder { get; init; }
}
