using System.Globalization;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Tokenization.AddedTokens;
using Azimuth.Tokenization.Models;
using Azimuth.Tokenization.PreTokenizers;

namespace Azimuth.Tokenization.Files;

/// <summary>
/// Writes a tokenizer as the metadata that GGUF's readers look for (<c>tokenizer.ggml.*</c>), the reverse of <see cref="GgufTokenizer"/>. What was written is read again and has to
/// encode and decode like the original; a tokenizer for which it does not is left out, with a remark.
/// </summary>
internal static class GgufTokenizerWriter
{
    private const string Prefix = "tokenizer.ggml.";

    /// <summary>Texts that must come out the same: blanks, digits, capitals, contractions, accents, scripts without blanks, emoji, line ends.</summary>
    private static readonly string[] Samples =
    [
        "", " ", "Hello world", "  two  blanks and\ttabs\n\n\r\nlines ", "I'll don't we've O'Neil's DON'T", "1 12 123 1234567890 3.14159 2²",
        "def f(x):\n    return x ** 2  # why?\n", "Zoë naïve façade Straße ŁÓDŹ", "Привет, мир! 日本語のテキスト 안녕하세요 مرحبا", "👩‍👩‍👧 🇫🇷 🙂", "<|endoftext|></s><s>", "a\u0000b\u007f",
    ];

    /// <summary>Adds the keys, or says why it does not.</summary>
    /// <param name="keys">Where they go.</param>
    /// <param name="folder">Whose files are read.</param>
    /// <param name="tokenizer">The tokenizer, or null.</param>
    /// <param name="rows">Rows of the token table; there must be a token for each.</param>
    public static string? Write(GgufKeys keys, ModelFolder folder, Tokenizer? tokenizer, int rows)
    {
        string? problem = tokenizer is null ? "the model has no tokenizer" : tokenizer.VocabSize > rows ? "the tokenizer has more tokens than the table has rows" : null;
        if (problem is null)
        {
            var written = new GgufKeys();
            problem = Add(written, folder, tokenizer!, rows);
            Tokenizer? read = problem is null ? Read(written, out problem) : null;
            if (read is not null && Differs(tokenizer!, read) is { } text)
                problem = $"GGUF's form of it would encode \"{VisibleText.Show(text)}\" otherwise";
            if (problem is null)
            {
                Add(keys, folder, tokenizer!, rows);
                return Unsaid(tokenizer!, read!) is { } unsaid
                    ? $"GGUF has no place for all that the tokenizer does with blanks beside special tokens and with Unicode's forms: \"{VisibleText.Show(unsaid)}\" is encoded otherwise by the file's vocabulary"
                    : null;
            }
        }

        keys.Set(Prefix + "model", "no_vocab");
        return $"written without a vocabulary: {problem}";
    }

    private static string? Add(GgufKeys keys, ModelFolder folder, Tokenizer tokenizer, int rows)
    {
        if (tokenizer.Parts.Model is WordPieceModel)
        {
            AddWordPiece(keys, tokenizer, rows);
            return null;
        }

        string json = Path.Combine(folder.TokenizerFolder, "tokenizer.json"), merges = Path.Combine(folder.TokenizerFolder, "merges.txt");
        JsonElement? document = File.Exists(json) ? Open(json) : null;
        bool hasBytes = tokenizer.Id("<0x0A>") is not null && tokenizer.Id("Ċ") is null;
        IReadOnlyList<string>? lines = document is { } root ? MergeLines(root) : File.Exists(merges) ? TextLines(merges) : null;
        if (lines is null)
            return tokenizer.Parts.Model is BpeModel ? "its merges are not in tokenizer.json or merges.txt" : "only BPE and WordPiece are written in GGUF's form";
        string? split = hasBytes ? null : document is { } element ? SplitName(element) : "gpt-2";
        if (!hasBytes && split is null)
            return "GGUF has no name for how it splits text before merging";
        keys.Set(Prefix + "model", hasBytes ? "llama" : "gpt2");
        if (split is not null)
            keys.Set(Prefix + "pre", split);
        string[] tokens = [.. Enumerable.Range(0, rows).Select(id => tokenizer.Token(id) ?? string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]"))];
        keys.Set(Prefix + "tokens", tokens);
        PieceKind[] kinds = Kinds(tokenizer, rows, hasBytes);
        keys.Set(Prefix + "token_type", [.. kinds.Select(kind => (int)kind)]);
        if (hasBytes)
            keys.Set(Prefix + "scores", Scores(tokenizer, lines, kinds));
        if (!hasBytes)
            keys.Set(Prefix + "merges", lines);
        SetRoles(keys, tokenizer);
        if (hasBytes)
            keys.Set(Prefix + "add_space_prefix", tokenizer.Encode("a", addSpecialTokens: false).Tokens is [var first, ..] && first.StartsWith('▁'));
        ChatTemplates.Write(keys, folder.TokenizerFolder);
        return null;
    }

    /// <summary>BERT's: a word's beginning has the blank mark in front, its continuation nothing (llama.cpp's converter, "phantom space").</summary>
    private static void AddWordPiece(GgufKeys keys, Tokenizer tokenizer, int rows)
    {
        PieceKind[] kinds = Kinds(tokenizer, rows, hasBytes: false);
        string Spelling(int id) => tokenizer.Token(id) switch
        {
            null => string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]"),
            { } token when kinds[id] == PieceKind.Control => token,
            ['#', '#', .. var rest] => rest,
            { } token => "▁" + token,
        };
        keys.Set(Prefix + "model", "bert");
        keys.Set(Prefix + "tokens", (IReadOnlyList<string>)[.. Enumerable.Range(0, rows).Select(Spelling)]);
        keys.Set(Prefix + "token_type", [.. kinds.Select(kind => (int)kind)]);
        int? begin = tokenizer.TokensBefore is [var first, ..] ? first : null, end = tokenizer.TokensAfter is [var last, ..] ? last : null;
        // The third role is misspelt in the format.
        foreach (var (name, id) in new[] { ("bos", begin), ("cls", begin), ("seperator", end), ("eos", end), ("unknown", tokenizer.UnknownId), ("padding", tokenizer.PadId), ("mask", tokenizer.Id("[MASK]")) })
        {
            if (id is { } known)
                keys.Set($"{Prefix}{name}_token_id", (uint)known);
        }
    }

    private static void SetRoles(GgufKeys keys, Tokenizer tokenizer)
    {
        void Role(string name, int? id)
        {
            if (id is { } value)
                keys.Set($"{Prefix}{name}_token_id", (uint)value);
        }

        Role("bos", tokenizer.BeginId);
        Role("eos", tokenizer.EndId);
        Role("unknown", tokenizer.UnknownId);
        Role("padding", tokenizer.PadId);
        keys.Set(Prefix + "add_bos_token", tokenizer.AddsBeginToken);
        keys.Set(Prefix + "add_eos_token", tokenizer.AddsEndToken);
    }

    private static PieceKind[] Kinds(Tokenizer tokenizer, int rows, bool hasBytes)
    {
        var added = tokenizer.Parts.AddedTokens.GroupBy(token => token.Id).ToDictionary(same => same.Key, same => same.First());
        PieceKind Kind(int id) => tokenizer.Token(id) switch
        {
            null => PieceKind.Unused,
            _ when hasBytes && id == tokenizer.UnknownId => PieceKind.Unknown,
            _ when added.TryGetValue(id, out var found) => found.IsSpecial ? PieceKind.Control : PieceKind.UserDefined,
            { Length: 6 } token when hasBytes && token.StartsWith("<0x", StringComparison.Ordinal) && token[^1] == '>' => PieceKind.Byte,
            _ => PieceKind.Normal,
        };

        return [.. Enumerable.Range(0, rows).Select(Kind)];
    }

    /// <summary>
    /// SentencePiece's files have scores in place of merges, a higher one merging earlier. A token's first merge is the one it was learnt by, so its rank, falling, is
    /// a score of the same order.
    /// </summary>
    private static float[] Scores(Tokenizer tokenizer, IReadOnlyList<string> lines, PieceKind[] kinds)
    {
        var scores = new float[kinds.Length];
        var isMerged = new bool[kinds.Length];
        for (int rank = 0; rank < lines.Count; rank++)
        {
            if (tokenizer.Id(lines[rank].Replace(" ", "", StringComparison.Ordinal)) is not { } id || id >= kinds.Length || isMerged[id])
                continue;
            (scores[id], isMerged[id]) = (-rank, true);
        }

        for (int id = 0; id < kinds.Length; id++)
        {
            // Single characters are never merged; any score below all others will do.
            if (!isMerged[id] && kinds[id] is PieceKind.Normal)
                scores[id] = -lines.Count - 1;
            else if (kinds[id] is PieceKind.Unused)
                scores[id] = -1e6f;
        }

        return scores;
    }

    private static Tokenizer? Read(GgufKeys keys, out string? problem)
    {
        try
        {
            problem = null;
            return Tokenizer.FromGguf(GgufWriter.InMemory(keys));
        }
        catch (CheckpointFormatException damage)
        {
            problem = damage.Message;
            return null;
        }
    }

    /// <summary>
    /// A text that shows what the format cannot say, or null: added tokens that take blanks along or want words' ends beside them, and normal forms, which llama.cpp's own
    /// converter leaves out as well. What they change is rare enough for the vocabulary to be of use without.
    /// </summary>
    private static string? Unsaid(Tokenizer original, Tokenizer written)
    {
        string[] contexts = ["a {0} b", "a\n{0}\nb", "a{0}b"];
        IEnumerable<string> texts = contexts.SelectMany(context => original.Parts.AddedTokens.Select(token => string.Format(CultureInfo.InvariantCulture, context, token.Content)));
        return Differing(["Zoe\u0308 nai\u0308ve A\u030A", "\uFB01 \u00BD \uFF21", .. texts], original, written);
    }

    /// <summary>A text that the second tokenizer encodes otherwise than the first, or null: all samples and every seventh token are tried.</summary>
    public static string? Differs(Tokenizer original, Tokenizer other)
    {
        IEnumerable<string> texts = Samples.Concat(Enumerable.Range(0, original.VocabSize).Where(id => id % 7 == 0).Select(id => "x" + original.TokenText(id)));
        return Differing(texts, original, other);
    }

    private static string? Differing(IEnumerable<string> texts, Tokenizer one, Tokenizer other) =>
        texts.FirstOrDefault(text => !one.Encode(text).Ids.AsSpan().SequenceEqual(other.Encode(text).Ids));

    private static JsonElement Open(string path)
    {
        using JsonDocument document = JsonDocument.Parse(SmallFile.ReadBytes(path));
        return document.RootElement.Clone();
    }

    private static string[]? MergeLines(JsonElement root)
    {
        if (!root.GetProperty("model").TryGetProperty("merges", out JsonElement merges) || merges.ValueKind != JsonValueKind.Array)
            return null;
        return [.. merges.EnumerateArray().Select(merge => merge.ValueKind == JsonValueKind.String ? merge.GetString()! : $"{merge[0].GetString()} {merge[1].GetString()}")];
    }

    private static string[] TextLines(string path) =>
        [.. SmallFile.ReadText(path).Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal))];

    /// <summary>The name under which GGUF knows a pre-tokenizer; see <see cref="GgufSplit"/>.</summary>
    private static string? SplitName(JsonElement root)
    {
        if (!root.TryGetProperty("pre_tokenizer", out JsonElement pre) || pre.ValueKind != JsonValueKind.Object)
            return null;
        bool Is(JsonElement part, string type) => part.TryGetProperty("type", out JsonElement found) && found.GetString() == type;
        bool Flag(JsonElement part, string name, bool otherwise) => part.TryGetProperty(name, out JsonElement found) ? found.ValueKind == JsonValueKind.True : otherwise;
        bool IsBytes(JsonElement part, bool regex) => Is(part, "ByteLevel") && !Flag(part, "add_prefix_space", true) && Flag(part, "use_regex", true) == regex;
        if (IsBytes(pre, regex: true))
            return "gpt-2";
        if (!Is(pre, "Sequence") || !pre.TryGetProperty("pretokenizers", out JsonElement parts) || parts.GetArrayLength() != 2)
            return null;
        if (Is(parts[0], "Digits") && Flag(parts[0], "individual_digits", false) && IsBytes(parts[1], regex: true))
            return "smollm";
        if (!Is(parts[0], "Split") || !IsBytes(parts[1], regex: false) || !parts[0].TryGetProperty("pattern", out JsonElement pattern) || !pattern.TryGetProperty("Regex", out JsonElement regex))
            return null;
        return regex.GetString() switch
        {
            Llama3Pattern.Llama3Source => "llama-bpe",
            Llama3Pattern.Qwen2Source => "qwen2",
            _ => null,
        };
    }
}
