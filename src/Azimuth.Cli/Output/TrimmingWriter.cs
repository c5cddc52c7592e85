using System.Text;

namespace Azimuth.Cli.Output;

/// <summary>Passes text on without the blanks at line ends, and with a blank for each <see cref="FixedBlank"/>.</summary>
internal sealed class TrimmingWriter(TextWriter inner) : TextWriter(System.Globalization.CultureInfo.InvariantCulture)
{
    /// <summary>A blank at which no line is broken. A private character: Spectre breaks lines at no-break spaces, too, and tokens never show one.</summary>
    public const string FixedBlank = "\uE000";

    private int _blanks;

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value)
    {
        if (value is ' ' or '\uE000')
        {
            _blanks++;
            return;
        }

        if (value is not ('\n' or '\r'))
            inner.Write(new string(' ', _blanks));
        _blanks = 0;
        inner.Write(value);
    }

    public override void Write(string? value)
    {
        foreach (char c in value ?? "")
            Write(c);
    }

    public override void Flush() => inner.Flush();
}
