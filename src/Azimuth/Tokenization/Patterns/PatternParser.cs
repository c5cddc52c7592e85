using Azimuth.Tokenization.Unicode;

namespace Azimuth.Tokenization.Patterns;

/// <summary>
/// Parses regular expressions as tokenizers use them: classes, groups, all quantifiers, lookaround, places, options i, m, s and x. References to groups, and what else is not
/// known here, is an error that names it.
/// </summary>
internal sealed class PatternParser
{
    private const int LongestSource = 10_000;
    private const int DeepestGroup = 100;
    private const int MostQuantifiers = 10;

    private readonly PatternReader _reader;
    private Options _options;
    private int _depth;

    private PatternParser(string source, PatternSyntax syntax) => _reader = new PatternReader(source, syntax);

    /// <summary>The pattern as a tree.</summary>
    /// <exception cref="FormatException">A pattern that is wrong, or has a part that is not supported.</exception>
    public static PatternNode Parse(string source, PatternSyntax syntax)
    {
        if (source.Length > LongestSource)
            throw new FormatException(FormattableString.Invariant($"is longer than {LongestSource} characters"));
        PatternParser parser = new(source, syntax);
        PatternNode node = parser.Alternatives();
        return parser._reader.IsAtEnd ? node : throw parser._reader.Error("has a closing parenthesis without an opening one");
    }

    private bool IsRust => _reader.Syntax == PatternSyntax.Rust;

    private PatternNode Alternatives()
    {
        if (++_depth > DeepestGroup)
            throw _reader.Error("has groups nested too deeply");
        List<PatternNode> alternatives = [Sequence()];
        while (_reader.Take("|"))
            alternatives.Add(Sequence());
        _depth--;
        return alternatives.Count == 1 ? alternatives[0] : new Alternatives(alternatives);
    }

    private PatternNode Sequence()
    {
        List<PatternNode> parts = [];
        int lastLiteral = -1;
        while (_reader.Peek() is not (-1 or '|' or ')'))
        {
            if (_options.Extended && SkipBlank())
                continue;
            int before = _reader.Position, literal = -1;
            PatternNode? part = _reader.Peek() == '(' ? Group() : Single(out literal);
            if (part is null)
                continue;
            CheckFolding(lastLiteral, literal, before);
            lastLiteral = literal;
            for (int quantifiers = 0; Quantified(part) is { } repeated; quantifiers++)
                (part, lastLiteral) = quantifiers < MostQuantifiers ? (repeated, -1) : throw _reader.Error("repeats a repetition too often");
            parts.Add(part);
        }

        return parts.Count == 1 ? parts[0] : new InOrder(parts);
    }

    // Without case Oniguruma lets ß match "ss", and so on: such literals are refused rather than matched differently.
    private void CheckFolding(int before, int literal, int position)
    {
        if (!_options.IgnoreCase || IsRust || literal < 0)
            return;
        if (CaseFolding.FoldsToSeveral(literal) || (before >= 0 && CaseFolding.AreFoldedFromOne(before, literal)))
        {
            _reader.Position = position;
            throw _reader.Error("has letters without case that may match one character such as ß, which is not supported,");
        }
    }

    private bool SkipBlank()
    {
        if (_reader.Take("#"))
        {
            while (!_reader.IsAtEnd && _reader.Next() != '\n')
            {
            }

            return true;
        }

        bool isBlank = _reader.Peek() is ' ' or (>= '\t' and <= '\r');
        if (isBlank)
            _reader.Position++;
        return isBlank;
    }

    private PatternNode Single(out int literal)
    {
        literal = -1;
        switch (_reader.Next())
        {
            case '.':
                return new OneOf(new PointClass((_options.DotMatchesAll ? CodePointSet.Of() : CodePointSet.Of('\n')).Not()));
            case '^':
                return new At(IsRust && !_options.ManyLines ? Place.TextStart : Place.LineStart);
            case '$':
                return new At(IsRust && !_options.ManyLines ? Place.TextEnd : Place.LineEnd);
            case '[':
                return new OneOf(new PointClass(ClassParser.Parse(_reader, _options.IgnoreCase)));
            case '\\':
                return Escape(out literal);
            case '*' or '+' or '?':
                throw _reader.Error("repeats nothing");
            case var point:
                literal = point;
                return Literal(point);
        }
    }

    private PatternNode Escape(out int literal)
    {
        literal = -1;
        Place? place = _reader.Peek() switch
        {
            'A' => Place.TextStart,
            'z' => Place.TextEnd,
            'Z' when !IsRust => Place.TextEndOrLastLine,
            'b' => Place.WordBoundary,
            'B' => Place.NoWordBoundary,
            _ => null,
        };
        if (place is { } known)
        {
            _reader.Position++;
            return new At(known);
        }

        if (_reader.ClassEscape(inBrackets: false) is { } set)
            return new OneOf(new PointClass(set));
        literal = _reader.CharacterEscape();
        return Literal(literal);
    }

    private OneOf Literal(int point)
    {
        CodePointSet set = CodePointSet.Of(point);
        return new OneOf(new PointClass(_options.IgnoreCase ? CaseFolding.WithVariants(set) : set));
    }

    private PatternNode? Group()
    {
        Options outer = _options;
        _reader.Position++;
        PatternNode? node;
        if (!_reader.Take("?"))
            node = Alternatives();
        else if (_reader.Take("#"))
            return Comment();
        else if (_reader.Take(":"))
            node = Alternatives();
        else if (_reader.Take(">"))
            node = new Atomic(Alternatives());
        else if (_reader.Take("="))
            node = new Look(Alternatives(), Behind: false, Negative: false);
        else if (_reader.Take("!"))
            node = new Look(Alternatives(), Behind: false, Negative: true);
        else if (_reader.Take("<="))
            node = new Look(Alternatives(), Behind: true, Negative: false);
        else if (_reader.Take("<!"))
            node = new Look(Alternatives(), Behind: true, Negative: true);
        else if (_reader.Take("<") || (IsRust && _reader.Take("P<")))
            node = Named();
        else
            return WithOptions(outer);
        Close();
        _options = outer;
        return node;
    }

    private PatternNode? Comment()
    {
        _reader.Until(")");
        return null;
    }

    private PatternNode Named()
    {
        _reader.Until(">");
        return Alternatives();
    }

    // (?i:…) holds for the group. (?i) holds for the rest of the group around it, which Oniguruma takes as one: a(?i)b|c is a(?i:b|c).
    private PatternNode? WithOptions(Options outer)
    {
        bool isOn = true;
        while (_reader.Peek() is not (':' or ')'))
        {
            switch (_reader.Next())
            {
                case '-':
                    isOn = false;
                    break;
                case 'i':
                    _options = _options with { IgnoreCase = isOn };
                    break;
                case 'x':
                    _options = _options with { Extended = isOn };
                    break;
                case 'm' when IsRust:
                    _options = _options with { ManyLines = isOn };
                    break;
                case 's' when IsRust:
                case 'm':
                    _options = _options with { DotMatchesAll = isOn };
                    break;
                default:
                    throw _reader.Error("has a group of a kind that is not supported");
            }
        }

        if (_reader.Take(":"))
        {
            PatternNode inside = Alternatives();
            Close();
            _options = outer;
            return inside;
        }

        Close();
        return IsRust ? null : Alternatives();
    }

    private void Close()
    {
        if (!_reader.Take(")"))
            throw _reader.Error("lacks a closing parenthesis");
    }

    private PatternNode? Quantified(PatternNode part)
    {
        int start = _reader.Position;
        (int minimum, int maximum) = (0, Repeated.Unlimited);
        bool isInterval = false;
        if (_reader.Take("+"))
            minimum = 1;
        else if (_reader.Take("?"))
            maximum = 1;
        else if (_reader.Take("{"))
            isInterval = true;
        else if (!_reader.Take("*"))
            return null;
        if (isInterval && !_reader.Interval(out minimum, out maximum))
        {
            // A brace that is no interval stands for itself.
            _reader.Position = start;
            return null;
        }

        if (part is At)
            throw _reader.Error("repeats a place");

        // Oniguruma: x{2}? is (?:x{2})?, and x{1,2}+ is (?:x{1,2})+.
        bool isExact = isInterval && minimum == maximum && !IsRust;
        if (!isExact && _reader.Take("?"))
            return new Repeated(part, minimum, maximum, Greed.Lazy);
        if (!(isInterval && !IsRust) && _reader.Take("+"))
            return new Repeated(part, minimum, maximum, Greed.Possessive);
        return new Repeated(part, minimum, maximum, Greed.Greedy);
    }

    private readonly record struct Options(bool IgnoreCase, bool DotMatchesAll, bool ManyLines, bool Extended);
}
