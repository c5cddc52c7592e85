using System.Buffers;
using System.Globalization;
using System.Text;

namespace Azimuth.Tokenization.Text;

/// <summary>Bytes that may begin or end inside a character, as text.</summary>
internal static class ByteText
{
    /// <summary>Whole characters as they are, every other byte as &lt;0xE2&gt;.</summary>
    public static string Show(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(bytes.Length);
        while (bytes.Length > 0)
        {
            bool whole = Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == OperationStatus.Done;
            if (whole)
                text.Append(rune.ToString());
            for (int at = 0; at < length && !whole; at++)
                text.Append(CultureInfo.InvariantCulture, $"<0x{bytes[at]:X2}>");
            bytes = bytes[length..];
        }

        return text.ToString();
    }
}
