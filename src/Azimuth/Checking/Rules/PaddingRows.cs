namespace Azimuth.Checking.Rules;

/// <summary>More rows than the tokenizer has ids: rows that no text names and that a model may still predict.</summary>
internal static class PaddingRows
{
    public static CheckRule Rule { get; } = new("AZ101", "Rows beyond the tokenizer's ids", Severity.Warning, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Tokenizer.Value is not { } tokenizer)
            return RuleVerdict.CannotRun(subject.Tokenizer.Reason("tokenizer"));
        if (subject.Input.Value is not { } table)
            return RuleVerdict.CannotRun(subject.Input.Reason("token table"));
        int ids = tokenizer.VocabSize, rows = table.Count, extra = rows - ids;
        if (extra <= 0)
            return RuleVerdict.Nothing;
        int multiple = Multiple(rows);
        bool deliberate = IsDeliberate(ids, rows);
        string size = $"The tokenizer has {Words.Count(ids)} ids, the table {table.Tensor} has {Words.Count(rows)} rows: ";
        return Rule.Find(
            deliberate
                ? size + $"{Words.Many(extra, "row")} pad{(extra == 1 ? "s" : "")} it to a multiple of {multiple}, as is done for speed."
                : size + $"{Words.Many(extra, "row")} {Words.Have(extra)} no token, and {Words.Count(rows)} is not a size that padding gives.",
            deliberate
                ? "Nothing need be done: leave those ids out when sampling, so that no token without a text is chosen."
                : "Check that tokenizer and checkpoint belong together; if the vocabulary was shortened, resize the table.",
            deliberate ? Severity.Note : Severity.Warning,
            ("tokenizerIds", ids), ("rows", rows), ("rowsWithoutToken", extra), ("multipleOf", multiple), ("tensor", table.Tensor), ("tokenizer", tokenizer.Source));
    }

    /// <summary>
    /// Padding rounds up to a multiple of 8 or more, usually of a power of two from 64 on; some models leave a margin beside it, a few hundred rows, for
    /// tokens to come. Both are deliberate. Thousands of spare rows, or a number that is no such multiple, are not.
    /// </summary>
    private static bool IsDeliberate(int ids, int rows)
    {
        int multiple = Multiple(rows), extra = rows - ids;
        return multiple >= 8 && (extra < multiple || (multiple >= 64 && extra <= Math.Max(64, ids / 100)));
    }

    /// <summary>The largest power of two that divides the number, up to 4096.</summary>
    private static int Multiple(int number) => Math.Min(4096, number & -number);
}
