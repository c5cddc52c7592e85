namespace Azimuth.Checking.Rules;

/// <summary>A sentence encoder opened as a language model: its texts' vectors are pooled outputs, not rows of its table.</summary>
internal static class SentenceEncoder
{
    private static readonly string[] Signs = ["modules.json", "config_sentence_transformers.json", "sentence_bert_config.json", Path.Combine("1_Pooling", "config.json")];

    public static CheckRule Rule { get; } = new("AZ904", "A sentence encoder, not a language model", Severity.Warning, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.IsTable)
            return RuleVerdict.CannotRun("a table has no pooling");
        string[] signs = subject.Gguf is { } gguf
            ? [.. gguf.Metadata.Select(m => m.Key).Where(k => k.EndsWith(".pooling_type", StringComparison.Ordinal) && gguf.Metadata.FindInt32(k) > 0)]
            : [.. Signs.Where(sign => File.Exists(Path.Combine(subject.Folder, sign)))];
        return signs.Length == 0 ? RuleVerdict.Nothing : Rule.Find(
            $"This is a sentence encoder ({Words.Few(signs)}): it was trained so that pooled outputs of whole texts are near each other. Its token table is no table of meanings, and its next-token predictions mean nothing.",
            "Search texts by the encoder's pooled output; for tables and next tokens open a language model.",
            evidence: [("signs", signs)]);
    }
}
