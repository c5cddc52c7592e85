using Azimuth.Tokenization;
using Azimuth.Tokenization.Files;

namespace Azimuth.Tests.Tokenization;

/// <summary>A text to be gone on with is not over: nothing that ends a text stands behind it.</summary>
public sealed class PromptTests
{
    public static TheoryData<string> Folders => [.. Directory.GetDirectories(TestFiles.Fixture("tokenizers")).Where(TokenizerFolder.Exists).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_prompt_begins_as_a_text_does_and_does_not_end(string folder)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Fixture("tokenizers", folder));
        foreach (string text in new[] { "the a", "", "a" })
        {
            int[] whole = [.. tokenizer.Encode(text).Ids];
            Assert.Equal(whole[..^tokenizer.TokensAfter.Count], tokenizer.EncodePrompt(text));
        }
    }

    [Theory]
    [InlineData("bert-uncased-style", 1, 1)]
    [InlineData("t5-style", 0, 1)]
    [InlineData("llama2-style", 1, 0)]
    public void Begin_tokens_stay_and_end_tokens_go(string folder, int before, int after)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Fixture("tokenizers", folder));
        Assert.Equal((before, after), (tokenizer.TokensBefore.Count, tokenizer.TokensAfter.Count));
        Assert.Equal([.. tokenizer.TokensBefore, .. tokenizer.Encode("the a", addSpecialTokens: false).Ids], tokenizer.EncodePrompt("the a"));
    }
}
