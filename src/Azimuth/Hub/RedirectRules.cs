using System.Net;
using System.Net.Sockets;

namespace Azimuth.Hub;

/// <summary>Which addresses a server may send a client to, and which of them see the token.</summary>
internal static class RedirectRules
{
    /// <summary>True where the token may be sent: the endpoint's own scheme, host and port, or the same host at https's own port after http's.</summary>
    public static bool MayHaveToken(Uri endpoint, Uri address) =>
        string.Equals(endpoint.IdnHost, address.IdnHost, StringComparison.OrdinalIgnoreCase)
        && ((endpoint.Scheme == address.Scheme && endpoint.Port == address.Port)
            || (endpoint is { Scheme: "http", Port: 80 } && address is { Scheme: "https", Port: 443 }));

    /// <summary>The address that a Location or Link leads to.</summary>
    /// <exception cref="HubException">No http or https address, from https to http, or from a public server into a private network.</exception>
    public static Uri Next(Uri endpoint, Uri from, string? location)
    {
        if (string.IsNullOrEmpty(location) || !Uri.TryCreate(from, location, out Uri? next))
            throw Refused(from, location ?? "", "expected an address to go on at");
        // A path that begins with a slash is a file's address to .NET on Unix; here it is one on the same server.
        if (next.Scheme != Uri.UriSchemeHttp && next.Scheme != Uri.UriSchemeHttps)
            throw Refused(from, location, "only http and https addresses are followed");
        if (from.Scheme == Uri.UriSchemeHttps && next.Scheme == Uri.UriSchemeHttp)
            throw Refused(from, location, "an https address does not lead to an http one");
        if (next.UserInfo.Length > 0)
            throw Refused(from, location, "an address with a user's name in it is not followed");
        // Who is asked for a model must not be able to point this machine at its own services or its neighbours'.
        return IsPrivate(next) && !IsPrivate(endpoint)
            ? throw Refused(from, location, "a public server does not lead into a private network")
            : next;
    }

    /// <summary>True for this machine and for addresses that are not routed on the internet; names are not looked up.</summary>
    public static bool IsPrivate(Uri address)
    {
        string host = address.IdnHost.TrimEnd('.');
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase))
            return true;
        if (!IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? ip))
            return false;
        if (ip.IsIPv4MappedToIPv6)
            ip = ip.MapToIPv4();
        if (IPAddress.IsLoopback(ip) || ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))
            return true;
        if (ip.AddressFamily == AddressFamily.InterNetworkV6)
            return ip.IsIPv6LinkLocal || ip.IsIPv6SiteLocal || ip.IsIPv6UniqueLocal;
        byte[] b = ip.GetAddressBytes();
        return b[0] is 10 or 0 || (b[0] == 172 && b[1] is >= 16 and <= 31) || (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) || (b[0] == 100 && b[1] is >= 64 and <= 127);
    }

    private static HubException Refused(Uri from, string location, string rule) =>
        new($"{from.Host}: its answer leads to \"{HubException.Shown(location)}\", but {rule}. Check the endpoint's address", "BadRedirect");
}
