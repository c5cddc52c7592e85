using Azimuth.Tokenization;

namespace Azimuth.Tests.Tokenization;

public sealed class ReferencePipelineTests
{
    private const string Folder = "tokenizers";

    [Theory]
    [InlineData("gpt2-bytelevel", 157)]
    [InlineData("gpt2-prefix-space", 66)]
    [InlineData("opt-style", 157)]
    [InlineData("roberta-style", 157)]
    [InlineData("starcoder-style", 157)]
    [InlineData("llama3-style", 157)]
    [InlineData("llama2-style", 157)]
    [InlineData("llama-metaspace-first", 157)]
    [InlineData("llama-metaspace-never", 66)]
    [InlineData("llama-metaspace-always", 66)]
    [InlineData("gemma-style", 157)]
    public void Ids_ranges_masks_and_decoding_are_the_reference_library_s(string name, int rows)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Fixture(Folder, name));
        CheckRows(tokenizer, name, rows);
        CheckDecodeRows(tokenizer, name);
    }

    [Fact]
    public void Vocabulary_and_merges_alone_give_the_same_as_tokenizer_json()
    {
        Tokenizer tokenizer = Tokenizer.FromVocabAndMerges(
            TestFiles.Fixture(Folder, "gpt2-bytelevel", "vocab.json"), TestFiles.Fixture(Folder, "gpt2-bytelevel", "merges.txt"));
        CheckRows(tokenizer, "gpt2-bytelevel", 157);
        CheckDecodeRows(tokenizer, "gpt2-bytelevel");
    }

    [Fact]
    public void The_real_gpt2_vocabulary_gives_the_reference_ids()
    {
        Tokenizer tokenizer = Tokenizer.FromVocabAndMerges(TestFiles.Shared("data", "gpt2", "vocab.json"), TestFiles.Shared("data", "gpt2", "merges.txt"));
        CheckRows(tokenizer, "gpt2-real", 157);
        CheckDecodeRows(tokenizer, "gpt2-real");
    }

    [Fact]
    public void The_real_stories260K_tokenizer_gives_the_reference_ids()
    {
        Tokenizer tokenizer = Tokenizer.FromJsonFile(TestFiles.Shared("data", "stories260K", "tokenizer.json"));
        CheckRows(tokenizer, "stories260k-real", 66);
        CheckDecodeRows(tokenizer, "stories260k-real");
    }

    private static void CheckRows(Tokenizer tokenizer, string name, int expectedRows)
    {
        int rows = 0, compared = 0;
        foreach (ReferenceRow row in ReferenceRow.ReadAll(TestFiles.Fixture(Folder, name, "expected.jsonl")))
        {
            compared += row.Check(tokenizer);
            rows++;
        }

        Assert.Equal(expectedRows, rows);
        Assert.True(compared >= 2 * rows, $"only {compared} comparisons in {rows} rows");
    }

    private static void CheckDecodeRows(Tokenizer tokenizer, string name)
    {
        int rows = ReferenceRow.ReadAll(TestFiles.Fixture(Folder, name, "decode.jsonl")).Sum(row => row.CheckDecoding(tokenizer));
        Assert.Equal(12, rows);
    }
}
