using Azimuth.Transformers.Positions;

namespace Azimuth.Checking.Rules;

/// <summary>A context longer than the rotary scaling stretches to.</summary>
internal static class RotaryLimits
{
    private const double Slack = 1.01;

    public static CheckRule Rule { get; } = new("AZ504", "The context exceeds what the rotary scaling covers", Severity.Warning, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Read.Value is not { } read)
            return RuleVerdict.CannotRun(subject.Read.Reason("configuration"));
        RotaryScaling[] scalings = [.. read.Config.Layers.Select(l => l.Attention.Rotary?.Scaling).OfType<RotaryScaling>().Distinct()];
        if (scalings.Length == 0)
            return RuleVerdict.CannotRun("the model has no rotary positions");
        // Of the others the factor does not say how far they reach: llama3 and longrope leave high frequencies as they are.
        return scalings.OfType<RotaryScaling.Yarn>().FirstOrDefault(y => read.Config.ContextLength > Slack * y.Factor * y.OriginalContext) is not { } yarn ? RuleVerdict.Nothing : Rule.Find(
            $"YaRN stretches {Words.Count(yarn.OriginalContext)} positions by {Words.Three(yarn.Factor)}, to {Words.Count((long)(yarn.Factor * yarn.OriginalContext))}, but the context is {Words.Many(read.Config.ContextLength, "position")}.",
            "Set max_position_embeddings to factor · original_max_position_embeddings, or correct the factor.",
            evidence: [("contextLength", read.Config.ContextLength), ("originalContext", yarn.OriginalContext), ("factor", yarn.Factor)]);
    }
}
