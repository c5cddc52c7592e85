using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Azimuth.Hub;

/// <summary>A file in a listing; size and hash are unknown where a server lists names only.</summary>
internal sealed record ListedFile(string Path, long? Size, string? Hash);

/// <summary>What a hub has of a model at a commit.</summary>
internal sealed record HubListing(string Commit, IReadOnlyList<ListedFile> Files);

/// <summary>
/// Reads listings: <c>/api/models/REPO/revision/REV</c> for the commit, <c>/api/models/REPO/tree/COMMIT?recursive=true</c> page by page for the files.
/// Servers without the second list their files' names in the first; then each file is asked for by HEAD.
/// </summary>
internal sealed partial class ListingReader(HubClient client, HubOptions options, HubName name, Action<string> remark)
{
    private const int MostFiles = 100_000;
    private const long LargestFile = 1L << 44;
    private const int MostPages = 500;
    private const int MostPageBytes = 16 << 20;

    /// <summary>The commit and its files. Every name has been judged: none can lead out of a folder.</summary>
    /// <exception cref="HubException">No such model or revision, no access, no network, or an answer that is no listing.</exception>
    public async Task<HubListing> ReadAsync(CancellationToken cancel)
    {
        using JsonDocument revision = (await PageAsync(Models($"/revision/{Uri.EscapeDataString(name.Revision)}"), cancel)).Json;
        string commit = Text(revision.RootElement, "sha");
        if (!HubFile.IsHash(commit))
            throw Malformed($"a commit of 40 hexadecimal digits, found \"{HubException.Shown(commit)}\"");
        IReadOnlyList<ListedFile> files = await TreeAsync(commit, cancel) ?? Siblings(revision.RootElement);
        foreach (ListedFile file in files)
        {
            if (HubPath.Hostile(file.Path) is string bad)
                throw new HubException($"{name}: {options.Endpoint.Host} lists \"{HubException.Shown(file.Path)}\", {bad}. Nothing was written; such a server is not to be trusted", "HostileName");
        }

        return new HubListing(commit, files);
    }

    /// <summary>What is known of a file once its size and hash have been asked for.</summary>
    public async Task<HubFile> CompleteAsync(ListedFile file, string commit, CancellationToken cancel)
    {
        (long? size, string? hash) = (file.Size, file.Hash);
        if (size is null || hash is null)
        {
            using HubResponse head = await new Attempts(options, $"{file.Path} of {name}", remark).RunAsync(async () => Checked(await client.SendAsync(HttpMethod.Head, Resolve(file.Path, commit), null, followAway: false, cancel), file.Path), cancel);
            (size, hash) = (head.Size ?? size ?? head.Headers.ContentLength, head.Hash ?? hash);
        }

        if (hash is null)
            throw new HubException($"{file.Path} of {name}: {options.Endpoint.Host} tells no content hash (X-Linked-Etag or ETag), so what comes could not be verified. Use another endpoint", "BadAnswer");
        return size is >= 0 and <= LargestFile
            ? new HubFile(file.Path, size.Value, hash)
            : throw new HubException($"{file.Path} of {name}: {options.Endpoint.Host} tells no size, or one beyond any model's. Use another endpoint", "BadAnswer");
    }

    /// <summary>Names close to one that the server does not have, as the end of a message.</summary>
    public async Task<string> AdviceAsync(string kind, CancellationToken cancel)
    {
        try
        {
            const int Shown = 5;
            string path = kind == "RevisionNotFound" ? Models("/refs") : $"/api/models?search={Uri.EscapeDataString(name.Repository.Split('/')[^1])}&limit={Shown}";
            using JsonDocument answer = (await PageAsync(path, cancel)).Json;
            IEnumerable<string> found = kind == "RevisionNotFound"
                ? new[] { "branches", "tags" }.SelectMany(list => Elements(answer.RootElement, list)).Select(e => Text(e, "name"))
                : answer.RootElement.EnumerateArray().Select(e => Text(e, "id"));
            string[] names = [.. Checkpoints.NearestNames.Of(kind == "RevisionNotFound" ? name.Revision : name.Repository, found.Where(n => n.Length > 0).Take(1000), Shown).Select(HubException.Shown)];
            return names.Length == 0 ? "" : $"; the nearest it has: {string.Join(", ", names)}";
        }
        catch (Exception e) when (e is HubException or InvalidOperationException)
        {
            // Advice that cannot be had must not hide what it is about.
            return "";
        }
    }

    /// <summary>The address of a file's content.</summary>
    public Uri Resolve(string path, string commit) => client.Address($"/{name.Repository}/resolve/{commit}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}");

    private string Models(string rest) => $"/api/models/{name.Repository}{rest}";

    private HubResponse Checked(HubResponse response, string? file)
    {
        if ((int)response.Status is >= 200 and < 400)
            return response;
        using (response)
            throw HubStatus.Problem(response, name, file, options);
    }

    /// <summary>All pages of the tree; null where the server has no trees.</summary>
    private async Task<List<ListedFile>?> TreeAsync(string commit, CancellationToken cancel)
    {
        var files = new List<ListedFile>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        string next = client.Address(Models($"/tree/{commit}?recursive=true")).AbsoluteUri;
        try
        {
            while (next.Length > 0)
            {
                if (!seen.Add(next))
                    throw Malformed("pages that end, found a page that leads back to itself");
                if (seen.Count > MostPages)
                    throw Malformed(FormattableString.Invariant($"a listing of at most {MostPages} pages, found more"));
                (JsonDocument page, string link) = await PageAsync(next, cancel);
                using (page)
                {
                    files.AddRange(Entries(page.RootElement));
                    if (files.Count > MostFiles)
                        throw Malformed(FormattableString.Invariant($"at most {MostFiles} files, found more"));
                    next = link;
                }
            }
        }
        catch (HubException e) when (e.Kind is "NotFound" or "BadAnswer" && seen.Count == 1 && files.Count == 0)
        {
            return null;
        }

        return files;
    }

    private IEnumerable<ListedFile> Entries(JsonElement page)
    {
        if (page.ValueKind != JsonValueKind.Array)
            throw Malformed($"an array of files, found {page.ValueKind}");
        foreach (JsonElement entry in page.EnumerateArray())
        {
            if (Text(entry, "type") is not "file")
                continue;
            JsonElement? lfs = entry.TryGetProperty("lfs", out JsonElement stored) && stored.ValueKind == JsonValueKind.Object ? stored : null;
            yield return new ListedFile(Text(entry, "path"), Number(lfs ?? entry, "size"), Hash(Text(lfs ?? entry, "oid")));
        }
    }

    private IReadOnlyList<ListedFile> Siblings(JsonElement revision)
    {
        ListedFile[] files = [.. Elements(revision, "siblings").Take(MostFiles + 1).Select(entry => new ListedFile(Text(entry, "rfilename"), null, null))];
        return files.Length <= MostFiles ? files : throw Malformed(FormattableString.Invariant($"at most {MostFiles} files, found more"));
    }

    private string? Hash(string text) =>
        text.Length == 0 ? null
        : HubFile.IsHash(text) ? text
        : throw Malformed($"a hash of 40 or 64 hexadecimal digits, found \"{HubException.Shown(text)}\"");

    private async Task<(JsonDocument Json, string Next)> PageAsync(string path, CancellationToken cancel) =>
        await new Attempts(options, name.ToString(), remark).RunAsync(async () =>
        {
            Uri address = path.StartsWith('/') ? client.Address(path) : new Uri(path);
            using HubResponse response = Checked(await client.SendAsync(HttpMethod.Get, address, null, followAway: true, cancel), null);
            if (response.Headers.ContentEncoding.Count > 0)
                throw Malformed($"an answer as it was asked for, not compressed, found {HubException.Shown(string.Join(", ", response.Headers.ContentEncoding))}");
            byte[] body = await BodyAsync(response, cancel);
            return (Parse(body), Next(response));
        }, cancel);

    private async Task<byte[]> BodyAsync(HubResponse response, CancellationToken cancel)
    {
        Stream stream = await client.BodyAsync(response, cancel);
        var body = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        int read;
        while ((read = await client.ReadAsync(stream, buffer, response.Address.Host, cancel)) > 0)
        {
            body.Write(buffer, 0, read);
            if (body.Length > MostPageBytes)
                throw Malformed(FormattableString.Invariant($"at most {MostPageBytes >> 20} MiB, found more"));
        }

        return body.ToArray();
    }

    /// <summary>The address under rel="next" (RFC 8288), held to the same rules as a redirect; "" where there is none.</summary>
    private string Next(HubResponse response)
    {
        if (!response.Message.Headers.TryGetValues("Link", out IEnumerable<string>? links))
            return "";
        Match next = NextLink().Match(string.Join(", ", links));
        return next.Success ? RedirectRules.Next(options.Endpoint, response.Address, next.Groups[1].Value).AbsoluteUri : "";
    }

    private JsonDocument Parse(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw Malformed($"JSON, found {Checkpoints.JsonFile.Problem(e)}");
        }
    }

    private IEnumerable<JsonElement> Elements(JsonElement from, string key) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(key, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    private string Text(JsonElement from, string key)
    {
        try
        {
            return from.ValueKind == JsonValueKind.Object && from.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, or bytes that are no UTF-8: JsonDocument looks only when asked.
            throw Malformed($"text under \"{key}\", found invalid Unicode");
        }
    }

    private long? Number(JsonElement from, string key)
    {
        if (!from.TryGetProperty(key, out JsonElement value))
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= 0
            ? number
            : throw Malformed($"a size, found {HubException.Shown(value.GetRawText())}");
    }

    private HubException Malformed(string expected) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{name}: expected from {options.Endpoint.Host} {expected}. Check the endpoint's address"), "BadListing");

    [GeneratedRegex("""<([^<>]{1,2000})>\s*;[^,<>]*\brel="?next"?""", RegexOptions.IgnoreCase)]
    private static partial Regex NextLink();
}
