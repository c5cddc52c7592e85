using Azimuth.Transformers.Weights;

namespace Azimuth.Checking.Rules;

/// <summary>The config asks for an output table of its own, the file has none: libraries fill it with random numbers.</summary>
internal static class UntiedWithOneTable
{
    public static CheckRule Rule { get; } = new("AZ202", "Untied, yet there is no output table", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Weights.Value is null)
            return RuleVerdict.CannotRun(subject.Weights.Reason("weights"));
        if (subject.Read.Value is not { } read)
            return RuleVerdict.CannotRun(subject.Read.Reason("configuration"));
        if (read.Config.Output.Tied || TableFinder.OutputTensor(subject) is not null)
            return RuleVerdict.Nothing;
        string name = TensorPlan.UnembeddingName(read.Names);
        return Rule.Find(
            $"tie_word_embeddings is false, but the checkpoint has no {name}: there is no output table.",
            "Set tie_word_embeddings to true if the model was trained with one table; otherwise the checkpoint is incomplete.",
            evidence: [("tieWordEmbeddings", false), ("missing", name)]);
    }
}
