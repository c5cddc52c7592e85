using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tokenization;

namespace Azimuth.Tests.Tokenization;

public sealed class SentencePieceTests
{
    private const string Expected = "expected-sentencepiece.jsonl";

    public static TheoryData<string> Cases => [.. ReferenceCase.All.Where(item => item.Rows(Expected) is not null).Select(item => item.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_model_gives_the_sentencepiece_library_s_text_ids_ranges_and_decoding(string name)
    {
        ReferenceCase found = ReferenceCase.All.Single(item => item.Name == name);
        Tokenizer tokenizer = Tokenizer.FromSentencePiece(found.FileEnding(".model"));
        int rows = 0, compared = 0;
        foreach (ReferenceRow row in ReferenceRow.ReadAll(TestFiles.Fixture("tokenizers", name, Expected)))
        {
            compared += row.Check(tokenizer);
            compared += row.CheckNormalized(tokenizer);
            rows++;
        }

        Assert.Equal(found.Rows(Expected), rows);
        Assert.True(compared >= 4 * rows, $"only {compared} comparisons in {rows} rows");
    }

    [Fact]
    public void Every_model_of_the_reference_is_among_the_cases() => Assert.Equal(12, Cases.Count);

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
}
