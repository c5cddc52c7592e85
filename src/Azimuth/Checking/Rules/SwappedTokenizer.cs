namespace Azimuth.Checking.Rules;

/// <summary>
/// The tokenizer is another model's, whatever its size. Short texts are run as the tokenizer reads them, and with the vocabulary permuted. A trained model predicts its own tokenizer's
/// ids far better than permuted ones; with another tokenizer the ids mean nothing to it, and it is sure of the wrong ones: both are far worse than guessing. An untrained model is no
/// better on either, but not sure of anything: its loss is near ln(vocabulary), and so is its entropy. Of it nothing is said.
/// </summary>
internal static class SwappedTokenizer
{
    /// <summary>Share of ln(vocabulary) by which a text must be predicted better than its permutation.</summary>
    private const double LeastGain = 0.15;

    /// <summary>Share of ln(vocabulary) by which a loss must exceed it; untrained models lie within a tenth of it.</summary>
    private const double WorseThanGuessing = 1.15;

    /// <summary>Share of ln(vocabulary) below which predictions are those of a trained model.</summary>
    private const double Sure = 0.85;

    public static CheckRule Rule { get; } = new("AZ701", "The tokenizer is another model's", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (TrialRun.WhyNot(subject) is { } reason)
            return RuleVerdict.CannotRun(reason);
        if (subject.Run.Value is not { Texts.Count: > 0 } run)
            return RuleVerdict.CannotRun("the model does not run");
        double guess = run.UniformLossNats;
        bool knowsNothing = run.Texts.All(t => t.LossNats > WorseThanGuessing * guess && t.ShuffledLossNats - t.LossNats < LeastGain * guess);
        if (!knowsNothing || run.EntropyNats > Sure * guess)
            return RuleVerdict.Nothing;
        TextTrial text = run.Texts[0];
        return Rule.Find(
            $"The model predicts {text.Name} far worse than by guessing: {Words.Three(text.LossNats)} nats a token, ln of the vocabulary is {Words.Three(run.UniformLossNats)}, and with a shuffled vocabulary it is {Words.Three(text.ShuffledLossNats)}. "
                + "Sure of what it predicts, it has been trained, but not on these ids.",
            "Use the tokenizer that was published with this checkpoint; if it is that one, the weights are damaged.",
            evidence:
            [
                ("texts", run.Texts), ("uniformLossNats", run.UniformLossNats), ("entropyNats", run.EntropyNats),
                ("tokenizer", subject.Tokenizer.Value!.Source), ("tokenizerClass", subject.TokenizerConfig.Value?.Text("tokenizer_class") ?? ""),
                ("architecture", subject.Read.Value!.Config.Architecture),
            ]);
    }
}
