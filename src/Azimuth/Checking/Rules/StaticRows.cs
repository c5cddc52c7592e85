namespace Azimuth.Checking.Rules;

/// <summary>How far the layers turn a token's vector: its row is where a meaning starts, not the meaning.</summary>
internal static class StaticRows
{
    private const double Degrees = 30;

    public static CheckRule Rule { get; } = new("AZ903", "A token's row is not its meaning in a text", Severity.Advice, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (TrialRun.WhyNot(subject) is { } reason)
            return RuleVerdict.CannotRun(reason);
        if (subject.Run.Value is not { } run)
            return RuleVerdict.CannotRun("the model does not run");
        return run.TurnDegrees <= Degrees ? RuleVerdict.Nothing : Rule.Find(
            $"From its embedding to the last layer a token's vector turns by {Words.Three(run.TurnDegrees)}° on average: the row is the same in every text, what the model makes of it is not.",
            "For meaning in context follow the text through the layers (azimuth trace); rows tell of tokens, not of their uses.",
            evidence: [("meanTurnDegrees", run.TurnDegrees), ("layers", subject.Read.Value!.Config.LayerCount)]);
    }
}
