using Azimuth.Checkpoints;

namespace Azimuth.Checking.Rules;

/// <summary>Two tables with the same bits: stored twice, and training would part them.</summary>
internal static class UntiedWithEqualTables
{
    public static CheckRule Rule { get; } = new("AZ203", "Untied, yet both tables are equal", Severity.Warning, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Read.Value is not { } read)
            return RuleVerdict.CannotRun(subject.Read.Reason("configuration"));
        if (read.Config.Output.Tied || TableFinder.OutputTensor(subject) is not { } output || TableFinder.InputTensor(subject) is not { } input || !EqualBytes.Of(subject, input, output))
            return RuleVerdict.Nothing;
        return Rule.Find(
            $"{input.Name} and {output.Name} hold the same values, but the model is untied: {Words.Count(output.ElementCount)} numbers are stored twice, and training on would part them.",
            "Set tie_word_embeddings to true and leave the second table out, if the model was trained with one.",
            evidence: [("input", input.Name), ("output", output.Name), ("values", output.ElementCount), ("sizeBytes", output.SizeBytes)]);
    }
}

/// <summary>Whether two tensors hold the same bytes.</summary>
internal static class EqualBytes
{
    public static bool Of(CheckSubject subject, TensorInfo first, TensorInfo second)
    {
        const int BytesAtOnce = 1 << 20;
        if (first.TypeName != second.TypeName || !first.Shape.SequenceEqual(second.Shape))
            return false;
        var a = subject.Weights.Value!.Bytes(first.Name);
        var b = subject.Weights.Value.Bytes(second.Name);
        bool equal = a.Length == b.Length;
        for (long at = 0; equal && at < a.Length; at += BytesAtOnce)
        {
            int length = (int)Math.Min(BytesAtOnce, a.Length - at);
            equal = a.Span(at, length).SequenceEqual(b.Span(at, length));
        }

        GC.KeepAlive(a);
        GC.KeepAlive(b);
        return equal;
    }
}
