using System.Globalization;
using System.Text;

namespace Azimuth.Studio.Pictures;

/// <summary>Puts elements of a picture together; numbers have one decimal, texts are escaped.</summary>
internal sealed class SvgWriter
{
    private readonly StringBuilder _text = new();

    public void Raw(string line) => _text.Append(line).Append('\n');

    public void Line(string style, double x1, double y1, double x2, double y2) =>
        Raw($"<line class=\"{style}\" x1=\"{Number(x1)}\" y1=\"{Number(y1)}\" x2=\"{Number(x2)}\" y2=\"{Number(y2)}\"/>");

    /// <summary>A circle; its name appears when a pointer rests on it.</summary>
    public void Circle(string style, double x, double y, double radius, string? name = null)
    {
        string circle = $"<circle class=\"{style}\" cx=\"{Number(x)}\" cy=\"{Number(y)}\" r=\"{Number(radius)}\"";
        Raw(name is null ? circle + "/>" : $"{circle}><title>{Escape(name)}</title></circle>");
    }

    public void Text(string style, double x, double y, string text) =>
        Raw($"<text class=\"{style}\" x=\"{Number(x)}\" y=\"{Number(y)}\">{Escape(text)}</text>");

    public override string ToString() => _text.ToString();

    public static string Number(double value)
    {
        double rounded = Math.Round(value, 1);
        return (rounded == 0 ? 0 : rounded).ToString("0.#", CultureInfo.InvariantCulture);
    }

    /// <summary>For the inside of an element; characters that XML does not have become U+FFFD.</summary>
    public static string Escape(string text)
    {
        StringBuilder escaped = new();
        foreach (Rune rune in text.EnumerateRunes()) // an unpaired surrogate is U+FFFD already
        {
            escaped.Append(rune.Value switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                < 0x20 and not ('\t' or '\n') or 0xFFFE or 0xFFFF => "\uFFFD",
                _ => rune.ToString(),
            });
        }

        return escaped.ToString();
    }

    /// <summary>Lines of at most <paramref name="length"/> characters, broken at blanks.</summary>
    public static IEnumerable<string> Wrap(string text, int length)
    {
        StringBuilder line = new();
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > length)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        yield return line.ToString();
    }
}
