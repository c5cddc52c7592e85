using Azimuth.Transformers;
using Azimuth.Transformers.Weights;

namespace Azimuth.Checking.Rules;

/// <summary>vocab_size and a table's number of rows differ.</summary>
internal static class VocabularySize
{
    public static CheckRule Rule { get; } = new("AZ108", "vocab_size differs from the table", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Weights.Value is not { } weights)
            return RuleVerdict.CannotRun(subject.Weights.Reason("weights"));
        if (subject.Read.Value is not { } read)
            return RuleVerdict.CannotRun(subject.Read.Reason("configuration"));
        var findings = new List<Finding>();
        foreach (PlannedTensor table in read.Plan.Where(t => t.Part is ModelPart.TokenTable or ModelPart.Output && t.Shape.Count == 2))
        {
            if (weights.Find(table.Name) is not { Shape.Count: 2 } found || found.Shape[1] != table.Shape[1] || found.Shape[0] == table.Shape[0])
                continue;
            findings.Add(Rule.Find(
                $"vocab_size is {Words.Count(read.Config.VocabSize)}, the table {table.Name} has {Words.Count(found.Shape[0])} rows.",
                "Set vocab_size to the number of rows if the table is right; otherwise config.json or the checkpoint is another model's.",
                evidence: [("vocabSize", read.Config.VocabSize), ("rows", found.Shape[0]), ("tensor", table.Name)]));
        }

        return findings;
    }
}
