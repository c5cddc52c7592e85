using Azimuth.Checkpoints;
using Azimuth.Transformers;
using Azimuth.Transformers.Weights;

namespace Azimuth.Checking.Rules;

/// <summary>Tensors of another shape than the configuration says. Tables that differ in their number of rows alone have rules of their own.</summary>
internal static class TensorsMisshapen
{
    public static CheckRule Rule { get; } = new("AZ005", "Tensors have another shape than the configuration says", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Weights.Value is not { } weights)
            return RuleVerdict.CannotRun(subject.Weights.Reason("weights"));
        if (subject.Read.Value is not { } read)
            return RuleVerdict.CannotRun(subject.Read.Reason("configuration"));
        (PlannedTensor Asked, TensorInfo Found)[] wrong =
        [
            .. read.Plan.Select(asked => (Asked: asked, Found: weights.Find(asked.Name)!))
                .Where(pair => pair.Found is not null && !pair.Found.Shape.SequenceEqual(pair.Asked.Shape) && !OnlyRowsOfATable(pair.Asked, pair.Found)),
        ];
        if (wrong.Length == 0)
            return RuleVerdict.Nothing;
        var (first, found) = wrong[0];
        return Rule.Find(
            $"{Words.Many(wrong.Length, "tensor")} {Words.Have(wrong.Length)} another shape than the configuration says; the first is {first.Name}, expected [{string.Join(", ", first.Shape)}], found {found.ShapeText}.",
            "Check the sizes in config.json: it may belong to another model of the family.",
            evidence:
            [
                ("misshapen", wrong.Take(Words.Shown).Select(pair => new { pair.Asked.Name, Expected = pair.Asked.Shape, Found = pair.Found.Shape }).ToArray()),
                ("misshapenCount", wrong.Length), ("file", weights.Path),
            ]);
    }

    private static bool OnlyRowsOfATable(PlannedTensor asked, TensorInfo found) =>
        asked.Part is ModelPart.TokenTable or ModelPart.Positions or ModelPart.Output && asked.Shape.Count == 2 && found.Shape.Count == 2 && asked.Shape[1] == found.Shape[1];
}
