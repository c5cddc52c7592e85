using System.Globalization;
using Azimuth.Checkpoints;

namespace Azimuth.Hub;

/// <summary>Where models are fetched from and kept, and how patiently. <see cref="FromEnvironment"/> reads the variables of the hub's reference client.</summary>
public sealed record HubOptions
{
    /// <summary>The server used when none is named.</summary>
    public const string DefaultEndpoint = "https://huggingface.co";

    private const string EndpointVariable = "HF_ENDPOINT";

    /// <summary>The server's address, http or https, a path allowed; HF_ENDPOINT, else https://huggingface.co.</summary>
    public Uri Endpoint { get; init; } = new(DefaultEndpoint);

    /// <summary>
    /// Sent to <see cref="Endpoint"/> and to nobody else; null for none. HF_TOKEN, else HUGGING_FACE_HUB_TOKEN, else the file that HF_TOKEN_PATH names, else HF_HOME/token; none where HF_HUB_DISABLE_IMPLICIT_TOKEN is 1, ON, YES or TRUE.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>The folder that holds <c>models--ORG--NAME</c>: HF_HUB_CACHE, else HUGGINGFACE_HUB_CACHE, else HF_HOME/hub; HF_HOME is ~/.cache/huggingface unless set.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>True for no request at all: HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is 1, ON, YES or TRUE.</summary>
    public bool Offline { get; init; }

    /// <summary>False to keep copies instead of symbolic links: HF_HUB_DISABLE_SYMLINKS is 1, ON, YES or TRUE.</summary>
    public bool SymbolicLinks { get; init; } = true;

    /// <summary>Requests under way at once, 1 to 64.</summary>
    public int Connections { get; init; } = 8;

    /// <summary>How long a server may send nothing before the request counts as cut: HF_HUB_DOWNLOAD_TIMEOUT in seconds, else 30 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often in a row a request may fail without anything having come; what is received sets the count back.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>The pause after the first failure; each further one is twice as long, up to 30 s.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The options that the environment's variables ask for.</summary>
    /// <param name="endpoint">A server's address that counts more than HF_ENDPOINT, or null.</param>
    /// <exception cref="HubException">An address or a number among them that is none.</exception>
    public static HubOptions FromEnvironment(string? endpoint = null) => FromVariables(Environment.GetEnvironmentVariable, endpoint);

    /// <summary>The cache's folder alone, which no wrong variable can make fail.</summary>
    internal static string CacheFolderFrom(Func<string, string?> variable) =>
        Set(variable, "HF_HUB_CACHE") ?? Set(variable, "HUGGINGFACE_HUB_CACHE") ?? Path.Combine(Home(variable), "hub");

    internal static HubOptions FromVariables(Func<string, string?> variable, string? endpoint)
    {
        string? configured = variable(EndpointVariable);
        return new HubOptions
        {
            Endpoint = endpoint is not null ? Address(endpoint, "--endpoint")
                : string.IsNullOrWhiteSpace(configured) ? new Uri(DefaultEndpoint)
                : Address(configured, EndpointVariable),
            Token = IsTrue(variable("HF_HUB_DISABLE_IMPLICIT_TOKEN")) ? null : FindToken(variable),
            CacheFolder = CacheFolderFrom(variable),
            Offline = IsTrue(variable("HF_HUB_OFFLINE") is { Length: > 0 } offline ? offline : variable("TRANSFORMERS_OFFLINE")),
            SymbolicLinks = !IsTrue(variable("HF_HUB_DISABLE_SYMLINKS")),
            IdleTimeout = Timeout(variable("HF_HUB_DOWNLOAD_TIMEOUT")),
        };
    }

    private static TimeSpan Timeout(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return TimeSpan.FromSeconds(30);
        return int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds is > 0 and <= 3600
            ? TimeSpan.FromSeconds(seconds)
            : throw new HubException($"HF_HUB_DOWNLOAD_TIMEOUT: expected whole seconds from 1 to 3600, found \"{HubException.Shown(text)}\"", "BadOption");
    }

    private static Uri Address(string text, string where)
    {
        if (!Uri.TryCreate(text.Trim(), UriKind.Absolute, out Uri? address) || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp) || address.Host.Length == 0)
            throw new HubException($"{where}: expected an address such as {DefaultEndpoint}, found \"{HubException.Shown(text)}\"", "BadOption");
        return address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0
            ? throw new HubException($"{where}: expected an address without a user's name, \"?\" and \"#\"; a token belongs into HF_TOKEN", "BadOption")
            : address;
    }

    private static string? FindToken(Func<string, string?> variable)
    {
        // The reference client strips blanks and line ends as well; what else does not fit into a header is nobody's token.
        if (Clean(variable("HF_TOKEN")) is string set)
            return set;
        if (Clean(variable("HUGGING_FACE_HUB_TOKEN")) is string older)
            return older;
        string path = Set(variable, "HF_TOKEN_PATH") ?? Path.Combine(Home(variable), "token");
        try
        {
            const int LongestToken = 4096;
            return File.Exists(path) && AtomicFile.Length(path) <= LongestToken ? Clean(File.ReadAllText(path)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Clean(string? token)
    {
        string text = (token ?? "").Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal).Trim();
        if (text.Length == 0)
            return null;
        return text.All(c => c is > ' ' and <= '~')
            ? text
            : throw new HubException("the token in HF_TOKEN or the token file: expected letters, digits and signs without blanks, found another character. Set it again", "BadOption");
    }

    private static string Home(Func<string, string?> variable) =>
        Set(variable, "HF_HOME")
        ?? Path.Combine(Set(variable, "XDG_CACHE_HOME") ?? Path.Combine(UserFolder, ".cache"), "huggingface");

    private static string UserFolder => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);

    private static string? Set(Func<string, string?> variable, string name)
    {
        string? value = variable(name);
        if (string.IsNullOrWhiteSpace(value))
            return null;
        string expanded = value == "~" || value.StartsWith("~/", StringComparison.Ordinal) ? UserFolder + value[1..] : value;
        return Path.GetFullPath(expanded);
    }

    private static bool IsTrue(string? value) => value?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";
}
