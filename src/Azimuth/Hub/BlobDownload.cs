using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace Azimuth.Hub;

/// <summary>
/// Fetches one file to the end of what is there of it. The first bytes come in one request, which shows whether the server gives ranges; if it does,
/// the rest comes in pieces, several at once, and is appended in order.
/// </summary>
internal sealed class BlobDownload(HubClient client, HubOptions options, HubName name, HubFile file, Uri resolve, string commit, Meter meter)
{
    private const int PieceBytes = 8 << 20;

    /// <summary>Where the hub last led to. Asking there spares the hub a request for every piece, until the address expires.</summary>
    private volatile Uri? _location;

    /// <summary>Fetches and verifies; the writer then holds the whole file.</summary>
    /// <exception cref="HubException">No access, no network, or content that is not what the hub announced; of the latter nothing is kept.</exception>
    public async Task RunAsync(BlobWriter writer, CancellationToken cancel)
    {
        bool resumed = writer.Position > 0;
        while (true)
        {
            await FetchAsync(writer, cancel);
            string found = writer.Finish();
            if (found == file.Hash)
                return;
            meter.Add(file, -writer.Position, received: false);
            writer.Restart();
            if (!resumed)
                throw new HubException($"{file.Path} of {name}: expected {(file.IsSha256 ? "SHA-256" : "git's SHA-1")} {file.Hash}, found {found}. What came was thrown away; pull again, from another endpoint if it stays wrong", "HashMismatch");
            // A power failure can leave a file longer than what reached the disk, and another program may have written into it.
            meter.Remark($"{file.Path}: what an earlier pull left does not fit; fetching it from the beginning");
            resumed = false;
        }
    }

    private async Task FetchAsync(BlobWriter writer, CancellationToken cancel)
    {
        long first = Math.Min(file.SizeBytes, writer.Position + PieceBytes);
        await StreamAsync(writer, first, cancel);
        if (writer.Position < file.SizeBytes)
            await FetchPiecesAsync(writer, cancel);
    }

    /// <summary>Streams to the file until it has <paramref name="end"/> bytes, or all of them where ranges are ignored.</summary>
    private async Task StreamAsync(BlobWriter writer, long end, CancellationToken cancel)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
        var attempts = new Attempts(options, $"{file.Path} of {name}", meter.Remark);
        try
        {
            while (writer.Position < end)
            {
                try
                {
                    using HubResponse response = await OpenAsync(writer.Position, end, cancel);
                    bool whole = response.Status == HttpStatusCode.OK;
                    if (whole)
                        end = file.SizeBytes;
                    using Stream body = await client.BodyAsync(response, cancel);
                    // A server that ignores ranges begins at the beginning; what is there already is passed over.
                    long skip = whole ? writer.Position : 0;
                    while (writer.Position < end)
                    {
                        int wanted = (int)Math.Min(buffer.Length, skip > 0 ? skip : end - writer.Position);
                        int read = await client.ReadAsync(body, buffer.AsMemory(0, wanted), response.Address.Host, cancel);
                        if (read == 0)
                            throw Cut(response, writer.Position);
                        if (skip > 0)
                        {
                            skip -= read;
                            continue;
                        }

                        writer.Append(buffer.AsSpan(0, read));
                        meter.Add(file, read);
                        attempts.Received(read);
                    }

                    await ExpectEndAsync(response, body, cancel);
                }
                catch (TransientException e)
                {
                    await attempts.PauseAsync(e, cancel);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Fetches the rest in pieces, the next ones while the first is written. Pieces wait in memory, so the file never has a hole.</summary>
    private async Task FetchPiecesAsync(BlobWriter writer, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var window = new Queue<Piece>();
        long next = writer.Position;
        try
        {
            while (writer.Position < file.SizeBytes)
            {
                while (window.Count < options.Connections && next < file.SizeBytes)
                {
                    var piece = new Piece(next, (int)Math.Min(PieceBytes, file.SizeBytes - next));
                    piece.Work = FillAsync(piece, stop.Token);
                    window.Enqueue(piece);
                    next += piece.Length;
                }

                await window.Peek().Work;
                Take(writer, window.Dequeue());
            }
        }
        catch
        {
            await stop.CancelAsync();
            foreach (Piece piece in window)
                await piece.Work.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            // What came of the first piece is the file's next bytes, unless those before could not be written; the others have a gap before them.
            if (window.TryDequeue(out Piece? first) && first.Start == writer.Position)
                Take(writer, first);
            throw;
        }
    }

    private void Take(BlobWriter writer, Piece piece)
    {
        writer.Append(piece.Buffer.AsSpan(0, piece.Filled));
        ArrayPool<byte>.Shared.Return(piece.Buffer);
    }

    private async Task FillAsync(Piece piece, CancellationToken cancel)
    {
        var attempts = new Attempts(options, $"{file.Path} of {name}", meter.Remark);
        while (piece.Filled < piece.Length)
        {
            try
            {
                using HubResponse response = await OpenAsync(piece.Start + piece.Filled, piece.Start + piece.Length, cancel);
                if (response.Status == HttpStatusCode.OK)
                    throw new TransientException($"{response.Address.Host} gave a range and then the whole file");
                using Stream body = await client.BodyAsync(response, cancel);
                while (piece.Filled < piece.Length)
                {
                    int read = await client.ReadAsync(body, piece.Buffer.AsMemory(piece.Filled, piece.Length - piece.Filled), response.Address.Host, cancel);
                    if (read == 0)
                        throw Cut(response, piece.Start + piece.Filled);
                    piece.Filled += read;
                    meter.Add(file, read);
                    attempts.Received(read);
                }

                await ExpectEndAsync(response, body, cancel);
            }
            catch (TransientException e)
            {
                await attempts.PauseAsync(e, cancel);
            }
        }
    }

    /// <summary>Asks for bytes from one position up to another, exclusive; what is answered has been checked against what was announced.</summary>
    private async Task<HubResponse> OpenAsync(long from, long to, CancellationToken cancel)
    {
        Uri? location = _location;
        RangeHeaderValue? range = from == 0 && to == file.SizeBytes ? null : new RangeHeaderValue(from, to - 1);
        HubResponse response = await client.SendAsync(HttpMethod.Get, location ?? resolve, range, followAway: true, cancel);
        try
        {
            if (location is not null && (int)response.Status is 401 or 403 or 404 or 410)
            {
                _location = null;
                throw new TransientException($"the address at {response.Address.Host} has expired", TimeSpan.Zero);
            }

            if (response.Status is not (HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable))
                throw HubStatus.Problem(response, name, file.Path, options);
            Check(response, from, to);
            if (response.Address != resolve)
                _location = response.Address;
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private void Check(HubResponse response, long from, long to)
    {
        if (response.Hash is not null && response.Hash != file.Hash && response.Hash.Length == file.Hash.Length && (response.Commit ?? commit) == commit)
            throw new HubException($"{file.Path} of {name}: {response.Address.Host} contradicts itself: its list of files has the hash {file.Hash}, the file's own headers have {response.Hash}, both at commit {commit}. Use another endpoint, or tell its operator", "Contradiction");
        if ((response.Commit is not null && response.Commit != commit) || (response.Hash is not null && response.Hash != file.Hash && response.Hash.Length == file.Hash.Length))
            throw new HubException($"{file.Path} of {name}: it changed on the server, from {file.Hash} at {commit} to {response.Hash} at {response.Commit ?? commit}. Pull again", "Changed");
        if (response.Size is long linked && linked != file.SizeBytes)
            throw WrongSize(linked);
        if (response.Headers.ContentEncoding.Count > 0)
            throw new HubException($"{file.Path} of {name}: {response.Address.Host} sends it compressed ({HubException.Shown(string.Join(", ", response.Headers.ContentEncoding))}), which was not asked for. Use another endpoint", "BadAnswer");
        long? length = response.Headers.ContentLength;
        switch (response.Status)
        {
            case HttpStatusCode.RequestedRangeNotSatisfiable:
                throw WrongSize(response.Headers.ContentRange?.Length);
            case HttpStatusCode.OK when length is not null && length != file.SizeBytes:
                throw WrongSize(length);
            case HttpStatusCode.PartialContent:
                ContentRangeHeaderValue? range = response.Headers.ContentRange;
                if (range?.Length is long whole && whole != file.SizeBytes)
                    throw WrongSize(whole);
                if (range is null || range.From != from || range.To != to - 1 || (length is not null && length != to - from))
                    throw new HubException(FormattableString.Invariant($"{file.Path} of {name}: asked {response.Address.Host} for the bytes from {from} to {to - 1}, found \"{range}\" of length {length}. Use another endpoint"), "BadAnswer");
                break;
            default:
                break;
        }
    }

    /// <summary>A body that goes on where it should end is another file's, or has no end.</summary>
    private async Task ExpectEndAsync(HubResponse response, Stream body, CancellationToken cancel)
    {
        // With a Content-Length .NET ends the body there.
        if (response.Headers.ContentLength is null && await client.ReadAsync(body, new byte[1], response.Address.Host, cancel) > 0)
            throw new HubException(FormattableString.Invariant($"{file.Path} of {name}: expected {file.SizeBytes} bytes, but {response.Address.Host} sends more. Use another endpoint"), "WrongSize");
    }

    private HubException WrongSize(long? found) =>
        new(FormattableString.Invariant($"{file.Path} of {name}: expected {file.SizeBytes} bytes, as the hub lists it, found {found?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "fewer"}. Pull again, from another endpoint if it stays wrong"), "WrongSize");

    private TransientException Cut(HubResponse response, long at) => new(FormattableString.Invariant($"{response.Address.Host} ended it at byte {at} of {file.SizeBytes}"));

    private sealed class Piece(long start, int length)
    {
        public long Start { get; } = start;

        public int Length { get; } = length;

        public byte[] Buffer { get; } = ArrayPool<byte>.Shared.Rent(length);

        public int Filled { get; set; }

        public Task Work { get; set; } = Task.CompletedTask;
    }
}
