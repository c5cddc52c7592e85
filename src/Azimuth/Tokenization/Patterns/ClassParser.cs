using Azimuth.Tokenization.Unicode;

namespace Azimuth.Tokenization.Patterns;

/// <summary>Parses what stands in brackets: characters, ranges, named classes, sets within sets, and &amp;&amp; for what several have in common.</summary>
internal static class ClassParser
{
    // Sets in sets are one or two deep; deeper ones could only exhaust the stack.
    private const int DeepestSet = 50;

    /// <summary>The set behind an opening bracket, which is passed already.</summary>
    public static CodePointSet Parse(PatternReader reader, bool ignoreCase, int depth = 0)
    {
        if (depth > DeepestSet)
            throw reader.Error("has sets nested too deeply");
        bool isNegative = reader.Take("^");
        List<CodePointSet> common = [];
        List<CodePointSet> members = [];
        List<TextRange> ranges = [];
        for (bool isFirst = true; ; isFirst = false)
        {
            if (!isFirst && reader.Take("]"))
                break;
            if (reader.Take("&&"))
            {
                common.Add(Union(members, ranges));
                (members, ranges) = ([], []);
            }
            else if (reader.Take("[:"))
            {
                members.Add(Bracket(reader));
            }
            else if (reader.Take("["))
            {
                members.Add(Parse(reader, ignoreCase: false, depth + 1));
            }
            else if (reader.Peek() == '\\' && Escape(reader) is { } set)
            {
                members.Add(set);
            }
            else
            {
                ranges.Add(Range(reader));
            }
        }

        CodePointSet plain = common.Aggregate(Union(members, ranges), (all, part) => all.And(part));
        CodePointSet cased = ignoreCase ? Cased(reader, plain, isNegative) : plain;
        return isNegative ? cased.Not() : cased;
    }

    // A case variant in the set is enough. Oniguruma would also let "ss" match for a set that has ß.
    private static CodePointSet Cased(PatternReader reader, CodePointSet set, bool isNegative)
    {
        bool foldsToSeveral = reader.Syntax == PatternSyntax.Oniguruma && !isNegative && CaseFolding.AnyFoldsToSeveral(set);
        return foldsToSeveral ? throw reader.Error("has a set without case that holds a character such as ß, which is not supported,") : CaseFolding.WithVariants(set);
    }

    private static CodePointSet Union(List<CodePointSet> members, List<TextRange> ranges) => CodePointSet.Union([.. members, new CodePointSet(ranges)]);

    private static CodePointSet? Escape(PatternReader reader)
    {
        reader.Position++;
        if (reader.ClassEscape(inBrackets: true) is { } set)
            return set;
        reader.Position--;
        return null;
    }

    private static CodePointSet Bracket(PatternReader reader)
    {
        bool isNegative = reader.Take("^");
        string name = reader.Until(":]");
        CodePointSet set = PointProperties.FindBracket(name, reader.Syntax) ?? throw reader.Error($"has [:{VisibleText.Show(name)}:], which is not supported,");
        return isNegative ? set.Not() : set;
    }

    private static TextRange Range(PatternReader reader)
    {
        int start = Character(reader);
        bool isRange = reader.Peek() == '-' && reader.Peek(1) is not (']' or '[' or -1);
        if (!isRange)
            return new TextRange(start, start);
        reader.Position++;
        if (reader.Peek() == '\\' && reader.Peek(1) is 'd' or 'D' or 'w' or 'W' or 's' or 'S' or 'h' or 'H' or 'p' or 'P')
            throw reader.Error("has a range that ends in a class");
        int end = Character(reader);
        return end >= start ? new TextRange(start, end) : throw reader.Error("has a range whose end is before its beginning");
    }

    private static int Character(PatternReader reader) => reader.Next() is var point && point == '\\' ? reader.CharacterEscape() : point;
}
