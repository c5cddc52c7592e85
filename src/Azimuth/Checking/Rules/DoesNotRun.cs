using Azimuth.Transformers;

namespace Azimuth.Checking.Rules;

/// <summary>The model is refused when it is loaded or run, for a reason that no other rule names.</summary>
internal static class DoesNotRun
{
    private static readonly string[] Explaining = [ConfigUnreadable.Rule.Code, TypesUnread.Rule.Code];

    public static CheckRule Rule { get; } = new("AZ702", "The model does not run", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Weights.Value is null)
            return RuleVerdict.CannotRun(subject.IsTable ? "a table is not run" : subject.Weights.Reason("weights"));
        if (subject.HasError || subject.Findings.Any(f => Explaining.Contains(f.Code)))
            return RuleVerdict.Nothing;
        string? problem = Attempt.Of(() => LanguageModel.Load(subject.Path, subject.Workers)).Problem ?? subject.Run.Problem;
        return problem is null ? RuleVerdict.Nothing : Rule.Find(
            problem, "Do what the sentence says; where it speaks of logits that are not finite, the weights are too large or damaged.", evidence: [("path", subject.Path)]);
    }
}
