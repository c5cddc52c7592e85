using Azimuth.Transformers;
using Azimuth.Transformers.Weights;

namespace Azimuth.Checking.Rules;

/// <summary>Tensors that the configuration asks for and the file has not. Tables of positions and of the output have rules of their own.</summary>
internal static class TensorsMissing
{
    public static CheckRule Rule { get; } = new("AZ004", "Tensors are missing", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Weights.Value is not { } weights)
            return RuleVerdict.CannotRun(subject.Weights.Reason("weights"));
        if (subject.Read.Value is not { } read)
            return RuleVerdict.CannotRun(subject.Read.Reason("configuration"));
        string output = TensorPlan.UnembeddingName(read.Names);
        string[] missing = [.. read.Plan.Where(t => t.Part != ModelPart.Positions && t.Name != output && weights.Find(t.Name) is null).Select(t => t.Name)];
        if (missing.Length == 0)
            return RuleVerdict.Nothing;
        return Rule.Find(
            $"The configuration asks for {Words.Count(read.Plan.Count)} tensors, {Words.Count(missing.Length)} of which {Words.Are(missing.Length)} not in the file: {Words.Few(missing)}.",
            "Check the number of layers (num_hidden_layers, n_layer or as the family calls it) and the flags of biases in config.json, and that every shard of the checkpoint is there.",
            evidence: [("missing", missing.Take(Words.Shown).ToArray()), ("missingCount", missing.Length), ("askedFor", read.Plan.Count), ("file", weights.Path)]);
    }
}
