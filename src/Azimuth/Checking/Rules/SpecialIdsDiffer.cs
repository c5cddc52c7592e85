using Azimuth.Tokenization;

namespace Azimuth.Checking.Rules;

/// <summary>The model's special ids are other tokens in the tokenizer than the tokenizer's own.</summary>
internal static class SpecialIdsDiffer
{
    public static CheckRule Rule { get; } = new("AZ602", "Special ids are other tokens in the tokenizer", Severity.Warning, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Tokenizer.Value is not { } tokenizer)
            return RuleVerdict.CannotRun(subject.Tokenizer.Reason("tokenizer"));
        IReadOnlyList<SpecialId> ids = [.. SpecialIds.Of(subject).Where(s => s.Id >= 0 && s.Id < tokenizer.VocabSize)];
        if (ids.Count == 0)
            return RuleVerdict.CannotRun("no file names special ids");
        var findings = new List<Finding>();
        // Some tokenizers name no markers at all, and then no id can be shown not to be one.
        if (tokenizer.Parts.AddedTokens.Any(t => t.IsSpecial))
            findings.AddRange(ids.Where(s => !IsMarker(tokenizer, (int)s.Id)).Select(s => Ordinary(subject, s)));
        SpecialId[] ends = [.. ids.Where(s => s.Role == "eos")];
        if (Named(subject, "eos_token") is { } end && tokenizer.Id(end) is { } endId && ends.Length > 0 && ends.All(s => s.Id != endId))
            findings.Add(Differs(subject, ends[0], endId, "generation does not end where the tokenizer ends a text"));
        if (tokenizer.AddsBeginToken && ids.FirstOrDefault(s => s.Role == "bos") is { } begin && begin.Id != tokenizer.BeginId)
            findings.Add(Differs(subject, begin, tokenizer.BeginId!.Value, "texts begin with another token than the model was told"));
        return findings;
    }

    private static bool IsMarker(Tokenizer tokenizer, int id) =>
        tokenizer.Parts.AddedTokens.Any(t => t.Id == id) || id == tokenizer.UnknownId || tokenizer.Token(id) is ['<', .., '>'] or ['[', .., ']'];

    private static Finding Ordinary(CheckSubject subject, SpecialId s) => Rule.Find(
        $"{s.Key} in {s.File} is {s.Id}, which is {Words.Token(subject, (int)s.Id)} in the tokenizer: a piece of text, not a marker.",
        "Use the tokenizer that was published with this checkpoint, or correct the id.",
        evidence: [("file", s.File), ("key", s.Key), ("id", s.Id), ("token", Words.Tokens(subject, [(int)s.Id])[0])]);

    private static Finding Differs(CheckSubject subject, SpecialId s, int own, string consequence) => Rule.Find(
        $"{s.Key} in {s.File} is {Words.Token(subject, (int)s.Id)}, the tokenizer's is {Words.Token(subject, own)}: {consequence}.",
        "Make the two agree; a list of ids in generation_config.json may hold both.",
        evidence: [("file", s.File), ("key", s.Key), ("token", Words.Tokens(subject, [(int)s.Id])[0]), ("tokenizerToken", Words.Tokens(subject, [own])[0])]);

    /// <summary>Only what tokenizer_config.json says: where it says nothing the tokenizer takes the model's own id.</summary>
    private static string? Named(CheckSubject subject, string key) => subject.TokenizerConfig.Value?.Find(key) switch
    {
        { ValueKind: System.Text.Json.JsonValueKind.String } text => text.GetString(),
        { ValueKind: System.Text.Json.JsonValueKind.Object } token when token.TryGetProperty("content", out var content) && content.ValueKind == System.Text.Json.JsonValueKind.String => content.GetString(),
        _ => null,
    };
}
