namespace Azimuth.Checking.Rules;

/// <summary>A residual stream too large for the half precision that config.json asks for.</summary>
internal static class HalfPrecisionActivations
{
    public static CheckRule Rule { get; } = new("AZ802", "Activations near or beyond the range of float16", Severity.Warning, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (DeclaredType.Of(subject)?.Type != Numerics.TensorType.F16)
            return RuleVerdict.CannotRun("the configuration does not ask for float16");
        if (TrialRun.WhyNot(subject) is { } reason)
            return RuleVerdict.CannotRun(reason);
        if (subject.Run.Value is not { } run)
            return RuleVerdict.CannotRun("the model does not run");
        return run.LargestActivation <= HalfPrecisionWeights.Largest / 2 ? RuleVerdict.Nothing : Rule.Find(
            $"config.json asks for float16, whose largest number is 65,504; after layer {run.LargestActivationLayer} the residual stream of a short text reaches {Words.Count((long)run.LargestActivation)}.",
            "Run the model in bfloat16 or float32: the sums overflow in float16, and the result is NaN.",
            evidence: [("largestActivation", run.LargestActivation), ("layer", run.LargestActivationLayer), ("largestFloat16", HalfPrecisionWeights.Largest)]);
    }
}
