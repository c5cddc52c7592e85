using Azimuth.Transformers.Weights;

namespace Azimuth.Checking.Rules;

/// <summary>Tensors that nothing in the configuration asks for: they are silently ignored when the model is loaded.</summary>
internal static class TensorsUnused
{
    public static CheckRule Rule { get; } = new("AZ006", "Tensors that nothing asks for", Severity.Note, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Weights.Value is not { } weights)
            return RuleVerdict.CannotRun(subject.Weights.Reason("weights"));
        if (subject.Read.Value is not { } read)
            return RuleVerdict.CannotRun(subject.Read.Reason("configuration"));
        string[] unused = [.. UnusedTensors.In(read.Config, read.Names, weights)];
        if (unused.Length == 0)
            return RuleVerdict.Nothing;
        long values = unused.Sum(name => weights.Find(name)!.ElementCount);
        return Rule.Find(
            $"{Words.Many(unused.Length, "tensor")} with {Words.Count(values)} values {Words.Are(unused.Length)} not asked for by the configuration and ignored: {Words.Few(unused)}.",
            "Check num_hidden_layers and the flags of biases in config.json; a head of another task, or an adapter that was not merged, is ignored too.",
            evidence: [("unused", unused.Take(Words.Shown).ToArray()), ("unusedCount", unused.Length), ("values", values), ("file", weights.Path)]);
    }
}
