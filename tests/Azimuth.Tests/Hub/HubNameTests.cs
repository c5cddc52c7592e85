using Azimuth.Hub;

namespace Azimuth.Tests.Hub;

public sealed class HubNameTests
{
    [Theory]
    [InlineData("gpt2", "gpt2", "main")]
    [InlineData("google-bert/bert-base-uncased", "google-bert/bert-base-uncased", "main")]
    [InlineData("org/name@v1.0", "org/name", "v1.0")]
    [InlineData("Org_1/n.a-m_e@refs/pr/12", "Org_1/n.a-m_e", "refs/pr/12")]
    [InlineData("a/b@7e27bd9f95328f0f3b08261d1252705110c806f8", "a/b", "7e27bd9f95328f0f3b08261d1252705110c806f8")]
    public void A_name_is_read(string text, string repository, string revision)
    {
        var name = HubName.Parse(text);
        Assert.Equal((repository, revision, text), (name.Repository, name.Revision, name.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("org/")]
    [InlineData("/name")]
    [InlineData("a/b/c")]
    [InlineData("../x")]
    [InlineData("org/..")]
    [InlineData("org/.name")]
    [InlineData("org/name.")]
    [InlineData("-org/name")]
    [InlineData("org--x/name")]
    [InlineData("org/na..me")]
    [InlineData("org/name.git")]
    [InlineData("org\\name")]
    [InlineData("org/na me")]
    [InlineData("org/name\n")]
    [InlineData("org/naïve")]
    [InlineData("https://huggingface.co/org/name")]
    [InlineData("org/name@")]
    [InlineData("org/name@../../x")]
    [InlineData("org/name@/etc")]
    [InlineData("org/name@a\\b")]
    [InlineData("org/name@a\0b")]
    [InlineData("org/name@C:x")]
    public void What_cannot_be_a_name_is_refused_in_one_sentence(string text)
    {
        var error = Assert.Throws<HubException>(() => HubName.Parse(text));
        Assert.Equal("BadName", error.Kind);
        Assert.Contains("expected", error.Message, StringComparison.Ordinal);
        Assert.Null(HubName.TryParse(text));
    }

    [Fact]
    public void A_name_of_97_characters_is_too_long()
    {
        Assert.Equal(96, HubName.Parse("o/" + new string('n', 94)).Repository.Length);
        Assert.Contains("found 97", Assert.Throws<HubException>(() => HubName.Parse("o/" + new string('n', 95))).Message, StringComparison.Ordinal);
    }
}
