using Azimuth.Hub;

namespace Azimuth.Tests.Hub;

/// <summary>What a hub's refusals mean, in words that help.</summary>
public sealed class HubStatusTests : HubTest
{
    [Fact]
    public async Task A_gated_model_says_to_accept_the_licence_and_to_set_the_token()
    {
        Server.Add("org/tiny", Model());
        Server.Answer = request => request.Path.Contains("/resolve/", StringComparison.Ordinal) ? HubAnswer.Text(403, "", ("X-Error-Code", "GatedRepo"), ("X-Error-Message", "Access to model org/tiny is restricted")) : null;
        string message = (await RefusedAsync(options: Options with { Token = null })).Message;
        Assert.Contains($"Accept it at {Server.Address}/org/tiny, then set HF_TOKEN", message, StringComparison.Ordinal);
        Assert.Contains("the token that was sent has no access", (await RefusedAsync()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, null, "set HF_TOKEN")]
    [InlineData(401, "t", "the token is not valid")]
    [InlineData(403, null, "set HF_TOKEN")]
    [InlineData(403, "t", "the token has no access")]
    public async Task Without_access_the_message_says_what_is_missing(int status, string? token, string said)
    {
        Server.Answer = _ => HubAnswer.Text(status, "", ("X-Error-Message", "Repository not found"));
        HubException error = await RefusedAsync(options: Options with { Token = token });
        Assert.Equal("Unauthorized", error.Kind);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Contains("\"Repository not found\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_is_not_there_is_named_with_those_that_may_be_meant()
    {
        Server.Add("org/tiny", Model());
        HubException error = await RefusedAsync("org/tinny");
        Assert.Equal("NotFound", error.Kind);
        Assert.Contains("the nearest it has: org/tiny", error.Message, StringComparison.Ordinal);
        Server.Answer = request => request.Path == "/api/models" ? HubAnswer.Text(200, "no JSON") : null;
        Assert.EndsWith("Check the spelling", (await RefusedAsync("org/tinny")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revision_that_is_not_there_is_named_with_those_that_are()
    {
        Server.Add("org/tiny", Model());
        Server.Add("org/tiny", Model(seed: 2), "v1.0");
        HubException error = await RefusedAsync("org/tiny@v1");
        Assert.Equal("RevisionNotFound", error.Kind);
        Assert.Contains("no revision \"v1\"; the nearest it has: v1.0, main", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listed_file_that_is_not_there_is_named()
    {
        Server.Add("org/tiny", Model());
        Server.Answer = request => request.Path.EndsWith("/tokenizer.json", StringComparison.Ordinal) ? HubAnswer.Text(404, "", ("X-Error-Code", "EntryNotFound")) : null;
        Assert.StartsWith("tokenizer.json of org/tiny:", (await RefusedAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_content_hashes_is_of_no_use()
    {
        Server.Add("org/tiny", Model());
        Server.Answer = request => request.Path.Contains("/tree/", StringComparison.Ordinal) ? HubAnswer.Text(404)
            : request.Method == "HEAD" ? HubAnswer.Text(200, "", ("ETag", "\"5d41402abc4b2a76b9719d911017c592\""))
            : null;
        Assert.Contains("no content hash", (await RefusedAsync()).Message, StringComparison.Ordinal);
    }
}
