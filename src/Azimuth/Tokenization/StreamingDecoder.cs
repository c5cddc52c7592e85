using System.Buffers;
using System.Text;

namespace Azimuth.Tokenization;

/// <summary>
/// Text from tokens as they come. A character that is spread over several tokens is held back until it is whole; bytes that cannot become one are
/// U+FFFD. One per stream, not thread-safe.
/// </summary>
/// <param name="tokenizer">Whose tokens.</param>
/// <param name="skipSpecialTokens">Leave out tokens for which <see cref="Tokenizer.IsSpecial"/> holds.</param>
/// <param name="atTextStart">
/// Whether the first token begins a text: Llama's decoder then drops the blank in front of it. False for what continues a prompt.
/// </param>
public sealed class StreamingDecoder(Tokenizer tokenizer, bool skipSpecialTokens = true, bool atTextStart = false)
{
    private readonly List<byte> _pending = [];
    private bool _atStart = atTextStart;

    /// <summary>The text that is complete now that this token has come; may be empty.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative id.</exception>
    public string Add(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        if (skipSpecialTokens && tokenizer.IsSpecial(id))
            return "";
        byte[] bytes = tokenizer.TokenBytes(id);
        if (_atStart && bytes.Length > 0)
        {
            _atStart = false;
            if (System.Text.Unicode.Utf8.IsValid(bytes) && tokenizer.Parts.Decoder is { } decoder)
                bytes = Encoding.UTF8.GetBytes(decoder.AtStart(Encoding.UTF8.GetString(bytes)));
        }

        _pending.AddRange(bytes);
        return Drain(isEnd: false);
    }

    /// <summary>What was held back, at the end of the stream: U+FFFD for the bytes of an incomplete character.</summary>
    public string Finish() => Drain(isEnd: true);

    private string Drain(bool isEnd)
    {
        ReadOnlySpan<byte> bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_pending);
        StringBuilder text = new(bytes.Length);
        int done = 0;
        while (done < bytes.Length)
        {
            OperationStatus status = Rune.DecodeFromUtf8(bytes[done..], out Rune rune, out int length);
            if (status == OperationStatus.NeedMoreData && !isEnd)
                break;
            text.Append(rune.ToString());
            done += length;
        }

        _pending.RemoveRange(0, done);
        return text.ToString();
    }
}
