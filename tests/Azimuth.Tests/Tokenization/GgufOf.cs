using System.Text.Json;
using Azimuth.Tokenization.Files;

namespace Azimuth.Tests.Tokenization;

/// <summary>Vocabularies of other files in the form converters give them in GGUF.</summary>
internal static class GgufOf
{
    private const string Prefix = "tokenizer.ggml.";

    /// <summary>A SentencePiece .model of the Unigram kind.</summary>
    public static byte[] Unigram(byte[] model)
    {
        List<string> tokens = [];
        List<float> scores = [];
        List<int> kinds = [];
        ProtoMessage normalizer = ProtoMessage.Empty("");
        foreach (ProtoField field in new ProtoMessage("", model).Fields())
        {
            ProtoMessage message = field.Message();
            if (field.Number == 3)
                normalizer = message;
            if (field.Number != 1)
                continue;
            tokens.Add(message.Text(1));
            scores.Add(message.Single(2));
            kinds.Add(message.Integer(3, 1));
        }

        return new GgufMetadataBytes().Text(Prefix + "model", "t5").Texts(Prefix + "tokens", [.. tokens]).Singles(Prefix + "scores", [.. scores])
            .Integers(Prefix + "token_type", [.. kinds]).Flag(Prefix + "add_space_prefix", normalizer.Flag(3, true))
            .Flag(Prefix + "remove_extra_whitespaces", normalizer.Flag(4, true)).Bytes(Prefix + "precompiled_charsmap", normalizer.Blob(2).ToArray())
            .Integer(Prefix + "eos_token_id", (uint)tokens.IndexOf("</s>")).Integer(Prefix + "unknown_token_id", (uint)tokens.IndexOf("<unk>")).ToArray();
    }

    /// <summary>A tokenizer.json of byte-level BPE under the name of its splitting: vocabulary, merges and added tokens, which is all that converters write.</summary>
    public static byte[] ByteLevel(byte[] tokenizerJson, string split)
    {
        using JsonDocument document = JsonDocument.Parse(tokenizerJson);
        JsonElement model = document.RootElement.GetProperty("model");
        SortedDictionary<int, (string Token, int Kind)> tokens = [];
        foreach (JsonProperty entry in model.GetProperty("vocab").EnumerateObject())
            tokens[entry.Value.GetInt32()] = (entry.Name, 1);
        foreach (JsonElement added in document.RootElement.GetProperty("added_tokens").EnumerateArray())
            tokens[added.GetProperty("id").GetInt32()] = (added.GetProperty("content").GetString()!, added.GetProperty("special").GetBoolean() ? 3 : 4);
        string[] merges = [.. model.GetProperty("merges").EnumerateArray().Select(merge => $"{merge[0].GetString()} {merge[1].GetString()}")];
        return new GgufMetadataBytes().Text(Prefix + "model", "gpt2").Text(Prefix + "pre", split).Texts(Prefix + "tokens", [.. tokens.Values.Select(token => token.Token)])
            .Integers(Prefix + "token_type", [.. tokens.Values.Select(token => token.Kind)]).Texts(Prefix + "merges", merges).ToArray();
    }

    /// <summary>The lines of a vocab.txt: ▁ before what begins a word, no ## before what continues one.</summary>
    public static byte[] WordPiece(string[] lines)
    {
        bool IsName(string line) => line.StartsWith('[') && line.EndsWith(']');
        string[] tokens = [.. lines.Select(line => IsName(line) ? line : line.StartsWith("##", StringComparison.Ordinal) ? line[2..] : "▁" + line)];
        uint Id(string name) => (uint)Array.IndexOf(tokens, name);
        return new GgufMetadataBytes().Text(Prefix + "model", "bert").Texts(Prefix + "tokens", tokens)
            .Integers(Prefix + "token_type", [.. lines.Select(line => line.Length > 2 && IsName(line) ? 3 : 1)])
            .Integer(Prefix + "unknown_token_id", Id("[UNK]")).Integer(Prefix + "cls_token_id", Id("[CLS]")).Integer(Prefix + "seperator_token_id", Id("[SEP]"))
            .Integer(Prefix + "padding_token_id", Id("[PAD]")).ToArray();
    }
}
