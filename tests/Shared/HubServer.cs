using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Azimuth.Testing;

/// <summary>What a client asked.</summary>
internal sealed record HubRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The target without its query.</summary>
    public string Path => Target.Split('?')[0];

    public string? Header(string name) => Headers.TryGetValue(name, out string? value) ? value : null;

    /// <summary>The bytes asked for, the second inclusive; null for all.</summary>
    public (long From, long To)? Range(long length)
    {
        if (Header("Range") is not string text)
            return null;
        string[] ends = text["bytes=".Length..].Split('-');
        long from = long.Parse(ends[0], CultureInfo.InvariantCulture);
        return (from, ends[1].Length == 0 ? length - 1 : Math.Min(length - 1, long.Parse(ends[1], CultureInfo.InvariantCulture)));
    }
}

/// <summary>What the server does with a request, right or wrong.</summary>
internal sealed record HubAnswer(int Status, byte[] Body, params IReadOnlyList<(string Name, string Value)> Headers)
{
    /// <summary>Content-Length, where it is not the body's.</summary>
    public long? Announced { get; init; }

    /// <summary>Chunked, without a length.</summary>
    public bool Chunked { get; init; }

    /// <summary>The connection is cut when so many bytes of the body are out.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Nothing more is sent when so many bytes of the body are out.</summary>
    public int? StallAfter { get; init; }

    /// <summary>The body over and over.</summary>
    public bool Endless { get; init; }

    public static HubAnswer Json(object value, params IReadOnlyList<(string, string)> headers) => new(200, JsonSerializer.SerializeToUtf8Bytes(value), [("Content-Type", "application/json"), .. headers]);

    public static HubAnswer Text(int status, string body = "", params IReadOnlyList<(string, string)> headers) => new(status, Encoding.UTF8.GetBytes(body), headers);

    public static HubAnswer Redirect(string location, params IReadOnlyList<(string, string)> headers) => new(302, [], [("Location", location), .. headers]);
}

/// <summary>
/// A hub of the test's own on a port of this machine: lists models, leads to a server for large files, gives ranges. <see cref="Answer"/> can put any
/// answer in the place of the right one, among them those that no HTTP library would send.
/// </summary>
internal sealed class HubServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<HubRequest> _requests = new();
    private readonly Dictionary<string, Repository> _repositories = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> _blobs = new(StringComparer.Ordinal);

    public HubServer()
    {
        _listener.Start(512);
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    public string Address => FormattableString.Invariant($"http://127.0.0.1:{Port}");

    /// <summary>The same server under another host's name, as a content delivery network is one.</summary>
    public string OtherAddress => FormattableString.Invariant($"http://localhost:{Port}");

    /// <summary>Asked first; null gives the right answer.</summary>
    public Func<HubRequest, HubAnswer?> Answer { get; set; } = _ => null;

    /// <summary>Changes an answer's bytes on their way: its head with status and headers, or its body.</summary>
    public Func<byte[], bool, byte[]> Damage { get; set; } = (bytes, _) => bytes;

    /// <summary>Files on a page of the tree.</summary>
    public int PageSize { get; set; } = 1000;

    /// <summary>False for a server that sends whole files whatever range is asked for.</summary>
    public bool Ranges { get; set; } = true;

    public IReadOnlyList<HubRequest> Requests => [.. _requests];

    /// <summary>Requests for content, of large and of small files.</summary>
    public IReadOnlyList<HubRequest> Downloads => [.. _requests.Where(r => r.Method == "GET" && (r.Path.StartsWith("/cdn/", StringComparison.Ordinal) || r.Path.Contains("/resolve/", StringComparison.Ordinal)))];

    /// <summary>Puts a model at a commit that its content decides; returns the commit.</summary>
    public string Add(string name, IReadOnlyDictionary<string, byte[]> files, string revision = "main")
    {
        string commit = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(string.Join('\n', files.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => f.Key + Sha256(f.Value))))));
        if (!_repositories.TryGetValue(name, out Repository? repository))
            _repositories[name] = repository = new Repository([], []);
        repository.Revisions[revision] = commit;
        repository.Commits[commit] = files;
        foreach (byte[] content in files.Values)
            _blobs[Sha256(content)] = content;
        return commit;
    }

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public static string GitSha1(byte[] content) => Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes(FormattableString.Invariant($"blob {content.Length}\0")), .. content]));

    /// <summary>True for files that hubs keep in large file storage.</summary>
    public static bool IsLarge(string path) => path.EndsWith(".safetensors", StringComparison.Ordinal) || path.EndsWith(".gguf", StringComparison.Ordinal) || path.EndsWith(".bin", StringComparison.Ordinal);

    public static string HashOf(string path, byte[] content) => IsLarge(path) ? Sha256(content) : GitSha1(content);

    /// <summary>The right answer.</summary>
    public HubAnswer Rightly(HubRequest request)
    {
        string[] parts = request.Path.Trim('/').Split('/');
        if (request.Path.StartsWith("/cdn/", StringComparison.Ordinal))
            return Content(request, _blobs[parts[1]], "\"of the storage\"");
        if (request.Path == "/api/models")
            return HubAnswer.Json(_repositories.Keys.Select(id => new { id }));
        int verb = Array.FindIndex(parts, p => p is "revision" or "tree" or "resolve" or "refs");
        int first = parts[0] == "api" ? 2 : 0;
        string name = string.Join('/', parts[first..Math.Max(first, verb)]);
        if (verb < 0 || !_repositories.TryGetValue(name, out Repository? repository))
            return HubAnswer.Text(404, "", ("X-Error-Code", "RepoNotFound"));
        if (parts[verb] == "refs")
            return HubAnswer.Json(new { branches = repository.Revisions.Select(r => new { name = r.Key, targetCommit = r.Value }), tags = Array.Empty<object>() });
        string revision = Uri.UnescapeDataString(parts[verb + 1]);
        string? commit = repository.Commits.ContainsKey(revision) ? revision : repository.Revisions.GetValueOrDefault(revision);
        if (commit is null)
            return HubAnswer.Text(404, "", ("X-Error-Code", "RevisionNotFound"));
        IReadOnlyDictionary<string, byte[]> files = repository.Commits[commit];
        return parts[verb] switch
        {
            "revision" => HubAnswer.Json(new { id = name, sha = commit, siblings = files.Keys.Select(rfilename => new { rfilename }) }),
            "tree" => Tree(request, files),
            _ => Resolve(request, commit, Uri.UnescapeDataString(string.Join('/', parts[(verb + 2)..])), files),
        };
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
    }

    private HubAnswer Tree(HubRequest request, IReadOnlyDictionary<string, byte[]> files)
    {
        int cursor = request.Target.Split("cursor=") is [_, string at] ? int.Parse(at, CultureInfo.InvariantCulture) : 0;
        var page = files.OrderBy(f => f.Key, StringComparer.Ordinal).Skip(cursor).Take(PageSize).Select(f => Entry(f.Key, f.Value));
        (string, string)[] link = cursor + PageSize < files.Count ? [("Link", FormattableString.Invariant($"<{Address}{request.Path}?recursive=true&cursor={cursor + PageSize}>; rel=\"next\""))] : [];
        return HubAnswer.Json(page, link);
    }

    private static object Entry(string path, byte[] content) => IsLarge(path)
        ? new { type = "file", oid = new string('1', 40), size = 135, path, lfs = new { oid = Sha256(content), size = content.LongLength, pointerSize = 135 } }
        : new { type = "file", oid = GitSha1(content), size = content.LongLength, path };

    private HubAnswer Resolve(HubRequest request, string commit, string path, IReadOnlyDictionary<string, byte[]> files)
    {
        if (!files.TryGetValue(path, out byte[]? content))
            return HubAnswer.Text(404, "", ("X-Error-Code", "EntryNotFound"), ("X-Repo-Commit", commit));
        if (!IsLarge(path))
            return Content(request, content, $"\"{GitSha1(content)}\"", ("X-Repo-Commit", commit));
        return HubAnswer.Redirect($"{OtherAddress}/cdn/{Sha256(content)}?signature=1", ("X-Repo-Commit", commit), ("X-Linked-Etag", $"\"{Sha256(content)}\""), ("X-Linked-Size", content.Length.ToString(CultureInfo.InvariantCulture)));
    }

    private HubAnswer Content(HubRequest request, byte[] content, string etag, params IReadOnlyList<(string, string)> headers)
    {
        if (!Ranges || request.Range(content.Length) is not var (from, to))
            return new HubAnswer(200, content, [("ETag", etag), .. headers]);
        if (from >= content.Length)
            return HubAnswer.Text(416, "", ("Content-Range", FormattableString.Invariant($"bytes */{content.Length}")));
        return new HubAnswer(206, content[(int)from..((int)to + 1)], [("ETag", etag), ("Content-Range", FormattableString.Invariant($"bytes {from}-{to}/{content.Length}")), .. headers]);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
                while (await ReadAsync(reader) is { } request)
                {
                    _requests.Enqueue(request);
                    HubAnswer answer = Answer(request) ?? Rightly(request);
                    if (!await WriteAsync(stream, request, answer))
                        return;
                }
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The client went away.
            }
        }
    }

    private async Task<HubRequest?> ReadAsync(StreamReader reader)
    {
        string[]? first = (await reader.ReadLineAsync(_stop.Token))?.Split(' ');
        if (first is not [string method, string target, _])
            return null;
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 } line)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return new HubRequest(method, target, headers);
    }

    /// <summary>False where the connection is to be cut.</summary>
    private async Task<bool> WriteAsync(NetworkStream stream, HubRequest request, HubAnswer answer)
    {
        var head = new StringBuilder(FormattableString.Invariant($"HTTP/1.1 {answer.Status} Some\r\n"));
        foreach ((string name, string value) in answer.Headers)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        head.Append(answer.Chunked || answer.Endless ? "Transfer-Encoding: chunked\r\n\r\n" : FormattableString.Invariant($"Content-Length: {answer.Announced ?? answer.Body.Length}\r\n\r\n"));
        await stream.WriteAsync(Damage(Encoding.UTF8.GetBytes(head.ToString()), true), _stop.Token);
        answer = answer with { Body = Damage(answer.Body, false) };
        if (request.Method == "HEAD")
            return true;
        int length = Math.Min(answer.Body.Length, answer.CutAfter ?? answer.StallAfter ?? int.MaxValue);
        do
        {
            if (answer.Chunked || answer.Endless)
                await stream.WriteAsync(Encoding.ASCII.GetBytes(FormattableString.Invariant($"{length:x}\r\n")), _stop.Token);
            await stream.WriteAsync(answer.Body.AsMemory(0, length), _stop.Token);
            if (answer.Chunked || answer.Endless)
                await stream.WriteAsync("\r\n"u8.ToArray(), _stop.Token);
        }
        while (answer.Endless);
        if (answer.StallAfter is not null)
            await Task.Delay(Timeout.Infinite, _stop.Token);
        if (answer.CutAfter is not null)
            return false;
        if (answer.Chunked)
            await stream.WriteAsync("0\r\n\r\n"u8.ToArray(), _stop.Token);
        return answer.Announced is null;
    }

    private sealed record Repository(Dictionary<string, string> Revisions, Dictionary<string, IReadOnlyDictionary<string, byte[]>> Commits);
}
