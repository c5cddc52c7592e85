using System.Globalization;
using System.Text;
using Azimuth.Embeddings;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>
/// How words are written where some characters cannot be: nothing is changed while every word can stand as it is; otherwise backslashes are doubled and
/// what cannot stand becomes \s (blank), \n, \r, \t, \xHH (other controls), \e (an empty word). Where rows are known by their words, a word that came before
/// becomes word\#id. Different rows always get different spellings. Readers do not undo it: the same bytes may be somebody's words.
/// </summary>
internal sealed class WordSpelling
{
    private readonly EmbeddingTable _table;
    private readonly IReadOnlyList<int> _ids;
    private readonly Rules _rules;
    private readonly bool _escape;
    private readonly HashSet<int> _again = [];

    /// <summary>Looks through the words once.</summary>
    /// <param name="table">Whose words they are.</param>
    /// <param name="ids">The rows written, in order.</param>
    /// <param name="rules">What the format can hold.</param>
    public WordSpelling(EmbeddingTable table, IReadOnlyList<int> ids, Rules rules)
    {
        (_table, _ids, _rules) = (table, ids, rules);
        HashSet<string>? seen = rules == Rules.Blanks ? new(StringComparer.Ordinal) : null;
        foreach (int id in ids)
        {
            string word = table.Text(id);
            if (!Stands(word))
                Escaped++;
            if (seen is not null && !seen.Add(word))
                _again.Add(id);
        }

        _escape = Escaped > 0 || _again.Count > 0;
    }

    /// <summary>What a format keeps apart by.</summary>
    public enum Rules
    {
        /// <summary>Blanks and line ends, and rows are known by their words: word2vec and GloVe.</summary>
        Blanks,

        /// <summary>Tabs and line ends; lines of blanks alone are passed over by the projector.</summary>
        Tabs,
    }

    /// <summary>Words that could not stand as they are.</summary>
    public int Escaped { get; private set; }

    /// <summary>Words that had come before.</summary>
    public int Repeated => _again.Count;

    /// <summary>What was done about words, for a warning; null when every word stands as it is.</summary>
    public string? Remark()
    {
        if (!_escape)
            return null;
        string what = _rules == Rules.Blanks ? "blanks, line ends or controls, or are empty" : "tabs or line ends, or are blank";
        List<string> parts = [];
        if (Escaped > 0)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{Escaped} {(Escaped == 1 ? "word holds" : "words hold")} {what}"));
        if (_again.Count > 0)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{_again.Count} {(_again.Count == 1 ? "word comes" : "words come")} again"));
        return $"{string.Join(" and ", parts)}: words are spelled with \\s \\n \\r \\t \\xHH{(_rules == Rules.Blanks ? ", \\#id behind a word that came before" : "")} and \\\\ for a backslash";
    }

    /// <summary>The word of a row as it is written.</summary>
    public string Of(int id)
    {
        string word = _table.Text(id);
        if (!_escape)
            return word;
        StringBuilder text = new(word.Length + 8);
        if (word.Length == 0)
            text.Append("\\e");
        bool blank = _rules == Rules.Blanks || string.IsNullOrWhiteSpace(word);
        foreach (char c in word)
            Append(text, c, blank);
        if (_again.Contains(id))
            text.Append(CultureInfo.InvariantCulture, $"\\#{id}");
        return text.ToString();
    }

    private static void Append(StringBuilder text, char c, bool blanks)
    {
        switch (c)
        {
            case '\\':
                text.Append("\\\\");
                break;
            case ' ' when blanks:
                text.Append("\\s");
                break;
            case '\n':
                text.Append("\\n");
                break;
            case '\r':
                text.Append("\\r");
                break;
            case '\t':
                text.Append("\\t");
                break;
            case < ' ' or '\u007F':
                text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:X2}");
                break;
            default:
                text.Append(c);
                break;
        }
    }

    private bool Stands(string word)
    {
        if (_rules == Rules.Tabs && string.IsNullOrWhiteSpace(word))
            return false;
        return word.Length > 0 && !word.AsSpan().ContainsAny(_rules == Rules.Blanks ? " \t\n\r\v\f\0" : "\t\n\r\v\f\0");
    }
}
