using System.Globalization;

namespace Azimuth.Tokenization.Unicode;

/// <summary>
/// Unicode as the tokenizers library's normalizers know it: normalization data, marks and scripts of version 9, punctuation, format characters and nonspacing
/// marks of version 8. Read from tables.txt, which tables.py writes from the standard's data; immutable and thread-safe.
/// </summary>
internal sealed class UnicodeTables
{
    private static readonly Lazy<UnicodeTables> Loaded = new(() => new UnicodeTables());

    private readonly Dictionary<int, int[]> _canonical = [];
    private readonly Dictionary<int, int[]> _compatible = [];
    private readonly Dictionary<(int First, int Second), int> _compositions = [];
    private readonly Dictionary<int, byte> _classes = [];
    private readonly List<(TextRange Range, int Script)> _scripts = [];
    private readonly List<string> _scriptNames = [""];
    private readonly Dictionary<string, CodePointSet> _sets = [];

    private UnicodeTables()
    {
        using Stream stream = typeof(UnicodeTables).Assembly.GetManifestResourceStream("Azimuth.Tokenization.Unicode.tables.txt")!;
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is { } line)
            Read(line.Split(' '));
        _sets.Add("nfc", new CodePointSet(ChangedByNfc().Select(point => new TextRange(point, point))));
        _scripts.Sort((left, right) => left.Range.Start.CompareTo(right.Range.Start));
    }

    /// <summary>The tables, read when first asked for.</summary>
    public static UnicodeTables Instance => Loaded.Value;

    /// <summary>General_Category M.</summary>
    public CodePointSet Marks => _sets["mark"];

    /// <summary>General_Category Mn.</summary>
    public CodePointSet NonspacingMarks => _sets["nonspacing"];

    /// <summary>General_Category P.</summary>
    public CodePointSet Punctuation => _sets["punctuation"];

    /// <summary>General_Category Cf.</summary>
    public CodePointSet Format => _sets["format"];

    /// <summary>Where NFC has something to do: marks with a class, what never composes, and what composes with a character before it.</summary>
    public CodePointSet NeedsNfc => _sets["nfc"];

    /// <summary>Canonical_Combining_Class; 0 for a starter.</summary>
    public byte CombiningClass(int point) => _classes.TryGetValue(point, out byte value) ? value : (byte)0;

    /// <summary>One step of decomposition, or null: canonical, and also compatible when asked.</summary>
    public int[]? Decomposition(int point, bool compatible)
        => _canonical.TryGetValue(point, out int[]? parts) || (compatible && _compatible.TryGetValue(point, out parts)) ? parts : null;

    /// <summary>The primary composite of two characters, or −1.</summary>
    public int Composition(int first, int second) => _compositions.TryGetValue((first, second), out int composed) ? composed : -1;

    /// <summary>The number of the character's script, 0 for none; <see cref="ScriptNumber"/> tells a script's number.</summary>
    public int Script(int point)
    {
        int low = 0, high = _scripts.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            (TextRange range, int script) = _scripts[middle];
            if (point < range.Start)
                high = middle - 1;
            else if (point > range.End)
                low = middle + 1;
            else
                return script;
        }

        return 0;
    }

    /// <summary>The number of a script by its name in the standard.</summary>
    public int ScriptNumber(string name) => _scriptNames.IndexOf(name);

    private void Read(string[] fields)
    {
        switch (fields[0])
        {
            case "#":
                break;
            case "canonical" or "excluded" or "compatible":
                int point = Point(fields[1]);
                int[] parts = [.. fields[2..].Select(Point)];
                (fields[0] == "compatible" ? _compatible : _canonical).Add(point, parts);
                if (fields[0] == "canonical")
                    _compositions.Add((parts[0], parts[1]), point);
                break;
            case "class":
                foreach (TextRange range in Ranges(fields[2..]))
                {
                    for (int at = range.Start; at <= range.End; at++)
                        _classes.Add(at, byte.Parse(fields[1], CultureInfo.InvariantCulture));
                }

                break;
            case "script":
                foreach (TextRange range in Ranges(fields[2..]))
                    _scripts.Add((range, _scriptNames.Count));
                _scriptNames.Add(fields[1]);
                break;
            default:
                _sets.Add(fields[0], new CodePointSet(Ranges(fields[1..])));
                break;
        }
    }

    // Hangul vowels and trailing consonants compose by arithmetic.
    private IEnumerable<int> ChangedByNfc()
    {
        HashSet<int> composites = [.. _compositions.Values];
        return _classes.Keys.Concat(_canonical.Keys.Where(point => !composites.Contains(point))).Concat(_compositions.Keys.Select(pair => pair.Second))
            .Concat(Enumerable.Range(0x1161, 0x11C3 - 0x1161));
    }

    private static IEnumerable<TextRange> Ranges(string[] fields) => fields.Select(field => field.Split('-')).Select(ends => new TextRange(Point(ends[0]), Point(ends[^1])));

    private static int Point(string hex) => int.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
