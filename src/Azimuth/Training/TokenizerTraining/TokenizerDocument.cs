using System.Text.Json.Nodes;

namespace Azimuth.Training.TokenizerTraining;

/// <summary>A trained tokenizer as tokenizer.json, laid out as the tokenizers library writes it.</summary>
internal static class TokenizerDocument
{
    /// <summary>The document: stages as in training, roles as in the published models of each kind.</summary>
    public static JsonObject Of(TrainedTokenizer tokenizer)
    {
        (JsonNode? normalizer, JsonNode pieces, JsonNode? around, JsonNode decoder, JsonObject model) = tokenizer.Options.Model switch
        {
            TokenizerModel.Bpe => (null, Bytes(addPrefixSpace: false, trimOffsets: true), Bytes(addPrefixSpace: true, trimOffsets: false), Bytes(addPrefixSpace: true, trimOffsets: true), Bpe(tokenizer)),
            TokenizerModel.WordPiece => (Bert(tokenizer.Options.Lowercase), new JsonObject { ["type"] = "BertPreTokenizer" }, Sentences(tokenizer.Tokens),
                new JsonObject { ["type"] = "WordPiece", ["prefix"] = MergeAlphabet.Inside, ["cleanup"] = true }, WordPiece(tokenizer)),
            _ => ((JsonNode?)null, Metaspace(), (JsonNode?)null, (JsonNode)Metaspace(), Unigram(tokenizer)),
        };
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. tokenizer.Options.Special.Select((token, id) => Special(token, id))]),
            ["normalizer"] = normalizer,
            ["pre_tokenizer"] = pieces,
            ["post_processor"] = around,
            ["decoder"] = decoder,
            ["model"] = model,
        };
    }

    /// <summary>Tokens with their ids, in the order of ids.</summary>
    public static JsonObject Vocabulary(IReadOnlyList<string> tokens) => new(tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id)));

    private static JsonObject Bpe(TrainedTokenizer tokenizer) => new()
    {
        ["type"] = "BPE",
        ["dropout"] = null,
        ["unk_token"] = null,
        ["continuing_subword_prefix"] = null,
        ["end_of_word_suffix"] = null,
        ["fuse_unk"] = false,
        ["byte_fallback"] = false,
        ["ignore_merges"] = false,
        ["vocab"] = Vocabulary(tokenizer.Tokens),
        ["merges"] = new JsonArray([.. tokenizer.Merges.Select(merge => new JsonArray(tokenizer.Tokens[merge.Left], tokenizer.Tokens[merge.Right]))]),
    };

    private static JsonObject WordPiece(TrainedTokenizer tokenizer) => new()
    {
        ["type"] = "WordPiece",
        ["unk_token"] = "[UNK]",
        ["continuing_subword_prefix"] = MergeAlphabet.Inside,
        ["max_input_chars_per_word"] = 100,
        ["vocab"] = Vocabulary(tokenizer.Tokens),
    };

    private static JsonObject Unigram(TrainedTokenizer tokenizer) => new()
    {
        ["type"] = "Unigram",
        ["unk_id"] = tokenizer.Tokens.ToList().IndexOf("<unk>"),
        ["vocab"] = new JsonArray([.. tokenizer.Tokens.Zip(tokenizer.Scores).Select(piece => new JsonArray(piece.First, piece.Second))]),
        ["byte_fallback"] = false,
    };

    private static JsonObject Bytes(bool addPrefixSpace, bool trimOffsets) => new()
    {
        ["type"] = "ByteLevel",
        ["add_prefix_space"] = addPrefixSpace,
        ["trim_offsets"] = trimOffsets,
        ["use_regex"] = true,
    };

    private static JsonObject Bert(bool lowercases) => new()
    {
        ["type"] = "BertNormalizer",
        ["clean_text"] = true,
        ["handle_chinese_chars"] = true,
        ["strip_accents"] = null,
        ["lowercase"] = lowercases,
    };

    private static JsonObject Metaspace() => new() { ["type"] = "Metaspace", ["replacement"] = "▁", ["prepend_scheme"] = "always", ["split"] = true };

    /// <summary>[CLS] A [SEP], [CLS] A [SEP] B [SEP], as BERT was trained.</summary>
    private static JsonObject Sentences(IReadOnlyList<string> tokens)
    {
        JsonObject Token(string token, int type) => new() { ["SpecialToken"] = new JsonObject { ["id"] = token, ["type_id"] = type } };
        JsonObject Text(string name, int type) => new() { ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = type } };
        JsonObject Named(string token) => new() { ["id"] = token, ["ids"] = new JsonArray(tokens.ToList().IndexOf(token)), ["tokens"] = new JsonArray(token) };
        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray(Token("[CLS]", 0), Text("A", 0), Token("[SEP]", 0)),
            ["pair"] = new JsonArray(Token("[CLS]", 0), Text("A", 0), Token("[SEP]", 0), Text("B", 1), Token("[SEP]", 1)),
            ["special_tokens"] = new JsonObject { ["[CLS]"] = Named("[CLS]"), ["[SEP]"] = Named("[SEP]") },
        };
    }

    private static JsonObject Special(string token, int id) => new()
    {
        ["id"] = id,
        ["content"] = token,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = true,
    };
}
