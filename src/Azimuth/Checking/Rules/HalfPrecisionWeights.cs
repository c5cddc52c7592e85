namespace Azimuth.Checking.Rules;

/// <summary>Weights too large for the half precision that config.json asks for.</summary>
internal static class HalfPrecisionWeights
{
    /// <summary>The largest finite half.</summary>
    public const double Largest = 65504;

    public static CheckRule Rule { get; } = new("AZ801", "Weights near or beyond the range of float16", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Tensors is not { } scan)
            return RuleVerdict.CannotRun(subject.Weights.Reason("weights"));
        if (scan.Magnitudes.Count == 0)
            return RuleVerdict.CannotRun("the configuration does not ask for float16");
        TensorMagnitude[] large = [.. scan.Magnitudes.Where(t => t.Largest > Largest / 2 && double.IsFinite(t.Largest)).OrderByDescending(t => t.Largest)];
        if (large.Length == 0)
            return RuleVerdict.Nothing;
        bool beyond = large[0].Largest > Largest;
        return Rule.Find(
            $"config.json asks for float16, whose largest number is 65,504; {large[0].Tensor.Name} holds {Words.Count((long)large[0].Largest)}{(beyond ? ", which becomes infinite" : ", near the end of the range")}.",
            "Use bfloat16 or float32: set dtype in config.json, and store the weights so.",
            beyond ? Severity.Error : Severity.Warning,
            ("tensors", large.Take(Words.Shown).Select(t => new { t.Tensor.Name, t.Largest, StoredType = t.Tensor.TypeName }).ToArray()), ("tensorCount", large.Length), ("largestFloat16", Largest));
    }
}
