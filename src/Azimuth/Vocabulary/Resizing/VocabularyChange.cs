using System.Text.Json.Nodes;
using Azimuth.Embeddings;
using Azimuth.Tokenization;
using Azimuth.Transformers;

namespace Azimuth.Vocabulary.Resizing;

/// <summary>Which row goes where. Row numbers and token ids are the same thing.</summary>
internal sealed class VocabularyChange
{
    private readonly int[] _newIdOfOld; // −1 for rows that go

    private VocabularyChange(int[] newIdOfOld, int[] oldIdOfNew, IReadOnlyList<TokenRef> added, IReadOnlyList<int> removed, int takenOver)
    {
        (_newIdOfOld, OldIdOfNew, Added, Removed, TakenOver) = (newIdOfOld, oldIdOfNew, added, removed, takenOver);
        Kept = [.. Enumerable.Range(0, NewRows).Where(id => OldIdOfNew[id] >= 0).Select(id => (OldIdOfNew[id], id))];
        NewIds = [.. Enumerable.Range(0, NewRows).Where(id => OldIdOfNew[id] < 0)];
        IsRenumbered = Kept.Any(pair => pair.Old != pair.New);
    }

    /// <summary>Rows before.</summary>
    public int OldRows => _newIdOfOld.Length;

    /// <summary>Rows after.</summary>
    public int NewRows => OldIdOfNew.Length;

    /// <summary>For each row afterwards the row it was, or −1 for a new one.</summary>
    public int[] OldIdOfNew { get; }

    /// <summary>New tokens.</summary>
    public IReadOnlyList<TokenRef> Added { get; }

    /// <summary>Old ids that go: those named, then rows at the end that nobody's token has.</summary>
    public IReadOnlyList<int> Removed { get; }

    /// <summary>Rows without a token that a new token took over.</summary>
    public int TakenOver { get; }

    /// <summary>True when a kept row has another number than before.</summary>
    public bool IsRenumbered { get; }

    /// <summary>Kept rows as (old, new), ascending.</summary>
    public IReadOnlyList<(int Old, int New)> Kept { get; }

    /// <summary>New rows.</summary>
    public IReadOnlyList<int> NewIds { get; }

    /// <summary>The id an old one has now; null when it went. Ids that never had a row move with those before them.</summary>
    public int? NewId(int old) => old >= OldRows ? old - Removed.Count : _newIdOfOld[old] is >= 0 and var id ? id : null;

    /// <summary>The change as a file for those who hold ids of the old model.</summary>
    public JsonObject IdMap() => new()
    {
        ["rowsBefore"] = OldRows,
        ["rowsAfter"] = NewRows,
        ["removed"] = new JsonArray([.. Removed.Select(id => (JsonNode)JsonValue.Create(id))]),
        ["newIdOfOld"] = new JsonArray([.. _newIdOfOld.Select(id => id >= 0 ? (JsonNode)JsonValue.Create(id) : null)]),
    };

    /// <summary>Works out the change.</summary>
    /// <exception cref="ArgumentException">A change that contradicts itself or the tokenizer: one sentence.</exception>
    public static VocabularyChange Plan(LanguageModel model, ResizeOptions options)
    {
        int rows = model.Config.VocabSize;
        Tokenizer? tokenizer = model.Tokenizer;
        CheckAdded(model, tokenizer, options.Add);
        int[] removed = [.. options.Remove.Distinct().Order()];
        if (removed.Length > 0 && (removed[0] < 0 || removed[^1] >= rows))
            throw new ArgumentException(FormattableString.Invariant($"--remove: expected ids from 0 to {rows - 1}, found {(removed[0] < 0 ? removed[0] : removed[^1])}."));
        int tokensBefore = tokenizer?.VocabSize ?? rows;
        List<int> kept = [.. Enumerable.Range(0, rows).Except(removed)];
        int tokens = tokensBefore - removed.Count(id => id < tokensBefore);
        int needed = tokenizer is null ? kept.Count : tokens + options.Add.Count;
        int target = Rows(options, Math.Max(kept.Count, needed), needed, tokenizer is null);
        // Rows beyond the last token are nobody's: new tokens take them over, and fewer rows may be asked for.
        int takenOver = Math.Clamp(kept.Count - tokens, 0, options.Add.Count);
        var oldIdOfNew = new int[target];
        var newIdOfOld = new int[rows];
        Array.Fill(newIdOfOld, -1);
        for (int id = 0; id < target; id++)
        {
            bool isAdded = tokenizer is not null && id >= tokens && id < tokens + options.Add.Count;
            oldIdOfNew[id] = isAdded || id >= kept.Count ? -1 : kept[id];
            if (oldIdOfNew[id] >= 0)
                newIdOfOld[oldIdOfNew[id]] = id;
        }

        if (target == 0)
            throw new ArgumentException("--remove: expected at least one row to stay, found none.");
        TokenRef[] added = [.. options.Add.Select((text, i) => new TokenRef(tokens + i, text))];
        return new VocabularyChange(newIdOfOld, oldIdOfNew, added, [.. removed, .. kept.Skip(target)], takenOver);
    }

    private static int Rows(ResizeOptions options, int least, int tokens, bool hasNoTokens)
    {
        if (options.Rows is not null && options.PadToMultiple is not null)
            throw new ArgumentException("--rows and --pad-to-multiple: expected one of them, found both.");
        if (options.Rows is { } rows)
        {
            if (rows < 1 || (!hasNoTokens && rows < tokens))
                throw new ArgumentException(FormattableString.Invariant($"--rows: expected at least {(hasNoTokens ? 1 : tokens)}, {(hasNoTokens ? "one row" : "a row for each token")}, found {rows}; remove tokens first."));
            return rows;
        }

        if (options.PadToMultiple is not { } multiple)
            return least;
        if (multiple < 1)
            throw new ArgumentException(FormattableString.Invariant($"--pad-to-multiple: expected at least 1, found {multiple}."));
        return checked((least + multiple - 1) / multiple * multiple);
    }

    private static void CheckAdded(LanguageModel model, Tokenizer? tokenizer, IReadOnlyList<string> texts)
    {
        if (texts.Count > 0 && tokenizer is null)
            throw new ArgumentException($"--add: {model.Name} has no tokenizer to add a token to; give --rows for rows alone.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            if (text.Length == 0)
                throw new ArgumentException("--add: expected a text, found an empty one.");
            if (!seen.Add(text))
                throw new ArgumentException($"--add: expected each token once, found \"{VisibleText.Show(text)}\" twice.");
            // " the" is spelled otherwise in a vocabulary, and a new token of that text would take its place in every text.
            int? known = tokenizer!.Id(text) ?? (tokenizer.EncodeIds(text, addSpecialTokens: false) is [var only] && tokenizer.TokenText(only) == text ? only : null);
            if (known is { } id)
                throw new ArgumentException(FormattableString.Invariant($"--add: \"{VisibleText.Show(text)}\" is token {id} already."));
            if (!System.Text.Unicode.Utf8.IsValid(System.Text.Encoding.UTF8.GetBytes(text)) || text.Contains('\uFFFD'))
                throw new ArgumentException($"--add: expected a text in Unicode, found \"{VisibleText.Show(text)}\".");
        }
    }
}
