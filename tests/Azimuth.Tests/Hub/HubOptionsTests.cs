using Azimuth.Hub;
using Azimuth.Tests.Checkpoints;

namespace Azimuth.Tests.Hub;

public sealed class HubOptionsTests
{
    [Fact]
    public void The_cache_is_where_the_reference_client_has_it()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        Assert.Equal(Path.Combine(home, ".cache", "huggingface", "hub"), From().CacheFolder);
        Assert.Equal(Path.GetFullPath("/x/huggingface/hub"), From(("XDG_CACHE_HOME", "/x")).CacheFolder);
        Assert.Equal(Path.GetFullPath("/h/hub"), From(("HF_HOME", "/h"), ("XDG_CACHE_HOME", "/x")).CacheFolder);
        Assert.Equal(Path.GetFullPath("/old"), From(("HF_HOME", "/h"), ("HUGGINGFACE_HUB_CACHE", "/old")).CacheFolder);
        Assert.Equal(Path.GetFullPath("/new"), From(("HF_HUB_CACHE", "/new"), ("HUGGINGFACE_HUB_CACHE", "/old")).CacheFolder);
        Assert.Equal(Path.Combine(home, "models"), From(("HF_HUB_CACHE", "~/models")).CacheFolder);
    }

    [Fact]
    public void The_address_given_counts_more_than_the_environments()
    {
        Assert.Equal("https://huggingface.co/", From().Endpoint.AbsoluteUri);
        Assert.Equal("http://mirror:8080/hf/", From(("HF_ENDPOINT", "http://mirror:8080/hf/")).Endpoint.AbsoluteUri);
        Assert.Equal("https://other/", HubOptions.FromVariables(name => name == "HF_ENDPOINT" ? "nonsense" : null, "https://other").Endpoint.AbsoluteUri);
    }

    [Theory]
    [InlineData("huggingface.co")]
    [InlineData("ftp://huggingface.co")]
    [InlineData("file:///etc")]
    [InlineData("https://user:token@huggingface.co")]
    [InlineData("https://huggingface.co?x=1")]
    [InlineData("https://")]
    public void An_address_that_is_none_is_named_with_its_variable(string address) =>
        Assert.StartsWith("HF_ENDPOINT: expected an address", Assert.Throws<HubException>(() => From(("HF_ENDPOINT", address))).Message, StringComparison.Ordinal);

    [Fact]
    public void The_token_comes_from_the_environment_and_then_from_the_reference_clients_file()
    {
        using TemporaryFolder home = new();
        Assert.Null(From(("HF_HOME", home.Path)).Token);
        home.Write("token", "from-file\n");
        Assert.Equal("from-file", From(("HF_HOME", home.Path)).Token);
        Assert.Equal("older", From(("HF_HOME", home.Path), ("HUGGING_FACE_HUB_TOKEN", "older")).Token);
        Assert.Equal("newer", From(("HF_HOME", home.Path), ("HUGGING_FACE_HUB_TOKEN", "older"), ("HF_TOKEN", " newer\r\n")).Token);
        Assert.Equal("elsewhere", From(("HF_HOME", home.Path), ("HF_TOKEN_PATH", home.Write("other", "elsewhere"))).Token);
        Assert.Null(From(("HF_HOME", home.Path), ("HF_TOKEN", "newer"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")).Token);
        Assert.Throws<HubException>(() => From(("HF_TOKEN", "two words")));
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData("Yes", true)]
    [InlineData("ON", true)]
    [InlineData("0", false)]
    [InlineData("", false)]
    [InlineData("false", false)]
    public void Offline_is_spelled_as_the_reference_client_reads_it(string value, bool offline)
    {
        Assert.Equal(offline, From(("HF_HUB_OFFLINE", value)).Offline);
        Assert.Equal(offline, From(("TRANSFORMERS_OFFLINE", value)).Offline);
        Assert.Equal(!offline, From(("HF_HUB_DISABLE_SYMLINKS", value)).SymbolicLinks);
    }

    [Fact]
    public void The_time_limit_is_whole_seconds()
    {
        Assert.Equal(TimeSpan.FromSeconds(7), From(("HF_HUB_DOWNLOAD_TIMEOUT", "7")).IdleTimeout);
        Assert.Throws<HubException>(() => From(("HF_HUB_DOWNLOAD_TIMEOUT", "soon")));
    }

    private static HubOptions From(params (string Name, string Value)[] variables) =>
        HubOptions.FromVariables(name => variables.Where(v => v.Name == name).Select(v => v.Value).FirstOrDefault(), null);
}
