using System.Buffers;
using System.Globalization;
using System.Text;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>Collects UTF-8 for a stream: texts, and numbers with as few digits as give them back.</summary>
internal sealed class TextBuffer(Stream stream)
{
    private const int Longest = 64; // of a number's spelling
    private readonly byte[] _bytes = new byte[1 << 16];
    private int _length;

    public void Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_length == _bytes.Length)
                Flush();
            int count = Math.Min(bytes.Length, _bytes.Length - _length);
            bytes[..count].CopyTo(_bytes.AsSpan(_length));
            _length += count;
            bytes = bytes[count..];
        }
    }

    public void Write(char ascii)
    {
        if (_length == _bytes.Length)
            Flush();
        _bytes[_length++] = (byte)ascii;
    }

    public void Write(long value) => Format(value);

    /// <summary>The shortest decimal that rounds to the same float.</summary>
    public void Write(float value) => Format(value);

    public void Write(double value) => Format(value);

    public void Flush()
    {
        stream.Write(_bytes, 0, _length);
        _length = 0;
    }

    private void Format<T>(T value) where T : IUtf8SpanFormattable
    {
        if (_bytes.Length - _length < Longest)
            Flush();
        value.TryFormat(_bytes.AsSpan(_length), out int written, default, CultureInfo.InvariantCulture);
        _length += written;
    }
}
