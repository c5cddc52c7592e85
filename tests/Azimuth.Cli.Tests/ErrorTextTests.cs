using Azimuth.Cli.Output;

namespace Azimuth.Cli.Tests;

public class ErrorTextTests
{
    [Theory]
    [InlineData("error: a b", 10, "error: a b")]
    [InlineData("error: a b", 9, "error: a\nb")]
    [InlineData("error: a/path/that/is/too/long for it", 12, "error:\na/path/that/is/too/long\nfor it")]
    [InlineData("", 12, "")]
    public void Sentences_break_between_words_only(string sentence, int width, string expected) => Assert.Equal(expected, ErrorText.Wrap(sentence, width));
}
