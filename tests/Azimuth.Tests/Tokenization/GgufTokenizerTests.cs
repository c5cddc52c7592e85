using System.Text.Json;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Numerics;
using Azimuth.Tokenization;

namespace Azimuth.Tests.Tokenization;

public sealed class GgufTokenizerTests
{
    [Fact]
    public void SmolLM2_s_vocabulary_gives_the_ids_of_every_reference_prompt_and_word()
    {
        Tokenizer tokenizer = SmolLm2();
        using JsonDocument trace = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("trace", "smollm2.json")));
        int compared = 0;
        foreach ((string list, string text) in new[] { ("prompts", "text"), ("words", "word"), ("contexts", "word") })
        {
            foreach (JsonElement entry in trace.RootElement.GetProperty(list).EnumerateArray())
            {
                string written = entry.GetProperty(text).GetString()!;
                int[] ids = [.. entry.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
                Assert.Equal(ids, tokenizer.Encode(written).Ids);
                Assert.Equal(written, tokenizer.Decode(ids));
                compared++;
            }
        }

        Assert.True(compared >= 10, $"only {compared} texts");
    }

    /// <summary>llama.cpp applies no normalizer to byte-level text, so neither do we to a GGUF; the tokenizer.json that it was made of wants NFC.</summary>
    [Fact]
    public void Qwen_2_s_vocabulary_gives_the_ids_of_its_tokenizer_json_but_for_texts_that_are_not_composed()
    {
        byte[] json = File.ReadAllBytes(TestFiles.Fixture("tokenizers", "qwen2-style", "tokenizer.json"));
        Tokenizer tokenizer = Tokenizer.FromGguf(GgufFile.FromBytes(StoredBytes.FromBytes(GgufOf.ByteLevel(json, "qwen2")), "qwen2.gguf"));
        Tokenizer original = Tokenizer.Load(TestFiles.Fixture("tokenizers", "qwen2-style"));
        (int composed, int different) = (0, 0);
        foreach (string line in File.ReadLines(TestFiles.Fixture("tokenizers", "qwen2-style", "expected.jsonl")).Where(line => !line.Contains("\"pair\"", StringComparison.Ordinal)))
        {
            using JsonDocument row = JsonDocument.Parse(line);
            string text = row.RootElement.GetProperty("text").GetString()!;
            int[] expected = [.. row.RootElement.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())], ids = tokenizer.Encode(text, addSpecialTokens: false).Ids;
            if (original.Stages(text).Normalized == text)
            {
                Assert.Equal(expected, ids);
                composed++;
                continue;
            }

            Assert.Equal(text, tokenizer.Decode(ids));
            different += ids.SequenceEqual(expected) ? 0 : 1;
        }

        Assert.Equal((138, 12), (composed, different));
    }

    [Fact]
    public void SmolLM2_s_contexts_hold_their_word_as_one_token()
    {
        Tokenizer tokenizer = SmolLm2();
        using JsonDocument trace = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("trace", "smollm2.json")));
        foreach (JsonElement context in trace.RootElement.GetProperty("contexts").EnumerateArray())
        {
            int id = context.GetProperty("ids")[0].GetInt32();
            foreach (JsonElement sentence in context.GetProperty("sentences").EnumerateArray())
                Assert.Contains(id, tokenizer.Encode(sentence.GetString()!).Ids);
        }
    }

    [Fact]
    public void SmolLM2_names_its_special_tokens_and_adds_none()
    {
        Tokenizer tokenizer = SmolLm2();
        Assert.Equal(49152, tokenizer.VocabSize);
        Assert.Equal((1, 2, 2, 0), (tokenizer.BeginId, tokenizer.EndId, tokenizer.PadId, tokenizer.UnknownId));
        Assert.False(tokenizer.AddsBeginToken);
        Assert.True(tokenizer.IsSpecial(1));
        int[] chat = tokenizer.Encode("<|im_start|>user<|im_end|>").Ids;
        Assert.Equal((1, 2), (chat[0], chat[^1]));
        Assert.Equal("user", tokenizer.Decode(chat, skipSpecialTokens: true));
        Assert.Equal(" Mary", tokenizer.TokenText(tokenizer.Id("ĠMary")!.Value));
    }

    [Theory]
    [InlineData("model-gpt2", "model.gguf", false)]
    [InlineData("model-llama", "model.gguf", true)]
    [InlineData("model-llama", "model-q8_0.gguf", true)]
    public void Small_models_give_their_golden_ids_from_gguf_and_from_their_folder(string model, string file, bool addsBegin)
    {
        Tokenizer fromGguf = Tokenizer.Load(TestFiles.Fixture("checkpoints", "gguf", model, file));
        Tokenizer fromFolder = Tokenizer.Load(TestFiles.Fixture("checkpoints", "gguf", model, "hf"));
        Assert.Equal(addsBegin, fromGguf.AddsBeginToken);
        Assert.Equal(addsBegin, fromFolder.AddsBeginToken);
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("checkpoints", "gguf", model, "golden.json")));
        JsonElement texts = golden.RootElement.GetProperty("texts");
        for (int row = 0; row < texts.GetArrayLength(); row++)
        {
            string text = texts[row].GetString()!;
            int[] ids = [.. golden.RootElement.GetProperty("ids")[row].EnumerateArray().Select(id => id.GetInt32())];
            string?[] tokens = [.. golden.RootElement.GetProperty("tokens")[row].EnumerateArray().Select(token => token.GetString())];
            string decoded = golden.RootElement.GetProperty("decoded")[row].GetString()!;
            foreach (Tokenizer tokenizer in new[] { fromGguf, fromFolder })
            {
                TokenEncoding encoding = tokenizer.Encode(text);
                Assert.Equal(ids, encoding.Ids);
                Assert.Equal(tokens, encoding.Tokens);
                Assert.Equal(decoded, tokenizer.Decode(ids, skipSpecialTokens: true));
            }

            Assert.Equal(fromFolder.Encode(text).Characters, fromGguf.Encode(text).Characters);
        }
    }

    [Fact]
    public void Stories260K_s_gguf_agrees_with_its_tokenizer_json()
    {
        Tokenizer fromGguf = Tokenizer.Load(TestFiles.Shared("data", "stories260K", "gguf", "stories260K-q8_0.gguf"));
        Tokenizer fromJson = Tokenizer.FromJsonFile(TestFiles.Shared("data", "stories260K", "tokenizer.json"));
        Assert.True(fromGguf.AddsBeginToken);
        foreach (ReferenceRow row in ReferenceRow.ReadAll(TestFiles.Fixture("tokenizers", "stories260k-real", "expected.jsonl")))
            Assert.Equal(fromJson.Encode(row.Text).Ids, fromGguf.Encode(row.Text).Ids);
    }

    private static Tokenizer SmolLm2() => Tokenizer.Load(TestFiles.Model("SmolLM2-135M-Instruct"));
}
