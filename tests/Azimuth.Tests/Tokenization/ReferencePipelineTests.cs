using System.Text.Json;
using Azimuth.Tokenization;

namespace Azimuth.Tests.Tokenization;

/// <summary>Every tokenizer.json of tests/fixtures/tokenizers/cases.json, and GPT-2's two files, against the reference library.</summary>
public sealed class ReferencePipelineTests
{
    private const string Folder = "tokenizers";

    public static TheoryData<string> Cases => [.. ReferenceCase.All.Where(item => item.HasTokenizerJson).Select(item => item.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Ids_ranges_masks_stages_and_decoding_are_the_reference_library_s(string name)
    {
        ReferenceCase item = ReferenceCase.All.Single(item => item.Name == name);
        Check(Tokenizer.Load(item.TokenizerPath), item);
    }

    [Fact]
    public void Every_tokenizer_json_of_the_list_is_there() => Assert.Equal(141, Cases.Count);

    [Fact]
    public void Vocabulary_and_merges_alone_give_the_same_as_tokenizer_json()
        => Check(
            Tokenizer.FromVocabAndMerges(TestFiles.Fixture(Folder, "gpt2-bytelevel", "vocab.json"), TestFiles.Fixture(Folder, "gpt2-bytelevel", "merges.txt")),
            ReferenceCase.All.Single(item => item.Name == "gpt2-bytelevel"));

    [Fact]
    public void The_real_gpt2_vocabulary_gives_the_reference_ids()
        => Check(
            Tokenizer.FromVocabAndMerges(TestFiles.Shared("data", "gpt2", "vocab.json"), TestFiles.Shared("data", "gpt2", "merges.txt")),
            ReferenceCase.All.Single(item => item.Name == "gpt2-real"));

    private static void Check(Tokenizer tokenizer, ReferenceCase item)
    {
        int rows = 0, compared = 0;
        foreach (ReferenceRow row in ReferenceRow.ReadAll(TestFiles.Fixture(Folder, item.Name, "expected.jsonl")))
        {
            compared += row.Check(tokenizer, item.HasLengths);
            rows++;
        }

        Assert.Equal(item.Rows("expected.jsonl"), rows);
        Assert.True(compared >= 2 * rows, $"only {compared} comparisons in {rows} rows");
        if (item.Rows("decode.jsonl") is { } count)
            Assert.Equal(count, ReferenceRow.ReadAll(TestFiles.Fixture(Folder, item.Name, "decode.jsonl")).Sum(row => row.CheckDecoding(tokenizer)));
    }
}
