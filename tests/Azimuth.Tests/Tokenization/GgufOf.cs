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
