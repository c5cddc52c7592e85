using System.Buffers;
using System.Text;

namespace Azimuth.Tokenization.Text;

/// <summary>
/// A text as UTF-8 with a stretch of 0xFF behind it, a byte no text has: scanners stop there without counting, and may read a vector at any place of the text.
/// Its memory is rented, and used again for the next text. Not thread-safe.
/// </summary>
internal sealed class Utf8Padded : IDisposable
{
    /// <summary>The byte behind the text.</summary>
    public const byte End = 0xFF;

    /// <summary>How many of them.</summary>
    public const int Padding = 32;

    private byte[] _bytes = [];

    /// <summary>Bytes of the text.</summary>
    public int Length { get; private set; }

    /// <summary>The text and its padding.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length + Padding);

    /// <summary>Takes a text; an unpaired surrogate is read as U+FFFD.</summary>
    public void Set(ReadOnlySpan<char> text)
    {
        Reserve(Encoding.UTF8.GetByteCount(text));
        Finish(Encoding.UTF8.GetBytes(text, _bytes));
    }

    /// <summary>Takes code points.</summary>
    public void Set(ReadOnlySpan<int> points)
    {
        Reserve(checked(points.Length * 4));
        int length = 0;
        foreach (int point in points)
        {
            if (point < 0x80)
                _bytes[length++] = (byte)point;
            else
                length += CodePoints.WriteUtf8(point, _bytes.AsSpan(length));
        }

        Finish(length);
    }

    public void Dispose()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private void Reserve(int length)
    {
        if (_bytes.Length >= length + Padding)
            return;
        Dispose();
        _bytes = ArrayPool<byte>.Shared.Rent(checked(length + Padding));
    }

    private void Finish(int length)
    {
        Length = length;
        _bytes.AsSpan(length, Padding).Fill(End);
    }
}
