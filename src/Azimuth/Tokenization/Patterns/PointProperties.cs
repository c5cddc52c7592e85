using System.Globalization;
using Azimuth.Tokenization.Unicode;

namespace Azimuth.Tokenization.Patterns;

/// <summary>The classes of code points that have names in regular expressions.</summary>
internal static class PointProperties
{
    private static readonly (string Long, string Short, UnicodeCategory Category)[] Categories =
    [
        ("uppercaseletter", "lu", UnicodeCategory.UppercaseLetter),
        ("lowercaseletter", "ll", UnicodeCategory.LowercaseLetter),
        ("titlecaseletter", "lt", UnicodeCategory.TitlecaseLetter),
        ("modifierletter", "lm", UnicodeCategory.ModifierLetter),
        ("otherletter", "lo", UnicodeCategory.OtherLetter),
        ("nonspacingmark", "mn", UnicodeCategory.NonSpacingMark),
        ("spacingmark", "mc", UnicodeCategory.SpacingCombiningMark),
        ("enclosingmark", "me", UnicodeCategory.EnclosingMark),
        ("decimalnumber", "nd", UnicodeCategory.DecimalDigitNumber),
        ("letternumber", "nl", UnicodeCategory.LetterNumber),
        ("othernumber", "no", UnicodeCategory.OtherNumber),
        ("connectorpunctuation", "pc", UnicodeCategory.ConnectorPunctuation),
        ("dashpunctuation", "pd", UnicodeCategory.DashPunctuation),
        ("openpunctuation", "ps", UnicodeCategory.OpenPunctuation),
        ("closepunctuation", "pe", UnicodeCategory.ClosePunctuation),
        ("initialpunctuation", "pi", UnicodeCategory.InitialQuotePunctuation),
        ("finalpunctuation", "pf", UnicodeCategory.FinalQuotePunctuation),
        ("otherpunctuation", "po", UnicodeCategory.OtherPunctuation),
        ("mathsymbol", "sm", UnicodeCategory.MathSymbol),
        ("currencysymbol", "sc", UnicodeCategory.CurrencySymbol),
        ("modifiersymbol", "sk", UnicodeCategory.ModifierSymbol),
        ("othersymbol", "so", UnicodeCategory.OtherSymbol),
        ("spaceseparator", "zs", UnicodeCategory.SpaceSeparator),
        ("lineseparator", "zl", UnicodeCategory.LineSeparator),
        ("paragraphseparator", "zp", UnicodeCategory.ParagraphSeparator),
        ("control", "cc", UnicodeCategory.Control),
        ("format", "cf", UnicodeCategory.Format),
        ("privateuse", "co", UnicodeCategory.PrivateUse),
        ("unassigned", "cn", UnicodeCategory.OtherNotAssigned),
    ];

    /// <summary>\d: Nd.</summary>
    public static CodePointSet Digits => CategorySets.Instance.Of(UnicodeCategory.DecimalDigitNumber);

    /// <summary>[0-9A-Fa-f]</summary>
    public static CodePointSet HexDigits { get; } = new([new TextRange('0', '9'), new TextRange('A', 'F'), new TextRange('a', 'f')]);

    /// <summary>
    /// \w and what \b looks at. Oniguruma leaves the two joiners out; of the first 256 characters it has ² ³ ¹ ¼ ½ ¾ too, but not where \w stands in brackets.
    /// </summary>
    public static CodePointSet Word(PatternSyntax syntax, bool inBrackets)
    {
        if (syntax == PatternSyntax.Rust)
            return CategorySets.Instance.Word;
        CodePointSet word = CategorySets.Instance.Word.And(CodePointSet.Of(0x200C, 0x200D).Not());
        return inBrackets ? word : CodePointSet.Union(word, CodePointSet.Of(0xB2, 0xB3, 0xB9, 0xBC, 0xBD, 0xBE));
    }

    /// <summary>The characters of \p{name}, or null for a name that is not known. Case, blanks, - and _ in names do not matter.</summary>
    public static CodePointSet? Find(string name)
    {
        string plain = string.Concat(name.Where(character => character is not (' ' or '-' or '_'))).ToLowerInvariant();
        switch (plain)
        {
            case "any":
                return new CodePointSet([new TextRange(0, CodePointSet.Last)]);
            case "han":
                return Han;
            case "whitespace":
                return CategorySets.Instance.WhiteSpace;
            case "letter" or "mark" or "number" or "punctuation" or "symbol" or "separator":
                plain = plain[..1];
                break;
            case "combiningmark":
                plain = "m";
                break;
        }

        // One letter stands for all categories that begin with it.
        UnicodeCategory[] found =
        [
            .. Categories.Where(entry => entry.Long == plain || entry.Short == plain || (plain.Length == 1 && entry.Short[0] == plain[0])).Select(entry => entry.Category),
        ];
        if (plain is "lc" or "casedletter")
            found = [UnicodeCategory.UppercaseLetter, UnicodeCategory.LowercaseLetter, UnicodeCategory.TitlecaseLetter];
        return found.Length > 0 ? CategorySets.Instance.Of(found) : null;
    }

    /// <summary>The characters of [:name:], or null. The names that need properties beyond the categories are not known.</summary>
    public static CodePointSet? FindBracket(string name, PatternSyntax syntax) => name switch
    {
        "digit" => Digits,
        "space" => CategorySets.Instance.WhiteSpace,
        "word" => Word(syntax, inBrackets: true),
        "xdigit" => HexDigits,
        "cntrl" => Find("cc"),
        "punct" => CodePointSet.Union(Find("p")!, CodePointSet.Of("$+<=>^`|~".Select(character => (int)character))),
        _ => null,
    };

    // Scripts.txt 16.0, Han.
    private static CodePointSet Han { get; } = new(
    [
        new(0x2E80, 0x2E99), new(0x2E9B, 0x2EF3), new(0x2F00, 0x2FD5), new(0x3005, 0x3005), new(0x3007, 0x3007), new(0x3021, 0x3029),
        new(0x3038, 0x303B), new(0x3400, 0x4DBF), new(0x4E00, 0x9FFF), new(0xF900, 0xFA6D), new(0xFA70, 0xFAD9), new(0x16FE2, 0x16FE3),
        new(0x16FF0, 0x16FF1), new(0x20000, 0x2A6DF), new(0x2A700, 0x2B739), new(0x2B740, 0x2B81D), new(0x2B820, 0x2CEA1), new(0x2CEB0, 0x2EBE0),
        new(0x2EBF0, 0x2EE5D), new(0x2F800, 0x2FA1D), new(0x30000, 0x3134A), new(0x31350, 0x323AF),
    ]);
}
