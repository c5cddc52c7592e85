namespace Azimuth.Tokenization.Text;

/// <summary>
/// GPT-2's alphabet for bytes (Radford et al. 2019, §2.2 and the released encoder): printable Latin-1 bytes stand for themselves, the 68 others are
/// U+0100, U+0101, … in order, so that no token contains blanks or controls. Space is Ġ, newline Ċ.
/// </summary>
internal static class ByteAlphabet
{
    /// <summary>One more than the largest character of the alphabet.</summary>
    public const int End = 0x100 + 68;

    private static readonly char[] Characters = BuildCharacters();
    private static readonly short[] Values = BuildValues();

    /// <summary>The character for a byte.</summary>
    public static char Character(byte value) => Characters[value];

    /// <summary>The characters for bytes.</summary>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        char[] text = new char[bytes.Length];
        for (int at = 0; at < text.Length; at++)
            text[at] = Character(bytes[at]);
        return new string(text);
    }

    /// <summary>The byte for a character, −1 when it is not of the alphabet.</summary>
    public static int Byte(int character) => (uint)character < End ? Values[character] : -1;

    /// <summary>Appends the bytes of a stretch of text; each keeps its whole character's origin.</summary>
    public static void Spell(AlignedText text, TextRange piece, AlignedText renewed)
    {
        ReadOnlySpan<int> points = text.Points;
        ReadOnlySpan<TextRange> origins = text.Origins;
        Span<byte> bytes = stackalloc byte[4];
        for (int at = piece.Start; at < piece.End; at++)
        {
            if (points[at] < 0x80)
            {
                renewed.Add(Character((byte)points[at]), origins[at]);
                continue;
            }

            int length = CodePoints.WriteUtf8(points[at], bytes);
            for (int index = 0; index < length; index++)
                renewed.Add(Character(bytes[index]), origins[at]);
        }
    }

    private static char[] BuildCharacters()
    {
        char[] characters = new char[256];
        int next = 0x100;
        for (int value = 0; value < 256; value++)
        {
            bool printable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            characters[value] = (char)(printable ? value : next++);
        }

        return characters;
    }

    private static short[] BuildValues()
    {
        short[] values = new short[End];
        Array.Fill(values, (short)-1);
        for (int value = 0; value < 256; value++)
            values[Characters[value]] = (short)value;
        return values;
    }
}
