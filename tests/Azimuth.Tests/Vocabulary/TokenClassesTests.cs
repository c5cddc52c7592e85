using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Vocabulary;

namespace Azimuth.Tests.Vocabulary;

public sealed class TokenClassesTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Bytes_that_no_text_has_are_unreachable_and_parts_of_characters_are_partial()
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Model("novels-gpt"));
        TokenClass[] classes = TokenClasses.Of(tokenizer, tokenizer.VocabSize + 3, _workers);
        int[] unused = [0xC0, 0xC1, .. Enumerable.Range(0xF5, 11)];
        for (int value = 0x80; value < 0x100; value++)
        {
            int id = Enumerable.Range(0, 256).Single(i => tokenizer.TokenBytes(i) is [var only] && only == value);
            Assert.Equal(unused.Contains(value) ? TokenClass.Unreachable : TokenClass.PartialUtf8, classes[id]);
        }

        Assert.Equal(unused.Length, classes.Count(c => c == TokenClass.Unreachable));
        Assert.Equal(TokenClass.Special, classes[tokenizer.EndId!.Value]);
        Assert.Equal([TokenClass.Padding, TokenClass.Padding, TokenClass.Padding], classes[^3..]);
        Assert.Equal(classes.Length, TokenClasses.Count(classes).Values.Sum());
    }

    [Fact]
    public void Every_token_called_ok_comes_back_from_some_text()
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Model("SmolLM2-135M-Instruct"));
        TokenClass[] classes = TokenClasses.Of(tokenizer, tokenizer.VocabSize, _workers);
        IReadOnlyDictionary<TokenClass, int> counts = TokenClasses.Count(classes);
        Assert.Equal(17, counts[TokenClass.Special]);
        Assert.Equal(0, counts[TokenClass.Padding]);
        Assert.True(counts[TokenClass.Ok] > 48_000);
        for (int id = 0; id < classes.Length; id += 7)
        {
            bool alone = tokenizer.Encode(tokenizer.TokenText(id), addSpecialTokens: false).Ids is [var only] && only == id;
            if (alone && classes[id] != TokenClass.Special)
                Assert.Equal(TokenClass.Ok, classes[id]);
        }
    }

    [Fact]
    public void Byte_tokens_of_characters_that_have_a_token_are_unreachable()
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Shared("data", "stories260K"));
        TokenClass[] classes = TokenClasses.Of(tokenizer, tokenizer.VocabSize, _workers);
        Assert.Equal(TokenClass.Unreachable, classes[tokenizer.Id("<0x61>")!.Value]); // "a" has a token of its own
        Assert.Equal(TokenClass.Ok, classes[tokenizer.Id("<0x01>")!.Value]); // which no other token covers
        Assert.Equal(TokenClass.PartialUtf8, classes[tokenizer.Id("<0xE2>")!.Value]);
        Assert.Equal(TokenClass.Unreachable, classes[tokenizer.Id("<0xFF>")!.Value]);
        Assert.Equal(TokenClass.Special, classes[tokenizer.Id("<unk>")!.Value]);
    }

    [Theory]
    [InlineData("41", true)]
    [InlineData("80", true)]
    [InlineData("80 80 80", true)]
    [InlineData("80 80 80 80", false)]
    [InlineData("E2 82", true)]
    [InlineData("82 AC 41 E2", true)]
    [InlineData("E2 41", false)]
    [InlineData("C0", false)]
    [InlineData("C1 80", false)]
    [InlineData("F5", false)]
    [InlineData("FF", false)]
    [InlineData("F4 90", false)]
    [InlineData("ED A0", false)]
    public void Which_bytes_occur_in_utf8(string hex, bool occurs) =>
        Assert.Equal(occurs, TokenClasses.OccursInUtf8(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))));
}
