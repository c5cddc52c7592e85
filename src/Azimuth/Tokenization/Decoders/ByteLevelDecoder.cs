using System.Text;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Decoders;

/// <summary>
/// "ByteLevel": characters of the byte alphabet back to bytes, all tokens in one run, then UTF-8 with U+FFFD for each maximal ill-formed part
/// (Unicode 16, table 3-8). A token with a character outside the alphabet stands for its own UTF-8 bytes.
/// </summary>
internal sealed class ByteLevelDecoder : ITokenDecoder
{
    public void Decode(List<string> tokens)
    {
        List<byte> bytes = new(tokens.Count * 4);
        foreach (string token in tokens)
            bytes.AddRange(Bytes(token));
        tokens.Clear();
        tokens.Add(Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes)));
    }

    public byte[] Bytes(string token)
    {
        byte[] bytes = new byte[token.Length];
        for (int at = 0; at < token.Length; at++)
        {
            int value = ByteAlphabet.Byte(token[at]);
            if (value < 0)
                return Encoding.UTF8.GetBytes(token);
            bytes[at] = (byte)value;
        }

        return bytes;
    }
}
