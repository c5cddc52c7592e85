using Azimuth.Tokenization;

namespace Azimuth.Tests.Tokenization;

public sealed class LengthTests
{
    private static Tokenizer Load(string name) => Tokenizer.Load(TestFiles.Fixture("tokenizers", "kitchen-sink", name));

    [Fact]
    public void The_file_s_sections_are_read_but_not_applied_unasked()
    {
        Tokenizer tokenizer = Load("post-pad-left-multiple");
        Assert.Equal(new TruncationOptions { MaxLength = 8 }, tokenizer.Lengths.Truncation);
        Assert.Equal(new PaddingOptions { Id = 2, MultipleOf = 4, Token = "<pad>", Side = TextSide.Left }, tokenizer.Lengths.Padding);
        Assert.Equal(9, Load("post-pad-right").Lengths.Padding!.Length);
        Assert.Equal(TextSide.Left, Load("post-truncate-left").Lengths.Truncation!.Side);
        Assert.True(tokenizer.Encode("What is an embedding?").Count > 8);
        Assert.Empty(tokenizer.Encode("What is an embedding?").Overflowing);
    }

    [Fact]
    public void A_batch_is_filled_up_to_its_longest()
    {
        Tokenizer tokenizer = Load("post-pad-left-multiple");
        LengthOptions lengths = new() { Padding = tokenizer.Lengths.Padding };
        IReadOnlyList<TokenEncoding> batch = tokenizer.EncodeBatch([("abc", null), ("abcdef", null), ("", "x")], lengths);
        Assert.All(batch, encoding => Assert.Equal(8, encoding.Count));
        Assert.Equal([false, false, false, false, true, true, true, true], batch[0].AttentionMask);
        Assert.Equal([true, true, true, true, true, false, false, false], batch[0].SpecialMask);
        Assert.Equal("<pad>", batch[0].Tokens[0]);
        Assert.Null(batch[0].SequenceIds[0]);
        Assert.Empty(tokenizer.EncodeBatch([], lengths));
    }

    [Fact]
    public void The_second_text_alone_is_cut_on_request()
    {
        Tokenizer tokenizer = Load("post-truncate-right");
        LengthOptions lengths = new() { Truncation = new TruncationOptions { MaxLength = 8, Strategy = TruncationStrategy.OnlySecond } };
        TokenEncoding encoding = tokenizer.EncodeBatch([("abc", "defghi")], lengths).Single();
        Assert.Equal([null, 0, 0, 0, null, 1, 1, 1], encoding.SequenceIds);
        Assert.Equal([0, 3, 4, 5], encoding.Overflowing.Single().Characters[^4..].Select(range => range.Start));
    }

    [Fact]
    public void Windows_cover_the_text_and_share_the_stride()
    {
        Tokenizer tokenizer = Load("post-truncate-right");
        string text = new('x', 100);
        foreach (TextSide side in Enum.GetValues<TextSide>())
        {
            LengthOptions lengths = new() { Truncation = new TruncationOptions { MaxLength = 11, Stride = 3, Side = side } };
            TokenEncoding encoding = tokenizer.EncodeBatch([(text, null)], lengths).Single();
            List<int[]> windows = [.. encoding.Overflowing.Prepend(encoding).Select(window => window.Characters[1..].Select(range => range.Start).ToArray())];
            Assert.Equal(Enumerable.Range(0, 100), windows.SelectMany(window => window).Distinct().Order());
            Assert.All(windows.Zip(windows.Skip(1)), pair => Assert.Equal(3, pair.First.Intersect(pair.Second).Count()));
        }
    }

    [Fact]
    public void Many_windows_cost_nothing_until_they_are_looked_at()
    {
        Tokenizer tokenizer = Load("post-truncate-right");
        LengthOptions lengths = new() { Truncation = new TruncationOptions { MaxLength = 4 } };
        TokenEncoding encoding = tokenizer.EncodeBatch([(new string('x', 50_000), new string('y', 50_000))], lengths).Single();
        Assert.Equal(4, encoding.Count);
        Assert.Equal(10, encoding.Overflowing.Take(10).Count());
    }

    [Theory]
    [InlineData(1, 0, TruncationStrategy.LongestFirst, "leave no room")]
    [InlineData(5, 3, TruncationStrategy.LongestFirst, "stride")]
    [InlineData(5, 0, TruncationStrategy.OnlySecond, "there is none")]
    public void Options_that_a_text_cannot_be_cut_by_are_refused(int length, int stride, TruncationStrategy strategy, string names)
    {
        Tokenizer tokenizer = Load("post-truncate-right");
        LengthOptions lengths = new() { Truncation = new TruncationOptions { MaxLength = length, Stride = stride, Strategy = strategy } };
        (string, string?) text = strategy == TruncationStrategy.OnlySecond ? ("abcdefgh", null) : ("abcdefgh", "ijklmnop");
        ArgumentException error = Assert.Throws<ArgumentException>(() => tokenizer.EncodeBatch([text], lengths));
        Assert.Contains(names, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_text_alone_may_be_too_short_to_be_cut()
    {
        Tokenizer tokenizer = Load("post-truncate-right");
        LengthOptions lengths = new() { Truncation = new TruncationOptions { MaxLength = 8, Strategy = TruncationStrategy.OnlyFirst } };
        Assert.Contains("too few", Assert.Throws<ArgumentException>(() => tokenizer.EncodeBatch([("ab", "ijklmnopqr")], lengths)).Message, StringComparison.Ordinal);
    }
}
