using System.Security.Cryptography;
using System.Text;

namespace Azimuth.Hub;

/// <summary>
/// A file that grows from its beginning and is hashed as it grows. What lies on the disk is always the file's first bytes and nothing else, so its
/// length alone says where to go on, for this program and for the reference client. Belongs to one thread at a time; disposed by who made it.
/// </summary>
internal sealed class BlobWriter : IDisposable
{
    private readonly FileStream _stream;
    private readonly HubFile _file;
    private IncrementalHash _hash;

    public BlobWriter(string path, HubFile file)
    {
        _file = file;
        _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        _hash = NewHash();
    }

    /// <summary>Bytes that are there and hashed.</summary>
    public long Position { get; private set; }

    /// <summary>Hashes what an earlier pull left.</summary>
    public void Resume(CancellationToken cancel)
    {
        if (_stream.Length > _file.SizeBytes)
            _stream.SetLength(0);
        byte[] buffer = new byte[1 << 20];
        int read;
        while ((read = _stream.Read(buffer)) > 0)
        {
            cancel.ThrowIfCancellationRequested();
            _hash.AppendData(buffer, 0, read);
            Position += read;
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _hash.AppendData(bytes);
        Position += bytes.Length;
    }

    /// <summary>Forgets everything.</summary>
    public void Restart()
    {
        _stream.SetLength(0);
        _hash.Dispose();
        _hash = NewHash();
        Position = 0;
    }

    /// <summary>Puts the whole file onto the disk; returns its hash.</summary>
    public string Finish()
    {
        _stream.Flush(flushToDisk: true);
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }

    /// <summary>SHA-256 of the content, or git's name for it: SHA-1 of "blob", a blank, the length in digits, a zero byte and the content (git's object format).</summary>
    private IncrementalHash NewHash()
    {
        if (_file.IsSha256)
            return IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes(FormattableString.Invariant($"blob {_file.SizeBytes}\0")));
        return hash;
    }
}
