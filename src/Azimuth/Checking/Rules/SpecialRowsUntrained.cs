namespace Azimuth.Checking.Rules;

/// <summary>
/// Markers that a model is given, or is expected to give, whose rows were never trained. One that is put into every prompt is a warning: the model reads a
/// meaningless vector. One that only ends a text is a note: the model does not end by itself.
/// </summary>
internal static class SpecialRowsUntrained
{
    public static CheckRule Rule { get; } = new("AZ301", "A special token's row was never trained", Severity.Warning, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Tokenizer.Value is not { } tokenizer)
            return RuleVerdict.CannotRun(subject.Tokenizer.Reason("tokenizer"));
        if (subject.Input.Value is not { } input)
            return RuleVerdict.CannotRun(subject.Input.Reason("token table"));
        int[] template = [.. ChatTemplates.Markers(subject).Select(tokenizer.Id).OfType<int>()];
        int[] read = [.. tokenizer.TokensBefore.Concat(tokenizer.TokensAfter).Concat(template).Where(id => id < input.Count).Distinct()];
        int[] end = [.. SpecialIds.Of(subject).Where(s => s.Role == "eos" && s.Id >= 0 && s.Id < input.Count).Select(s => (int)s.Id).Concat(tokenizer.EndId is { } id ? [id] : []).Distinct()];
        UntrainedRows inputs = subject.Untrained!;
        TableRows output = subject.Read.Value is { Config.Output.Tied: false } && subject.Output.Value is { } own && own.Count == input.Count ? own : input;
        UntrainedRows outputs = ReferenceEquals(output, input) ? inputs : UntrainedRows.Of(subject, output);
        return new List<Finding>(
        [
            .. read.Select(token => Found(subject, token, input, inputs, "The text or chat template puts it before the model, which reads a vector without meaning.", Severity.Warning)).OfType<Finding>(),
            .. end.Except(read).Where(token => token < output.Count).Select(token => Found(subject, token, output, outputs, "It should end a text; the model has not learned to give it, so that generation ends only at its limit.", Severity.Note)).OfType<Finding>(),
        ]);
    }

    private static Finding? Found(CheckSubject subject, int id, TableRows table, UntrainedRows rows, string consequence, Severity severity) => rows.SignOf(id) is not { } sign ? null : Rule.Find(
        $"The row of {Words.Token(subject, id)} in {table.Tensor} {sign}. {consequence}",
        "Train on texts that hold the token, or do not use it: take another token for that role, or none.",
        severity,
        ("token", Words.Tokens(subject, [id])[0]), ("sign", sign), ("norm", table.Norms[id]), ("referenceRows", rows.ReferenceRows), ("tensor", table.Tensor));
}
