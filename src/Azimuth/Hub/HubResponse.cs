using System.Net;
using System.Net.Http.Headers;

namespace Azimuth.Hub;

/// <summary>An answer after all redirects, with what the hub itself said on the way. Whoever gets it disposes it.</summary>
/// <param name="Message">The last answer; its body has not been read.</param>
/// <param name="Address">Where it came from.</param>
/// <param name="Commit">X-Repo-Commit of the hub, or null.</param>
/// <param name="Hash">X-Linked-Etag of the hub, else its ETag, without quotes; null where it is no content hash.</param>
/// <param name="Size">X-Linked-Size of the hub, or null.</param>
internal sealed record HubResponse(HttpResponseMessage Message, Uri Address, string? Commit, string? Hash, long? Size) : IDisposable
{
    public HttpStatusCode Status => Message.StatusCode;

    public HttpContentHeaders Headers => Message.Content.Headers;

    public void Dispose() => Message.Dispose();
}
