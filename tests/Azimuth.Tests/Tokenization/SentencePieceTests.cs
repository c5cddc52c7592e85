using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tokenization;

namespace Azimuth.Tests.Tokenization;

public sealed class SentencePieceTests
{
    [Fact]
    public void Llama_2_s_own_model_gives_the_sentencepiece_library_s_ids_and_ranges()
        => CheckRows(TestFiles.Shared("data", "tokenizers", "llama", "tokenizer.model"), "llama2-real");

    [Fact]
    public void Removing_extra_spaces_gives_the_sentencepiece_library_s_ids_and_ranges()
        => CheckRows(TestFiles.Shared("data", "stories260K", "tokenizer.model"), "stories260k-real");

    [Fact]
    public void A_small_model_gives_the_sentencepiece_library_s_ids_and_ranges()
        => CheckRows(TestFiles.Fixture("tokenizers", "llama2-style", "tokenizer.model"), "llama2-style");

    [Fact]
    public void Texts_without_odd_blanks_have_the_published_ids_of_stories260K()
    {
        Tokenizer fromJson = Tokenizer.FromJsonFile(TestFiles.Shared("data", "stories260K", "tokenizer.json"));
        Tokenizer fromModel = Tokenizer.FromSentencePiece(TestFiles.Shared("data", "stories260K", "tokenizer.model"));
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(TestFiles.Shared("data", "stories260K", "tokenizer_golden.json")));
        int comparedWithJson = 0;
        foreach (JsonElement row in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = row.GetProperty("text").GetString()!;
            int[] ids = [.. row.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            Assert.Equal(ids, fromModel.Encode(text).Ids);

            // The .model removes extra spaces, tokenizer.json does not: where there are some, each is right about its own file.
            if (text != text.Trim(' ') || text.Contains("  ", StringComparison.Ordinal) || text.Length == 0)
                continue;
            Assert.Equal(ids, fromJson.Encode(text, addSpecialTokens: false).Ids);
            comparedWithJson++;
        }

        Assert.True(comparedWithJson >= 3, $"only {comparedWithJson} texts were compared with tokenizer.json");
    }

    [Theory]
    [InlineData("sp-unigram-custom/tokenizer.model", "model type 1")]
    [InlineData("sp-bpe-defaults/tokenizer.model", "nmt_nfkc")]
    [InlineData("sp-bpe-identity-suffix/tokenizer.model", "treat_whitespace_as_suffix")]
    public void What_is_not_supported_is_refused_by_name(string file, string named)
    {
        string path = TestFiles.Shared(["fixtures", "tokenizers", .. file.Split('/')]);
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => Tokenizer.FromSentencePiece(path));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("known:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_cut_anywhere_is_refused_or_smaller_but_never_a_crash()
    {
        byte[] whole = File.ReadAllBytes(TestFiles.Fixture("checkpoints", "gguf", "model-llama", "hf", "tokenizer.model"));
        using TemporaryFolder folder = new();
        int refused = 0;
        for (int length = 0; length < whole.Length; length += 7)
        {
            string path = folder.Write("cut.model", whole.AsSpan(0, length));
            try
            {
                Tokenizer.FromSentencePiece(path).Encode("a text");
            }
            catch (CheckpointFormatException)
            {
                refused++;
            }
        }

        Assert.True(refused > whole.Length / 14, $"{refused} cuts refused");
    }

    private static void CheckRows(string model, string fixture)
    {
        Tokenizer tokenizer = Tokenizer.FromSentencePiece(model);
        int rows = 0;
        foreach (ReferenceRow row in ReferenceRow.ReadAll(TestFiles.Fixture("tokenizers", fixture, "expected-sentencepiece.jsonl")))
        {
            row.Check(tokenizer);
            rows++;
        }

        Assert.Equal(142, rows);
    }
}
