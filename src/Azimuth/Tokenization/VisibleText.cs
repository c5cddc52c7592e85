using System.Globalization;
using System.Text;

namespace Azimuth.Tokenization;

/// <summary>How blanks and controls look on a screen. Thread-safe.</summary>
public static class VisibleText
{
    /// <summary>
    /// The on-screen form of a text: space → ·, newline → ⏎, tab → ⇥, every other control, format, unassigned or odd blank character (and an
    /// unpaired surrogate) as <c>\u{200B}</c>. Not reversible; files and JSON carry the text itself. Empty text stays empty.
    /// </summary>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    public static string Show(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        StringBuilder shown = new(text.Length);
        for (int at = 0; at < text.Length;)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(at), out Rune rune, out int length) != System.Buffers.OperationStatus.Done)
                Escape(shown, text[at]);
            else
                Append(shown, rune);
            at += length;
        }

        return shown.ToString();
    }

    private static void Append(StringBuilder shown, Rune rune)
    {
        switch (rune.Value)
        {
            case ' ':
                shown.Append('·');
                return;
            case '\n':
                shown.Append('⏎');
                return;
            case '\t':
                shown.Append('⇥');
                return;
        }

        switch (Rune.GetUnicodeCategory(rune))
        {
            case UnicodeCategory.Control:
            case UnicodeCategory.Format:
            case UnicodeCategory.PrivateUse:
            case UnicodeCategory.OtherNotAssigned:
            case UnicodeCategory.SpaceSeparator:
            case UnicodeCategory.LineSeparator:
            case UnicodeCategory.ParagraphSeparator:
                Escape(shown, rune.Value);
                break;
            default:
                shown.Append(rune.ToString());
                break;
        }
    }

    private static void Escape(StringBuilder shown, int codePoint)
        => shown.Append(CultureInfo.InvariantCulture, $"\\u{{{codePoint:X4}}}");
}
