using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Checking.Rules;

/// <summary>Tensors stored in a type that is known but not read here.</summary>
internal static class TypesUnread
{
    public static CheckRule Rule { get; } = new("AZ008", "Tensors in a type that is not read here", Severity.Note, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Weights.Value is not { } weights)
            return RuleVerdict.CannotRun(subject.Weights.Reason("weights"));
        if (subject.Read.Value is not { } read)
            return RuleVerdict.CannotRun(subject.Read.Reason("configuration"));
        TensorInfo[] unread = [.. read.Plan.Select(t => weights.Find(t.Name)).OfType<TensorInfo>().Where(t => t.Type is not { } type || !type.IsReadableAsFloat())];
        string[] types = [.. unread.Select(t => t.TypeName).Distinct().Order(StringComparer.Ordinal)];
        return unread.Length == 0 ? RuleVerdict.Nothing : Rule.Find(
            $"{Words.Many(unread.Length, "tensor")} {Words.Are(unread.Length)} stored as {string.Join(", ", types)}, which is not read here: {Words.Few([.. unread.Select(t => t.Name)])}.",
            "Nothing need be wrong with it. Convert a copy to F16 or Q8_0 to have the other rules look at it.",
            evidence: [("types", types), ("tensors", unread.Take(Words.Shown).Select(t => t.Name).ToArray()), ("tensorCount", unread.Length)]);
    }
}
