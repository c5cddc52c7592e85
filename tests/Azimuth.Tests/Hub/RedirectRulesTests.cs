using Azimuth.Hub;

namespace Azimuth.Tests.Hub;

public sealed class RedirectRulesTests
{
    private static readonly Uri Hub = new("https://hub.example/api/x");

    [Theory]
    [InlineData("/other", "https://hub.example/other")]
    [InlineData("other?x=1", "https://hub.example/api/other?x=1")]
    [InlineData("//cdn.example/y", "https://cdn.example/y")]
    [InlineData("https://cdn.example/y", "https://cdn.example/y")]
    public void Relative_and_absolute_addresses_are_followed(string location, string next) => Assert.Equal(next, RedirectRules.Next(Hub, Hub, location).AbsoluteUri);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://cdn.example/y")]
    [InlineData("data:text/plain,x")]
    [InlineData("http://hub.example/other")]
    [InlineData("https://user@cdn.example/")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://localhost:8080/")]
    [InlineData("https://a.localhost/")]
    [InlineData("https://10.1.2.3/")]
    [InlineData("https://172.16.0.1/")]
    [InlineData("https://192.168.0.1/")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://0.0.0.0/")]
    [InlineData("https://2130706433/")]
    [InlineData("https://0x7f.1/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://[::ffff:127.0.0.1]/")]
    [InlineData("https://[fe80::1]/")]
    [InlineData("https://[fd00::1]/")]
    public void Other_schemes_downgrades_and_private_networks_are_not(string? location) =>
        Assert.Equal("BadRedirect", Assert.Throws<HubException>(() => RedirectRules.Next(Hub, Hub, location)).Kind);

    [Fact]
    public void A_hub_in_a_private_network_may_lead_into_it() =>
        Assert.Equal("http://10.0.0.2/y", RedirectRules.Next(new Uri("http://10.0.0.1/"), new Uri("http://10.0.0.1/"), "http://10.0.0.2/y").AbsoluteUri);

    [Theory]
    [InlineData("https://hub.example/x", "https://hub.example/y", true)]
    [InlineData("https://hub.example/x", "https://HUB.example:443/y", true)]
    [InlineData("http://hub.example/x", "https://hub.example/y", true)]
    [InlineData("https://hub.example/x", "https://hub.example:8443/y", false)]
    [InlineData("https://hub.example/x", "https://cdn.hub.example/y", false)]
    [InlineData("https://hub.example/x", "http://hub.example/y", false)]
    [InlineData("http://hub.example:8080/x", "https://hub.example:8080/y", false)]
    [InlineData("https://hub.example/x", "https://hub.example.evil/y", false)]
    public void The_token_is_for_the_endpoint_alone(string endpoint, string address, bool sent) =>
        Assert.Equal(sent, RedirectRules.MayHaveToken(new Uri(endpoint), new Uri(address)));
}
