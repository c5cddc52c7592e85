using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;

namespace Azimuth.Hub;

/// <summary>
/// Asks a hub. Redirects are followed here and not by .NET, so that the token reaches the endpoint only; an answer that may be better next time is a
/// <see cref="TransientException"/>, every other bad one a <see cref="HubException"/>. May be used from many threads.
/// </summary>
internal sealed class HubClient : IDisposable
{
    private const int MostRedirects = 10;
    private const int MostHeaderKilobytes = 64;

    private readonly HttpClient _http;
    private readonly HubOptions _options;
    private volatile bool _reached;

    public HubClient(HubOptions options)
    {
        _options = options;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            Proxy = new HubProxy(),
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = options.IdleTimeout,
            MaxConnectionsPerServer = options.Connections + 1,
            MaxResponseHeadersLength = MostHeaderKilobytes,
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The address of a path below the endpoint; its parts are escaped already.</summary>
    public Uri Address(string path) => new(_options.Endpoint.AbsoluteUri.TrimEnd('/') + path);

    /// <summary>Follows redirects to the answer, whatever its status.</summary>
    /// <param name="method">GET or HEAD.</param>
    /// <param name="address">Where to begin.</param>
    /// <param name="range">The bytes asked for, null for all.</param>
    /// <param name="followAway">False to stop at an answer that leads to another server: what the hub says of the file is in it.</param>
    /// <param name="cancel">Ends the waiting.</param>
    public async Task<HubResponse> SendAsync(HttpMethod method, Uri address, RangeHeaderValue? range, bool followAway, CancellationToken cancel)
    {
        string? commit = null, hash = null;
        long? size = null;
        Uri at = address;
        for (int hop = 0; hop <= MostRedirects; hop++)
        {
            HttpResponseMessage message = await SendOnceAsync(method, at, range, cancel);
            if (RedirectRules.MayHaveToken(_options.Endpoint, at))
                (commit, hash, size) = (Header(message, "X-Repo-Commit") ?? commit, ContentHash(message) ?? hash, LinkedSize(message) ?? size);
            if (message.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect))
                return new HubResponse(message, at, commit, hash, size);
            Uri next;
            try
            {
                next = RedirectRules.Next(_options.Endpoint, at, Header(message, "Location"));
            }
            catch
            {
                message.Dispose();
                throw;
            }

            if (!followAway && !RedirectRules.MayHaveToken(_options.Endpoint, next))
                return new HubResponse(message, at, commit, hash, size);
            message.Dispose();
            at = next;
        }

        throw new HubException(FormattableString.Invariant($"{address.Host}: its answers lead on and on, more than {MostRedirects} times. Check the endpoint's address"), "BadRedirect");
    }

    /// <summary>Reads a part of a body; a server that sends nothing for the idle timeout is cut off.</summary>
    public Task<int> ReadAsync(Stream body, Memory<byte> into, string host, CancellationToken cancel) =>
        GuardAsync(host, token => body.ReadAsync(into, token).AsTask(), cancel);

    /// <summary>The body's stream.</summary>
    public Task<Stream> BodyAsync(HubResponse response, CancellationToken cancel) =>
        GuardAsync(response.Address.Host, response.Message.Content.ReadAsStreamAsync, cancel);

    public void Dispose() => _http.Dispose();

    /// <summary>A header's value, or null.</summary>
    public static string? Header(HttpResponseMessage message, string name) =>
        message.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, Uri address, RangeHeaderValue? range, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.TryAddWithoutValidation("User-Agent", "azimuth/" + typeof(HubClient).Assembly.GetName().Version?.ToString(3));
        // Sizes and hashes are those of the plain bytes.
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        request.Headers.Range = range;
        if (_options.Token is string token && RedirectRules.MayHaveToken(_options.Endpoint, address))
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        HttpResponseMessage message = await GuardAsync(address.Host, t => _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, t), cancel);
        _reached = true;
        return message;
    }

    /// <summary>Runs one step of a transfer and says in the hub's terms what went wrong with it.</summary>
    private async Task<T> GuardAsync<T>(string host, Func<CancellationToken, Task<T>> step, CancellationToken cancel)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        idle.CancelAfter(_options.IdleTimeout);
        try
        {
            return await step(idle.Token);
        }
        catch (Exception e) when (cancel.IsCancellationRequested && e is HttpRequestException or IOException)
        {
            // What a connection says when it is taken away from it.
            throw new OperationCanceledException(e.Message, e, cancel);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw Lost($"{host} sent nothing for {_options.IdleTimeout.TotalSeconds:0.#} s", e);
        }
        catch (HttpRequestException e)
        {
            throw e switch
            {
                { InnerException: AuthenticationException } or { HttpRequestError: HttpRequestError.SecureConnectionError } =>
                    new HubException($"{host}: no secure connection ({e.InnerException?.Message ?? e.Message}) Check the address, this machine's clock and its certificates", "Insecure", e),
                { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded } =>
                    new HubException($"{host}: expected an answer by the rules of HTTP, found another ({HubException.Shown(e.Message)}) Check the endpoint's address", "BadAnswer", e),
                { HttpRequestError: HttpRequestError.NameResolutionError } => Lost($"{host} is not known on this network", e),
                { HttpRequestError: HttpRequestError.ConnectionError } => Lost($"{host} cannot be reached ({HubException.Shown(e.Message)})", e),
                _ => Lost($"the connection to {host} was cut", e),
            };
        }
        catch (IOException e)
        {
            throw Lost($"the connection to {host} was cut", e);
        }
    }

    /// <summary>A server that has never answered is reported at once: trying for half a minute would only delay the news that there is no network.</summary>
    private Exception Lost(string what, Exception cause) => _reached
        ? new TransientException(what, null, cause)
        : new HubException($"{what}. Check the network and the endpoint's address; models that are in the cache open without it", "Unreachable", cause);

    /// <summary>The reference client takes X-Linked-Etag before ETag: the latter is the pointer's where a file is in large file storage.</summary>
    private static string? ContentHash(HttpResponseMessage message)
    {
        string? etag = Header(message, "X-Linked-Etag") ?? (message.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent ? Header(message, "ETag") : null);
        if (etag is null)
            return null;
        string text = (etag.StartsWith("W/", StringComparison.Ordinal) ? etag[2..] : etag).Trim('"').ToLowerInvariant();
        return HubFile.IsHash(text) ? text : null;
    }

    private static long? LinkedSize(HttpResponseMessage message) =>
        long.TryParse(Header(message, "X-Linked-Size"), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long size) ? size : null;
}
