using System.Text.Json.Nodes;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Tokenization.PreTokenizers;

namespace Azimuth.Tokenization.Files;

/// <summary>A GGUF vocabulary as tokenizer.json, as the reference library converts such models itself. What was made is tried on texts; where it encodes one otherwise it is not used.</summary>
internal static class GgufTokenizerJson
{
    private const string Prefix = "tokenizer.ggml.";

    /// <summary>The document, or why there is none.</summary>
    public static (JsonObject? Json, string? Problem) Create(GgufFile file)
    {
        string kind = file.Metadata.GetString(Prefix + "model");
        Tokenizer original = Tokenizer.FromGguf(file);
        string[] tokens = file.Metadata.GetArray(Prefix + "tokens").ToStrings();
        PieceKind[] kinds = file.Metadata.FindArray(Prefix + "token_type") is { } stored ? [.. stored.ToInt32s().Select(number => (PieceKind)number)] : [.. tokens.Select(_ => PieceKind.Normal)];
        var vocabulary = new JsonObject();
        for (int id = 0; id < tokens.Length; id++)
        {
            if (kinds[id] != PieceKind.Unused && !vocabulary.TryAdd(tokens[id], id))
                return (null, $"its vocabulary has the token \"{VisibleText.Show(tokens[id])}\" twice");
        }

        JsonObject? json = kind switch
        {
            "gpt2" => ByteLevel(file, vocabulary),
            "llama" => SentencePiece(file, vocabulary, tokens, kinds),
            _ => null,
        };
        if (json is null)
            return (null, $"tokenizer.json has no form here for its kind \"{VisibleText.Show(kind)}\" with the splitting \"{VisibleText.Show(file.Metadata.FindString(Prefix + "pre") ?? "")}\"");
        json["added_tokens"] = new JsonArray([.. Enumerable.Range(0, tokens.Length).Where(id => kinds[id] is PieceKind.Control or PieceKind.Unknown or PieceKind.UserDefined).Select(id => Added(id, tokens[id], kinds[id]))]);
        json["post_processor"] = Template(original);
        return (json, null);
    }

    private static JsonObject Document(JsonNode? normalizer, JsonNode? preTokenizer, JsonNode decoder, JsonObject model) => new()
    {
        ["version"] = "1.0",
        ["truncation"] = null,
        ["padding"] = null,
        ["added_tokens"] = null,
        ["normalizer"] = normalizer,
        ["pre_tokenizer"] = preTokenizer,
        ["post_processor"] = null,
        ["decoder"] = decoder,
        ["model"] = model,
    };

    private static JsonObject Model(JsonObject vocabulary, IEnumerable<(string Left, string Right)> merges, string? unknown, bool isByteFallback, bool ignoresMerges) => new()
    {
        ["type"] = "BPE",
        ["dropout"] = null,
        ["unk_token"] = unknown,
        ["continuing_subword_prefix"] = null,
        ["end_of_word_suffix"] = null,
        ["fuse_unk"] = isByteFallback,
        ["byte_fallback"] = isByteFallback,
        ["ignore_merges"] = ignoresMerges,
        ["vocab"] = vocabulary,
        ["merges"] = new JsonArray([.. merges.Select(merge => new JsonArray(merge.Left, merge.Right))]),
    };

    private static JsonObject? ByteLevel(GgufFile file, JsonObject vocabulary)
    {
        string name = file.Metadata.FindString(Prefix + "pre") ?? "";
        JsonObject? split = name switch
        {
            "gpt-2" or "mpt" or "roberta-bpe" => Bytes(usesRegex: true),
            "smollm" or "starcoder" or "refact" or "command-r" => Sequence("pretokenizers", new JsonObject { ["type"] = "Digits", ["individual_digits"] = true }, Bytes(usesRegex: true)),
            "llama-bpe" => Sequence("pretokenizers", Split(Llama3Pattern.Llama3Source), Bytes(usesRegex: false)),
            "qwen2" or "deepseek-r1-qwen" => Sequence("pretokenizers", Split(Llama3Pattern.Qwen2Source), Bytes(usesRegex: false)),
            _ => null,
        };
        if (split is null)
            return null;
        // A blank separates the two parts of a merge; the byte alphabet has none of its own.
        var merges = file.Metadata.GetArray(Prefix + "merges").ToStrings().Select(line => (line[..line.IndexOf(' ', 1)], line[(line.IndexOf(' ', 1) + 1)..]));
        var decoder = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = true, ["use_regex"] = true };
        return Document(null, split, decoder, Model(vocabulary, merges, null, isByteFallback: false, GgufSplit.Find(name)!.IgnoreMerges));
    }

    private static JsonObject SentencePiece(GgufFile file, JsonObject vocabulary, string[] tokens, PieceKind[] kinds)
    {
        bool addsBlank = file.Metadata.FindBool(Prefix + "add_space_prefix") ?? true;
        JsonObject replace = new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = " " }, ["content"] = "▁" };
        JsonObject normalizer = addsBlank ? Sequence("normalizers", new JsonObject { ["type"] = "Prepend", ["prepend"] = "▁" }, replace) : replace;
        JsonObject back = new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = "▁" }, ["content"] = " " };
        JsonObject[] decoders = [back, new() { ["type"] = "ByteFallback" }, new() { ["type"] = "Fuse" }];
        if (addsBlank)
            decoders = [.. decoders, new() { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 }];
        int unknown = Array.IndexOf(kinds, PieceKind.Unknown);
        float[] scores = file.Metadata.GetArray(Prefix + "scores").ToSingles();
        return Document(normalizer, null, Sequence("decoders", decoders), Model(
            vocabulary, Merges(vocabulary, tokens, kinds, scores), unknown < 0 ? null : tokens[unknown], kinds.Contains(PieceKind.Byte), ignoresMerges: false));
    }

    /// <summary>Every way to make a piece from two others, pieces of higher score first; of one piece's ways those with lower ids, as the reference library orders them. llama.cpp merges pieces of
    /// any kind: Gemma's runs of blanks are user-defined.</summary>
    private static IEnumerable<(string Left, string Right)> Merges(JsonObject vocabulary, string[] tokens, PieceKind[] kinds, float[] scores)
    {
        var ids = tokens.Select((token, id) => (token, id)).Where(piece => kinds[piece.id] is PieceKind.Normal or PieceKind.UserDefined).ToDictionary(piece => piece.token, piece => piece.id, StringComparer.Ordinal);
        foreach (int id in ids.Values.Order().OrderByDescending(id => scores[id]))
        {
            string token = tokens[id];
            List<(int Left, int Right)> ways = [];
            for (int cut = 1; cut < token.Length; cut++)
            {
                if (ids.TryGetValue(token[..cut], out int left) && ids.TryGetValue(token[cut..], out int right))
                    ways.Add((left, right));
            }

            foreach (var (left, right) in ways.Order())
                yield return (tokens[left], tokens[right]);
        }
    }

    private static JsonObject Bytes(bool usesRegex) => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = usesRegex };

    private static JsonObject Split(string regex) => new() { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = regex }, ["behavior"] = "Isolated", ["invert"] = false };

    private static JsonObject Sequence(string parts, params JsonObject[] members) => new() { ["type"] = "Sequence", [parts] = new JsonArray(members) };

    private static JsonObject Added(int id, string text, PieceKind kind) => new()
    {
        ["id"] = id,
        ["content"] = text,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = kind != PieceKind.UserDefined,
    };

    /// <summary>The tokens put before and after a text, or null where there are none.</summary>
    private static JsonObject? Template(Tokenizer tokenizer)
    {
        if (tokenizer.TokensBefore.Count + tokenizer.TokensAfter.Count == 0)
            return null;
        JsonObject Token(int id) => new() { ["SpecialToken"] = new JsonObject { ["id"] = tokenizer.Token(id), ["type_id"] = 0 } };
        JsonObject Text(string name) => new() { ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = 0 } };
        JsonObject[] Around(string name) => [.. tokenizer.TokensBefore.Select(Token), Text(name), .. tokenizer.TokensAfter.Select(Token)];
        var special = new JsonObject();
        foreach (int id in tokenizer.TokensBefore.Concat(tokenizer.TokensAfter).Distinct())
            special[tokenizer.Token(id)!] = new JsonObject { ["id"] = tokenizer.Token(id), ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(tokenizer.Token(id)) };
        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray(Around("A")),
            ["pair"] = new JsonArray([.. Around("A"), .. Around("B")]),
            ["special_tokens"] = special,
        };
    }
}
