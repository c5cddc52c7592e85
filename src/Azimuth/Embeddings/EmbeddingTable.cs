using System.Globalization;
using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>
/// A vocabulary and its matrix [vocab, model]: immutable, independent of who trained it. Row i belongs to the token with id i.
/// Neighbours, statistics and I/O live in other types. Safe for many threads.
/// </summary>
public sealed class EmbeddingTable
{
    private readonly Func<int, string> _text;
    private readonly Func<string, int?>? _find;
    private readonly Lazy<Dictionary<string, int>> _ids;

    /// <summary>Joins rows and their tokens.</summary>
    /// <param name="name">What the table is called on screen: "input table", "output table".</param>
    /// <param name="rows">[vocab, model], as stored.</param>
    /// <param name="text">The decoded text of a token id (" next"); asked only for ids below the row count.</param>
    /// <param name="find">The lowest id with a text, where <paramref name="text"/>'s owner has an index of its own; null to make one when first needed.</param>
    public EmbeddingTable(string name, StoredMatrix rows, Func<int, string> text, Func<string, int?>? find = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(text);
        (Name, Rows, _text, _find) = (name, rows, text, find);
        Count = checked((int)rows.Rows);
        _ids = new Lazy<Dictionary<string, int>>(IdsByText);
    }

    /// <summary>What the table is called on screen.</summary>
    public string Name { get; }

    /// <summary>The file of vectors that it was read from, for messages; null for a model's table.</summary>
    public string? File { get; init; }

    /// <summary>The matrix [vocab, model] as stored.</summary>
    public StoredMatrix Rows { get; }

    /// <summary>Number of rows.</summary>
    public int Count { get; }

    /// <summary>Length of a row.</summary>
    public int ModelDim => Rows.Columns;

    /// <summary>The token's decoded text, blanks as they are; screens pass it through <c>VisibleText.Show</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    public string Text(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, Count);
        return _text(id);
    }

    /// <summary>The lowest id whose text is exactly <paramref name="text"/>, or null. Without an index of the table's own, the first call reads every text once.</summary>
    public int? Find(string text) => _find is not null ? _find(text) : _ids.Value.TryGetValue(text, out int id) ? id : null;

    /// <summary>The row that <c>id:1867</c> names; null for every other name and for numbers beyond the table.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is null.</exception>
    public int? RowNamed(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith("id:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out int id) && id < Count ? id : null;
    }

    /// <summary>The token's vector, widened to float [model].</summary>
    public float[] Vector(int id) => Rows.Row(id);

    private Dictionary<string, int> IdsByText()
    {
        var ids = new Dictionary<string, int>(Count, StringComparer.Ordinal);
        for (int id = 0; id < Count; id++)
            ids.TryAdd(_text(id), id);
        return ids;
    }
}

/// <summary>A token with its decoded text, as it appears in results.</summary>
/// <param name="Id">Row number.</param>
/// <param name="Text">Decoded text, blanks as they are.</param>
public sealed record TokenRef(int Id, string Text);

/// <summary>A token and a probability.</summary>
/// <param name="Id">Row number.</param>
/// <param name="Text">Decoded text, blanks as they are.</param>
/// <param name="Probability">0 to 1.</param>
public sealed record TokenProbability(int Id, string Text, double Probability);

/// <summary>A token, how it scored, and the angle between the two directions.</summary>
/// <param name="Id">Row number.</param>
/// <param name="Text">Decoded text, blanks as they are.</param>
/// <param name="Value">The metric's own value.</param>
/// <param name="AngleDegrees">Angle to the query in degrees, null when either has no direction.</param>
public sealed record Neighbor(int Id, string Text, double Value, double? AngleDegrees);
