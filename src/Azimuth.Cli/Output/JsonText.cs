using System.Text;

namespace Azimuth.Cli.Output;

/// <summary>
/// Takes an object's UTF-8 bytes as a serializer writes them and passes them on as text that goes on with an object begun before: its opening brace
/// becomes a comma. So a document of any length is never in memory.
/// </summary>
internal sealed class JsonText(TextWriter output) : Stream
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private char[] _characters = [];
    private bool _begun;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (!_begun && buffer.Length > 0)
        {
            _begun = true;
            buffer = buffer[1..];
            if (buffer is not [(byte)'}'])
                output.Write(',');
        }

        int most = Encoding.UTF8.GetMaxCharCount(buffer.Length);
        if (_characters.Length < most)
            _characters = new char[most];
        output.Write(_characters, 0, _decoder.GetChars(buffer, _characters, flush: false));
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
