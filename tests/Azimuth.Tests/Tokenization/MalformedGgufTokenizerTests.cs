using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Numerics;
using Azimuth.Tokenization;

namespace Azimuth.Tests.Tokenization;

public sealed class MalformedGgufTokenizerTests
{
    [Fact]
    public void The_vocabulary_the_others_are_made_from_is_good()
    {
        Tokenizer tokenizer = Load(ByteLevel());
        Assert.Equal([2, 3], tokenizer.Encode("ab<s>").Ids);
        Assert.Equal([3, 2], Load(ByteLevel(pre: "llama-bpe").Integer("tokenizer.ggml.bos_token_id", 3)).Encode("ab").Ids);
        Tokenizer pieces = Load(Pieces([0, -1, -2, 0]));
        Assert.Equal([2], pieces.Encode("b").Ids);
    }

    [Fact]
    public void A_piece_may_hold_a_character_that_is_none_itself()
    {
        // "xy" is a piece, x and y are not: together they merge, alone they are unknown, neighbours as one.
        Tokenizer tokenizer = Load(new GgufMetadataBytes().Text("tokenizer.ggml.model", "llama")
            .Texts("tokenizer.ggml.tokens", "<unk>", "xy", "▁").Singles("tokenizer.ggml.scores", 0, -1, -2).Integers("tokenizer.ggml.token_type", 2, 1, 1));
        Assert.Equal([2, 1, 1], tokenizer.Encode("xyxy").Ids);
        TokenEncoding encoding = tokenizer.Encode("yxz");
        Assert.Equal([2, 0], encoding.Ids);
        Assert.Equal(new TextRange(0, 3), encoding.Characters[1]);
    }

    public static TheoryData<string, string> Damages => new()
    {
        { "no model", "tokenizer.ggml.model" },
        { "no tokens", "tokenizer.ggml.tokens" },
        { "no merges", "tokenizer.ggml.merges" },
        { "no scores", "tokenizer.ggml.scores" },
        { "unknown merge", "\"c\" is not in the vocabulary" },
        { "double token", "ids 0 and 1" },
        { "short types", "token_type has 2 entries, expected 4" },
        { "odd type", "type 9, expected 1 to 6" },
        { "short scores", "2 scores" },
        { "begin beyond", "bos_token_id is 4, expected 0 to 3" },
        { "no score", "score NaN, expected a finite number" },
        { "unknown pre", "\"zulu\" is not supported; known: chameleon, command-r" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void Each_damage_is_one_clear_error(string damage, string message)
    {
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => Load(Damaged(damage)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("made-up.gguf", error.Message, StringComparison.Ordinal);
    }

    private static GgufMetadataBytes Damaged(string damage) => damage switch
    {
        "no model" => new GgufMetadataBytes().Texts("tokenizer.ggml.tokens", "a"),
        "no tokens" => new GgufMetadataBytes().Text("tokenizer.ggml.model", "gpt2"),
        "no merges" => new GgufMetadataBytes().Text("tokenizer.ggml.model", "gpt2").Text("tokenizer.ggml.pre", "gpt-2").Texts("tokenizer.ggml.tokens", "a"),
        "no scores" => new GgufMetadataBytes().Text("tokenizer.ggml.model", "llama").Texts("tokenizer.ggml.tokens", "a"),
        "unknown merge" => ByteLevel(merge: "a c"),
        "double token" => ByteLevel(second: "a"),
        "short types" => Types(1, 1),
        "odd type" => Types(1, 1, 9, 1),
        "short scores" => Pieces([0, 0]),
        "begin beyond" => ByteLevel().Integer("tokenizer.ggml.bos_token_id", 4),
        "no score" => Pieces([0, float.NaN, 0, 0]),
        "unknown pre" => ByteLevel(pre: "zulu"),
        _ => throw new ArgumentException(damage),
    };

    private static GgufMetadataBytes ByteLevel(string second = "b", string merge = "a b", string pre = "gpt-2")
        => new GgufMetadataBytes().Text("tokenizer.ggml.model", "gpt2").Text("tokenizer.ggml.pre", pre)
            .Texts("tokenizer.ggml.tokens", "a", second, "ab", "<s>").Texts("tokenizer.ggml.merges", merge).Integers("tokenizer.ggml.token_type", 1, 1, 1, 3);

    private static GgufMetadataBytes Types(params int[] types)
        => new GgufMetadataBytes().Text("tokenizer.ggml.model", "gpt2").Text("tokenizer.ggml.pre", "gpt-2")
            .Texts("tokenizer.ggml.tokens", "a", "b", "ab", "<s>").Texts("tokenizer.ggml.merges", "a b").Integers("tokenizer.ggml.token_type", types);

    private static GgufMetadataBytes Pieces(float[] scores)
        => new GgufMetadataBytes().Text("tokenizer.ggml.model", "llama").Texts("tokenizer.ggml.tokens", "<unk>", "▁", "▁b", "b")
            .Singles("tokenizer.ggml.scores", scores).Integers("tokenizer.ggml.token_type", 2, 1, 1, 1);

    private static Tokenizer Load(GgufMetadataBytes bytes) => Tokenizer.FromGguf(GgufFile.FromBytes(StoredBytes.FromBytes(bytes.ToArray()), "made-up.gguf"));
}
