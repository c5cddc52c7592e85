using Azimuth.Transformers;

namespace Azimuth.Checking.Rules;

/// <summary>The context that the config states and the table of positions differ.</summary>
internal static class PositionCount
{
    public static CheckRule Rule { get; } = new("AZ501", "The context length differs from the table of positions", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Read.Value is not { } read)
            return RuleVerdict.CannotRun(subject.Read.Reason("configuration"));
        if (read.Config.Embedding.Positions is not { Kind: PositionTableKind.Learned } positions)
            return RuleVerdict.CannotRun("the model has no table of positions");
        if (TableFinder.PositionTensor(subject) is not { Shape.Count: 2 } table || table.Shape[0] == positions.Rows || table.Shape[1] != read.Config.ModelDim)
            return RuleVerdict.Nothing;
        string offset = positions.Offset == 0 ? "" : $" and {positions.Offset} rows before the first position";
        return Rule.Find(
            $"The configuration states {Words.Many(read.Config.ContextLength, "position")}{offset}, the table {table.Name} has {Words.Count(table.Shape[0])} rows.",
            "Set the context length in config.json (n_positions, max_position_embeddings) to what the table holds; if the table was cut or stretched, it needs training.",
            evidence: [("contextLength", read.Config.ContextLength), ("offset", positions.Offset), ("rowsExpected", positions.Rows), ("rows", table.Shape[0]), ("tensor", table.Name)]);
    }
}
