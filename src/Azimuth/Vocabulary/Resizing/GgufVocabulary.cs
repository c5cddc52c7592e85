using System.Globalization;
using System.Text;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Tokenization.Files;
using Azimuth.Transformers;

namespace Azimuth.Vocabulary.Resizing;

/// <summary>The metadata of a GGUF file after a change of its vocabulary. Readers want a token for every row: rows without one get [PADn], unused.</summary>
internal static class GgufVocabulary
{
    private const string Prefix = "tokenizer.ggml.";

    /// <summary>All keys of the file, those changed that list tokens, ids or the number of rows.</summary>
    /// <exception cref="ArgumentException">A token that cannot go.</exception>
    public static GgufKeys Create(LanguageModel model, GgufFile file, VocabularyChange change, ResizeOptions options)
    {
        var keys = GgufKeys.From(file.Metadata);
        string rows = file.Metadata.GetString("general.architecture") + ".vocab_size";
        if (keys.Has(rows))
            keys.Set(rows, (uint)change.NewRows);
        foreach (GgufValue value in file.Metadata.Values.Where(value => value.Key.StartsWith(Prefix, StringComparison.Ordinal) && value.Key.EndsWith("_token_id", StringComparison.Ordinal)))
        {
            long id = value.AsInt64();
            if (id >= 0 && id < change.OldRows)
                keys.Set(value.Key, (uint)IdReferences.NewId((int)id, change, value.Key));
        }

        if (model.Tokenizer is not null)
            Tokens(keys, file, change, options);
        return keys;
    }

    private static void Tokens(GgufKeys keys, GgufFile file, VocabularyChange change, ResizeOptions options)
    {
        GgufArray tokens = file.Metadata.GetArray(Prefix + "tokens");
        int[] kinds = file.Metadata.FindArray(Prefix + "token_type")?.ToInt32s() ?? [.. Enumerable.Repeat((int)PieceKind.Normal, tokens.Count)];
        Removed(keys, file, change, kinds);
        int Old(int id) => change.OldIdOfNew[id] is >= 0 and var old && old < tokens.Count ? old : -1;
        Dictionary<int, string> added = change.Added.ToDictionary(token => token.Id, token => token.Text);
        byte[] Text(int id) => Old(id) is >= 0 and var old ? tokens.Utf8(old).ToArray()
            : Encoding.UTF8.GetBytes(added.TryGetValue(id, out string? text) ? text : string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]"));
        int Kind(int id) => Old(id) is >= 0 and var old ? kinds[old] : (int)(!added.ContainsKey(id) ? PieceKind.Unused : options.Special ? PieceKind.Control : PieceKind.UserDefined);
        IEnumerable<int> ids = Enumerable.Range(0, change.NewRows);
        keys.Set(Prefix + "tokens", (IReadOnlyList<byte[]>)[.. ids.Select(Text)]);
        keys.Set(Prefix + "token_type", [.. ids.Select(Kind)]);
        if (file.Metadata.FindArray(Prefix + "scores") is { } scores)
        {
            // Below every merge, as converters give added tokens.
            float[] old = scores.ToSingles();
            keys.Set(Prefix + "scores", [.. ids.Select(id => Old(id) is >= 0 and var from && from < old.Length ? old[from] : -1000f)]);
        }

        GC.KeepAlive(tokens);
    }

    /// <summary>Added tokens may go; one of the vocabulary only with the merges that make it.</summary>
    private static void Removed(GgufKeys keys, GgufFile file, VocabularyChange change, int[] kinds)
    {
        string[] tokens = file.Metadata.GetArray(Prefix + "tokens").ToStrings();
        HashSet<string> ordinary = [.. change.Removed.Where(id => id < tokens.Length && (PieceKind)kinds[id] is PieceKind.Normal or PieceKind.Byte or PieceKind.Unknown).Select(id => tokens[id])];
        if (ordinary.Count == 0)
            return;
        if (file.Metadata.FindArray(Prefix + "merges") is not { } merges)
        {
            throw new ArgumentException(
                $"--remove: \"{Tokenization.VisibleText.Show(ordinary.First())}\" cannot go: this vocabulary has scores in place of merges, and which tokens are made from it cannot be told. Only added tokens can be removed.");
        }

        string[] lines = merges.ToStrings();
        bool[] keep = MergeRules.Keep([.. lines.Select(line => (line[..line.IndexOf(' ', StringComparison.Ordinal)], line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]))], ordinary);
        keys.Set(Prefix + "merges", (IReadOnlyList<string>)[.. lines.Where((_, i) => keep[i])]);
    }
}
