namespace Azimuth.Embeddings;

/// <summary>
/// Finds the row that stands for a word, and says which word a row stands for. Of several rows that read alike the lowest is the word's, but rows with
/// a blank before the word come first under <see cref="WordForm.Auto"/>. Immutable, safe for many threads.
/// </summary>
public sealed class WordIndex
{
    private readonly Dictionary<string, int> _blank = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _bare = new(StringComparer.Ordinal);

    /// <summary>Reads every row's text once.</summary>
    /// <param name="table">The vocabulary.</param>
    /// <param name="form">Which rows count as words.</param>
    /// <param name="ignoreCase">Compare upper-cased (invariant culture), as gensim's <c>case_insensitive</c> does.</param>
    /// <param name="restrict">Only the first rows; all of them when null or more than there are.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="restrict"/> below 1.</exception>
    public WordIndex(EmbeddingTable table, WordForm form = WordForm.Auto, bool ignoreCase = false, int? restrict = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (restrict is int limit)
            ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1, nameof(restrict));
        (Table, Form, IgnoreCase, RowCount) = (table, form, ignoreCase, Math.Min(table.Count, restrict ?? table.Count));
        for (int id = 0; id < RowCount; id++)
        {
            string text = table.Text(id);
            if (Read(text) is string word)
                (StartsWithBlank(text) ? _blank : _bare).TryAdd(word, id);
        }
    }

    /// <summary>The vocabulary.</summary>
    public EmbeddingTable Table { get; }

    /// <summary>Which rows count as words.</summary>
    public WordForm Form { get; }

    /// <summary>Words are compared upper-cased.</summary>
    public bool IgnoreCase { get; }

    /// <summary>Rows 0 to this are looked at.</summary>
    public int RowCount { get; }

    /// <summary>How words become rows, one sentence for <see cref="Conventions.Notes"/>.</summary>
    public string Convention => Form switch
    {
        WordForm.Blank => "words are tokens with a blank before them",
        WordForm.Bare => "words are tokens as they are written",
        _ => _blank.Count == 0 ? "words are looked up as they are" : "a word is its token \" word\", else \"word\"",
    } + (IgnoreCase ? ", without case" : "");

    /// <summary>The row of a word, or null when it is out of vocabulary. A word typed with a blank before it (" next") is that token and no other.</summary>
    public int? Find(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        bool typedBlank = StartsWithBlank(word);
        string key = Fold(typedBlank ? word[1..] : word);
        if (key.Length == 0)
            return null;
        if (Form != WordForm.Bare && _blank.TryGetValue(key, out int id))
            return id;
        return Form != WordForm.Blank && !typedBlank && _bare.TryGetValue(key, out id) ? id : null;
    }

    /// <summary>The same, and <c>id:1867</c> names a row by number where no word is spelled so.</summary>
    public int? FindOrId(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        return Find(word) ?? (Table.RowNamed(word) is int id && id < RowCount ? id : null);
    }

    /// <summary>The word that a row stands for, without its blank and upper-cased when case is ignored; null when it is none in this form.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    public string? Word(int id) => Read(Table.Text(id));

    /// <summary>Makes two spellings of one word equal.</summary>
    public string Fold(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        return IgnoreCase ? word.ToUpperInvariant() : word;
    }

    private string? Read(string text)
    {
        bool blank = StartsWithBlank(text);
        if ((blank ? Form == WordForm.Bare : Form == WordForm.Blank) || text.Length == (blank ? 1 : 0))
            return null;
        return Fold(blank ? text[1..] : text);
    }

    private static bool StartsWithBlank(string text) => text.Length > 0 && text[0] == ' ';
}
