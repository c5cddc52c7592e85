using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Checking.Rules;

/// <summary>config.json names another number type than most weights are stored in.</summary>
internal static class StoredTypeDiffers
{
    public static CheckRule Rule { get; } = new("AZ803", "The stored type is not the configured one", Severity.Note, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Weights.Value is not { } weights)
            return RuleVerdict.CannotRun(subject.Weights.Reason("weights"));
        if (DeclaredType.Of(subject) is not { } declared)
            return RuleVerdict.CannotRun("the configuration names no number type");
        TensorInfo[] plain = [.. weights.Tensors.Where(t => t.Type is TensorType.F32 or TensorType.F16 or TensorType.BF16)];
        long total = plain.Sum(t => t.ElementCount);
        var most = plain.GroupBy(t => t.Type!.Value).Select(g => (Type: g.Key, Values: g.Sum(t => t.ElementCount))).OrderByDescending(g => g.Values).FirstOrDefault();
        if (total == 0 || most.Type == declared.Type || most.Values * 2 <= total)
            return RuleVerdict.Nothing;
        return Rule.Find(
            $"config.json says {declared.Name}, but {Words.Count(most.Values)} of {Words.Count(total)} values are stored as {most.Type}.",
            "Nothing need be done: libraries convert when loading. Check which of the two was meant before measuring differences of rounding.",
            evidence: [("configured", declared.Name), ("stored", most.Type.ToString()), ("values", most.Values), ("allValues", total)]);
    }
}
