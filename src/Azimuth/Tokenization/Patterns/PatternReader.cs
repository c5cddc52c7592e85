using System.Globalization;
using Azimuth.Tokenization.Text;
using Azimuth.Tokenization.Unicode;

namespace Azimuth.Tokenization.Patterns;

/// <summary>A pattern's source as code points, with a place, and what parser and class parser share.</summary>
internal sealed class PatternReader(string source, PatternSyntax syntax)
{
    private const int End = -1;
    private const int MostRepetitions = 100_000;

    private readonly int[] _source = CodePoints.Of(source);

    public PatternSyntax Syntax => syntax;

    public int Position { get; set; }

    public bool IsAtEnd => Position >= _source.Length;

    /// <summary>The next code point, −1 at the end.</summary>
    public int Peek(int ahead = 0) => Position + ahead < _source.Length ? _source[Position + ahead] : End;

    public int Next() => IsAtEnd ? throw Error("ends too early") : _source[Position++];

    /// <summary>Goes past a text when it comes next.</summary>
    public bool Take(string text)
    {
        for (int at = 0; at < text.Length; at++)
        {
            if (Peek(at) != text[at])
                return false;
        }

        Position += text.Length;
        return true;
    }

    /// <summary>The text up to an ending, which is passed too.</summary>
    public string Until(string ending)
    {
        int start = Position;
        while (!IsAtEnd)
        {
            int end = Position;
            if (Take(ending))
                return CodePoints.Text(_source.AsSpan(start, end - start));
            Position++;
        }

        throw Error($"lacks \"{ending}\"");
    }

    public FormatException Error(string problem) => new(FormattableString.Invariant($"{problem} at character {Position}"));

    /// <summary>The class behind a backslash (\p{L}, \d, \S), or null with the place unchanged.</summary>
    public CodePointSet? ClassEscape(bool inBrackets)
    {
        int letter = Peek();
        if (letter is 'p' or 'P')
            return Property();
        CodePointSet? set = letter switch
        {
            'd' or 'D' => PointProperties.Digits,
            's' or 'S' => CategorySets.Instance.WhiteSpace,
            'w' or 'W' => PointProperties.Word(syntax, inBrackets),
            'h' or 'H' when syntax == PatternSyntax.Oniguruma => PointProperties.HexDigits,
            _ => null,
        };
        if (set is null)
            return null;
        Position++;
        return letter is >= 'A' and <= 'Z' ? set.Not() : set;
    }

    /// <summary>The single character behind a backslash.</summary>
    public int CharacterEscape()
    {
        int letter = Next();
        switch (letter)
        {
            case 't':
                return '\t';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 'f':
                return '\f';
            case 'v':
                return '\v';
            case 'a':
                return '\a';
            case 'e':
                return 0x1B;
            case 'x':
                return Take("{") ? Hex(Until("}"), 1, 8) : Hex(Digits(2), 2, 2);
            case 'u':
                return Hex(Digits(4), 4, 4);
            default:
                bool isPlain = letter is >= 0x80 or < '0' or (> '9' and < 'A') or (> 'Z' and < 'a') or > 'z';
                return isPlain ? letter : throw Error($"has \"\\{(char)letter}\", which is not supported");
        }
    }

    /// <summary>What stands behind an opening brace when it is an interval: {2}, {2,}, {2,3}, and for Oniguruma {,3}. False with the place changed when it is none.</summary>
    public bool Interval(out int minimum, out int maximum)
    {
        (minimum, maximum) = (0, Repeated.Unlimited);
        bool hasMinimum = Number(ref minimum);
        if (Take("}"))
        {
            maximum = minimum;
            return hasMinimum;
        }

        if (!Take(","))
            return false;
        bool hasMaximum = Number(ref maximum);
        if (!Take("}") || (!hasMinimum && (!hasMaximum || syntax == PatternSyntax.Rust)))
            return false;
        return minimum <= maximum ? true : throw Error("has an interval whose end is before its beginning");
    }

    private CodePointSet Property()
    {
        bool isNegative = Next() == 'P';
        string name;
        if (Take("{"))
            name = Until("}");
        else if (syntax == PatternSyntax.Rust)
            name = ((char)Next()).ToString();
        else
            throw Error("lacks the braces of \\p{…}");
        if (name.StartsWith('^'))
            (isNegative, name) = (!isNegative, name[1..]);
        CodePointSet set = PointProperties.Find(name) ?? throw Error($"has the property \"{VisibleText.Show(name)}\", which is not known,");
        return isNegative ? set.Not() : set;
    }

    private string Digits(int count)
    {
        int start = Position;
        while (Position < start + count && PointProperties.HexDigits.Contains(Peek()))
            Position++;
        return CodePoints.Text(_source.AsSpan(start, Position - start));
    }

    private int Hex(string digits, int fewest, int most)
        => digits.Length >= fewest && digits.Length <= most && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            && value is >= 0 and <= 0x10FFFF and not (>= 0xD800 and <= 0xDFFF)
            ? value
            : throw Error("has a character number that is none");

    private bool Number(ref int value)
    {
        int start = Position;
        long number = 0;
        while (Peek() is >= '0' and <= '9')
        {
            number = (number * 10) + Next() - '0';
            if (number > MostRepetitions)
                throw Error(FormattableString.Invariant($"repeats something more than {MostRepetitions} times"));
        }

        if (Position == start)
            return false;
        value = (int)number;
        return true;
    }
}
