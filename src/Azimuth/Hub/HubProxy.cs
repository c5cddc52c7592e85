using System.Net;

namespace Azimuth.Hub;

/// <summary>The system's proxy (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), but not for servers on this machine, which no proxy can reach.</summary>
internal sealed class HubProxy : IWebProxy
{
    private readonly IWebProxy _system = HttpClient.DefaultProxy;

    public ICredentials? Credentials
    {
        get => _system.Credentials;
        set => _system.Credentials = value;
    }

    public Uri? GetProxy(Uri destination) => destination.IsLoopback ? null : _system.GetProxy(destination);

    public bool IsBypassed(Uri host) => host.IsLoopback || _system.IsBypassed(host);
}
