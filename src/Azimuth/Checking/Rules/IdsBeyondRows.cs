using Azimuth.Tokenization;

namespace Azimuth.Checking.Rules;

/// <summary>Ids of the tokenizer's own vocabulary that have no row: encoding such a text ends in an error, or in memory that is not the table.</summary>
internal static class IdsBeyondRows
{
    public static CheckRule Rule { get; } = new("AZ102", "Token ids beyond the table", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Tokenizer.Value is not { } tokenizer)
            return RuleVerdict.CannotRun(subject.Tokenizer.Reason("tokenizer"));
        if (subject.Input.Value is not { } table)
            return RuleVerdict.CannotRun(subject.Input.Reason("token table"));
        int[] beyond = [.. OwnIds(tokenizer).Where(id => id >= table.Count)];
        return beyond.Length == 0 ? RuleVerdict.Nothing : Rule.Find(
            $"The tokenizer has {Words.Count(tokenizer.VocabSize)} ids, the table {table.Tensor} has {Words.Count(table.Count)} rows: ids {Words.Ids(beyond)} have no row.",
            "Use the tokenizer that was published with this checkpoint; if the vocabulary was extended, resize the table before using it.",
            evidence:
            [
                ("tokenizerIds", tokenizer.VocabSize), ("rows", table.Count), ("beyond", beyond.Length), ("tokens", Words.Tokens(subject, beyond)),
                ("tensor", table.Tensor), ("tokenizer", tokenizer.Source),
            ]);
    }

    /// <summary>Ids that are not those of tokens added to the vocabulary.</summary>
    private static IEnumerable<int> OwnIds(Tokenizer tokenizer)
    {
        HashSet<int> added = [.. tokenizer.Parts.AddedTokens.Select(t => t.Id)];
        return Enumerable.Range(0, tokenizer.VocabSize).Where(id => tokenizer.Token(id) is not null && !added.Contains(id));
    }
}
