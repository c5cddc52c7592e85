using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Checking;

/// <summary>Looks for what is wrong with a model's files before it is used. What cannot be loaded is a finding too.</summary>
public static class ModelCheck
{
    /// <summary>Runs every rule on a model folder, a checkpoint file, a known name or a file of vectors.</summary>
    /// <param name="path">Folder, file or name.</param>
    /// <param name="workers">The threads to use; findings do not depend on their number.</param>
    /// <param name="options">How far to go; the defaults when null.</param>
    /// <param name="progress">Told what is being looked at.</param>
    /// <param name="cancellation">Checked between rules and between tensors.</param>
    /// <exception cref="CheckpointFormatException">There is nothing at that path that could be looked at.</exception>
    public static CheckReport Run(
        string path, Workers workers, CheckOptions? options = null, IProgress<CheckProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(workers);
        CheckSubject subject = CheckSubject.Open(path, workers, options ?? new CheckOptions(), progress, cancellation);
        var rules = new List<CheckedRule>();
        foreach (CheckRule rule in CheckRules.All)
        {
            cancellation.ThrowIfCancellationRequested();
            RuleVerdict verdict = Look(rule, subject);
            subject.Findings.AddRange(verdict.Findings);
            rules.Add(new CheckedRule(rule.Code, rule.Title, verdict.NotRun is null, verdict.NotRun));
        }

        return new CheckReport(
            subject.Name,
            subject.Path,
            [.. subject.Findings.OrderBy(f => f.Severity).ThenBy(f => f.Code, StringComparer.Ordinal)],
            [.. rules.OrderBy(r => r.Code, StringComparer.Ordinal)]);
    }

    private static RuleVerdict Look(CheckRule rule, CheckSubject subject)
    {
        if (rule.Severity == Severity.Advice && !subject.Options.Advice)
            return RuleVerdict.CannotRun("advice was not asked for");
        try
        {
            return rule.Look(subject);
        }
        catch (CheckpointFormatException e)
        {
            return RuleVerdict.CannotRun(e.Message);
        }
    }
}
