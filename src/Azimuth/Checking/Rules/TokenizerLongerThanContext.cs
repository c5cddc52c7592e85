namespace Azimuth.Checking.Rules;

/// <summary>The tokenizer lets more tokens through than the model has positions for.</summary>
internal static class TokenizerLongerThanContext
{
    /// <summary>Libraries write 10³⁰ where no length was given.</summary>
    private const double Unbounded = 1e15;

    public static CheckRule Rule { get; } = new("AZ502", "The tokenizer's longest text exceeds the context", Severity.Warning, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Read.Value is not { } read)
            return RuleVerdict.CannotRun(subject.Read.Reason("configuration"));
        if (subject.TokenizerConfig.Value?.Number("model_max_length") is not { } length || length >= Unbounded)
            return RuleVerdict.CannotRun("no tokenizer_config.json states a longest text");
        if (length <= read.Config.LongestRun)
            return RuleVerdict.Nothing;
        return Rule.Find(
            $"model_max_length in tokenizer_config.json is {Words.Count((long)length)}, the model's context is {Words.Many(read.Config.ContextLength, "token")}: longer texts are not cut and then fail, or run beyond trained positions.",
            "Set model_max_length to the context length, or the context length to what the model was trained for.",
            evidence: [("modelMaxLength", (long)length), ("contextLength", read.Config.ContextLength)]);
    }
}
