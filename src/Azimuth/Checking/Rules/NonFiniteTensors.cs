using Azimuth.Checkpoints;

namespace Azimuth.Checking.Rules;

/// <summary>Weights outside the token table that are NaN or infinite.</summary>
internal static class NonFiniteTensors
{
    public static CheckRule Rule { get; } = new("AZ107", "Weights that are not numbers", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Tensors is not { } scan)
            return RuleVerdict.CannotRun(subject.IsTable ? "a table has no other tensors" : subject.Weights.Reason("weights"));
        string? table = TableFinder.InputTensor(subject)?.Name;
        NonFiniteTensor[] found = [.. scan.NonFinite.Where(t => t.Tensor.Name != table)];
        if (found.Length == 0)
            return RuleVerdict.Nothing;
        NonFiniteTensor first = found[0];
        return Rule.Find(
            $"{Words.Many(found.Length, "tensor")} {Words.Have(found.Length)} NaN or infinite values; in {first.Tensor.Name} {Words.Count(first.Count)} of {Words.Count(first.Tensor.ElementCount)}, the first at {first.FirstPlace}.",
            "The training diverged or the file is damaged: use another checkpoint, or download it again.",
            evidence: [("tensors", found.Take(Words.Shown).Select(t => new { t.Tensor.Name, Values = t.Count, First = t.FirstPlace }).ToArray()), ("tensorCount", found.Length)]);
    }
}
