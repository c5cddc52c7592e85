using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Azimuth.Tokenization.Files;

namespace Azimuth.Tokenization.Decoders;

/// <summary>
/// The sentencepiece library's way from pieces to text (SentencePieceProcessor::Decode): control symbols are invisible, the unknown token has a text of its
/// own, ▁ becomes a space, and the blank that encoding put in front vanishes. Bytes become characters one by one, U+FFFD for each byte that does not fit.
/// </summary>
/// <param name="pieces">The vocabulary.</param>
/// <param name="unknownText">What the unknown token stands for.</param>
/// <param name="addsBlank">Encoding puts a blank in front: one is dropped.</param>
/// <param name="removesExtraBlanks">Encoding removes blanks at the beginning: all are dropped.</param>
internal sealed class SentencePieceDecoder(ScoredPieces pieces, string unknownText, bool addsBlank, bool removesExtraBlanks) : ITokenDecoder
{
    private const string Mark = "▁";
    private readonly ByteFallbackDecoder _bytes = new();

    public void Decode(List<string> tokens)
    {
        StringBuilder text = new();
        List<byte> run = [];
        bool dropsBlank = addsBlank || removesExtraBlanks, hasDropped = false;
        foreach (string token in tokens)
        {
            if (Bytes(token) is { } bytes)
            {
                run.AddRange(bytes);
                continue;
            }

            Flush(run, text);
            dropsBlank &= !hasDropped && text.Length == 0;
            bool hasMark = dropsBlank && Kind(token) is not (PieceKind.Control or PieceKind.Unknown) && token.StartsWith(Mark, StringComparison.Ordinal);
            hasDropped = hasMark && !removesExtraBlanks;
            text.Append(Inner(hasMark ? token[Mark.Length..] : token));
        }

        Flush(run, text);
        tokens.Clear();
        tokens.Add(text.ToString());
    }

    public byte[]? Bytes(string token) => Kind(token) == PieceKind.Byte ? _bytes.Bytes(token) : null;

    public string Inner(string token) => Kind(token) switch
    {
        PieceKind.Control => "",
        PieceKind.Unknown => unknownText,
        _ => token.Replace(Mark, " ", StringComparison.Ordinal),
    };

    public string AtStart(string text) => removesExtraBlanks ? text.TrimStart(' ') : addsBlank && text.StartsWith(' ') ? text[1..] : text;

    private static void Flush(List<byte> run, StringBuilder text)
    {
        for (ReadOnlySpan<byte> bytes = CollectionsMarshal.AsSpan(run); bytes.Length > 0;)
        {
            bool isWhole = Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == OperationStatus.Done;
            text.Append(rune.ToString());
            bytes = bytes[(isWhole ? length : 1)..];
        }

        run.Clear();
    }

    private PieceKind Kind(string token) => pieces.Vocabulary.Id(token) is { } id ? pieces.Kinds[id] : PieceKind.Normal;
}
