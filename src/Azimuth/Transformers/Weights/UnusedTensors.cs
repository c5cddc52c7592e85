using Azimuth.Checkpoints;

namespace Azimuth.Transformers.Weights;

/// <summary>Tensors of a checkpoint that nothing in the configuration asks for.</summary>
internal static class UnusedTensors
{
    /// <summary>Constants that libraries save beside the weights; they follow from the configuration.</summary>
    private static readonly string[] Constants =
    [
        ".attn.bias", ".attn.masked_bias", ".attn.causal_mask", ".attention.bias", ".attention.masked_bias", "rotary_emb.inv_freq", "rope_freqs.weight", "position_ids",
        "embed_positions.weights", ".embed_positions", "rope_factors_long.weight", "rope_factors_short.weight",
    ];

    /// <summary>Their names, in file order. A second output table of tied models, constants and what the family ignores are not among them.</summary>
    /// <param name="config">What is computed.</param>
    /// <param name="names">Its names, as the checkpoint has them.</param>
    /// <param name="checkpoint">The tensors.</param>
    public static IReadOnlyList<string> In(TransformerConfig config, TensorNames names, Checkpoint checkpoint)
    {
        HashSet<string> asked = new(names.Ignored, StringComparer.Ordinal) { TensorPlan.UnembeddingName(names) };
        asked.UnionWith(TensorPlan.Of(config, names, names.PrefixIn(checkpoint)).Select(tensor => tensor.Name));
        return
        [
            .. checkpoint.Tensors.Select(tensor => tensor.Name)
                .Where(name => !asked.Contains(name) && !Constants.Any(constant => name.EndsWith(constant, StringComparison.Ordinal))),
        ];
    }

    /// <summary>One sentence about them, or none.</summary>
    public static IReadOnlyList<string> Remarks(TransformerConfig config, TensorNames names, Checkpoint checkpoint)
    {
        const int Shown = 3;
        IReadOnlyList<string> unused = In(config, names, checkpoint);
        if (unused.Count == 0)
            return [];
        string more = unused.Count > Shown ? FormattableString.Invariant($" and {unused.Count - Shown} more") : "";
        string tensors = unused.Count == 1 ? "1 tensor is" : FormattableString.Invariant($"{unused.Count} tensors are");
        return [$"{Path.GetFileName(checkpoint.Path)}: {tensors} not asked for by the configuration and not used: {string.Join(", ", unused.Take(Shown))}{more}"];
    }
}
