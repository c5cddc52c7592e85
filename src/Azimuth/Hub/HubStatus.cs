using System.Net;

namespace Azimuth.Hub;

/// <summary>Says what an answer's status means for a model.</summary>
internal static class HubStatus
{
    /// <summary>True for an answer that may be another one next time.</summary>
    public static bool MayPass(HttpStatusCode status) => (int)status is 408 or 425 or 429 or >= 500 and not 501 and not 505;

    /// <summary>The exception for an answer that is not what was asked for.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="name">The model.</param>
    /// <param name="file">The file asked for, null for the model as a whole.</param>
    /// <param name="options">The endpoint, and whether a token was sent.</param>
    public static Exception Problem(HubResponse response, HubName name, string? file, HubOptions options)
    {
        string where = file is null ? name.ToString() : $"{file} of {name}", host = response.Address.Host;
        int status = (int)response.Status;
        if (MayPass(response.Status))
            return new TransientException(status == 429 ? $"{host} has had too many requests from here (429)" : FormattableString.Invariant($"{host} answered {status}"), RetryAfter(response.Message));
        string code = HubClient.Header(response.Message, "X-Error-Code") ?? "";
        string said = HubClient.Header(response.Message, "X-Error-Message") is { Length: > 0 } message ? $" (\"{HubException.Shown(message)}\")" : "";
        string page = options.Endpoint.AbsoluteUri.TrimEnd('/') + "/" + name.Repository;
        return (status, code) switch
        {
            (_, "GatedRepo") => new HubException(
                $"{name}: it is given only to those who accept its licence. Accept it at {page}, then set HF_TOKEN to a token of the same account{(options.Token is null ? "" : "; the token that was sent has no access")}", "Gated"),
            (401 or 403, _) when options.Token is null => new HubException(
                $"{name}: there is no such model, or it is private or gated ({status}){said}. Check the name; if it is right, accept the licence at {page} where one is asked for and set HF_TOKEN to a token of your account", "Unauthorized"),
            (401, _) => new HubException($"{name}: there is no such model for this token, or the token is not valid ({status}){said}. Check the name and HF_TOKEN", "Unauthorized"),
            (403, _) => new HubException($"{name}: the token has no access ({status}){said}. Accept the licence at {page} where one is asked for, and check what HF_TOKEN may read", "Unauthorized"),
            (404, "RevisionNotFound") => new HubException($"{name.Repository}: it has no revision \"{name.Revision}\"", "RevisionNotFound"),
            (404, _) when file is not null => new HubException($"{where}: {host} does not have it (404){said}. It may have been taken away meanwhile; pull again", "FileNotFound"),
            (404, _) => new HubException($"{name.Repository}: {host} has no such model (404)", "NotFound"),
            _ => new HubException(FormattableString.Invariant($"{where}: {host} answered {status}{said}. Check the endpoint's address"), "BadAnswer"),
        };
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage message)
    {
        TimeSpan? wait = message.Headers.RetryAfter switch
        {
            { Delta: TimeSpan delta } => delta,
            { Date: DateTimeOffset date } => date - DateTimeOffset.UtcNow,
            _ => null,
        };
        return wait is { } asked && asked < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}
