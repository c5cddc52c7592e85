using Azimuth.Transformers.Weights;

namespace Azimuth.Checking.Rules;

/// <summary>Tensors that nothing in the configuration asks for: they are silently ignored when the model is loaded.</summary>
internal static class TensorsUnused
{
    /// <summary>Constants that libraries save beside the weights; they follow from the configuration.</summary>
    private static readonly string[] Constants =
    [
        ".attn.bias", ".attn.masked_bias", ".attn.causal_mask", ".attention.bias", ".attention.masked_bias", "rotary_emb.inv_freq", "rope_freqs.weight", "position_ids",
        "embed_positions.weights", ".embed_positions", "rope_factors_long.weight", "rope_factors_short.weight",
    ];

    public static CheckRule Rule { get; } = new("AZ006", "Tensors that nothing asks for", Severity.Note, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Weights.Value is not { } weights)
            return RuleVerdict.CannotRun(subject.Weights.Reason("weights"));
        if (subject.Read.Value is not { } read)
            return RuleVerdict.CannotRun(subject.Read.Reason("configuration"));
        HashSet<string> asked = [.. read.Plan.Select(t => t.Name), TensorPlan.UnembeddingName(read.Names)];
        string[] unused =
        [
            .. weights.Tensors.Select(t => t.Name).Where(name => !asked.Contains(name) && !Constants.Any(c => name.EndsWith(c, StringComparison.Ordinal))),
        ];
        if (unused.Length == 0)
            return RuleVerdict.Nothing;
        long values = unused.Sum(name => weights.Find(name)!.ElementCount);
        return Rule.Find(
            $"{Words.Many(unused.Length, "tensor")} with {Words.Count(values)} values {Words.Are(unused.Length)} not asked for by the configuration and ignored: {Words.Few(unused)}.",
            "Check num_hidden_layers and the flags of biases in config.json; a head of another task, or an adapter that was not merged, is ignored too.",
            evidence: [("unused", unused.Take(Words.Shown).ToArray()), ("unusedCount", unused.Length), ("values", values), ("file", weights.Path)]);
    }
}
