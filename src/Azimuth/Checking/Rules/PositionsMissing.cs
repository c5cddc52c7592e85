using Azimuth.Transformers;

namespace Azimuth.Checking.Rules;

/// <summary>The model adds a learned row at each position, and there is no such table: without it a text is a bag of words.</summary>
internal static class PositionsMissing
{
    public static CheckRule Rule { get; } = new("AZ503", "The table of positions is missing", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Weights.Value is null)
            return RuleVerdict.CannotRun(subject.Weights.Reason("weights"));
        if (subject.Read.Value is not { } read)
            return RuleVerdict.CannotRun(subject.Read.Reason("configuration"));
        if (read.Config.Embedding.Positions is not { Kind: PositionTableKind.Learned })
            return RuleVerdict.CannotRun("the model has no table of positions");
        string name = $"{read.Prefix}{read.Names.PositionEmbedding}.weight";
        return TableFinder.PositionTensor(subject) is not null ? RuleVerdict.Nothing : Rule.Find(
            $"The model adds a learned row at each of {Words.Many(read.Config.ContextLength, "position")}, but the checkpoint has no {name}.",
            "The checkpoint is incomplete: take it again. Without positions the model cannot tell the order of words.",
            evidence: [("missing", name), ("contextLength", read.Config.ContextLength)]);
    }
}
