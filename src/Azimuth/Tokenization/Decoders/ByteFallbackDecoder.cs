using System.Globalization;
using System.Text;

namespace Azimuth.Tokenization.Decoders;

/// <summary>
/// "ByteFallback": tokens &lt;0x00&gt; to &lt;0xFF&gt; become bytes. A run of them is judged as a whole: UTF-8, or U+FFFD for each of its bytes.
/// </summary>
internal sealed class ByteFallbackDecoder : ITokenDecoder
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public void Decode(List<string> tokens)
    {
        List<string> decoded = new(tokens.Count);
        List<byte> run = [];
        foreach (string token in tokens)
        {
            if (Bytes(token) is { } bytes)
            {
                run.AddRange(bytes);
                continue;
            }

            Flush(run, decoded);
            decoded.Add(token);
        }

        Flush(run, decoded);
        tokens.Clear();
        tokens.AddRange(decoded);
    }

    public byte[]? Bytes(string token)
    {
        bool isByte = token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>';
        return isByte && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value) ? [value] : null;
    }

    private static void Flush(List<byte> run, List<string> decoded)
    {
        if (run.Count == 0)
            return;
        byte[] bytes = [.. run];
        run.Clear();
        decoded.Add(System.Text.Unicode.Utf8.IsValid(bytes) ? Strict.GetString(bytes) : new string('\uFFFD', bytes.Length));
    }
}
