namespace Azimuth.Checking.Rules;

/// <summary>The config ties the tables, the file holds an output table with other values: it is ignored, and the logits are not those of training.</summary>
internal static class TiedWithTwoTables
{
    public static CheckRule Rule { get; } = new("AZ201", "Tied, yet there is another output table", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Read.Value is not { } read)
            return RuleVerdict.CannotRun(subject.Read.Reason("configuration"));
        if (!read.Config.Output.Tied || TableFinder.OutputTensor(subject) is not { } output)
            return RuleVerdict.Nothing;
        if (TableFinder.InputTensor(subject) is { } input && EqualBytes.Of(subject, input, output))
            return RuleVerdict.Nothing;
        return Rule.Find(
            $"tie_word_embeddings is true, but the checkpoint holds {output.Name} {output.ShapeText} with other values than the token table: it is ignored when the model is loaded.",
            "Set tie_word_embeddings to false if the model was trained with two tables; otherwise remove the tensor.",
            evidence: [("tieWordEmbeddings", true), ("tensor", output.Name), ("shape", output.Shape)]);
    }
}
