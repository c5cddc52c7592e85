using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Azimuth.Checkpoints.Compression;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>
/// Words and rows as a reader finds them. Where rows are known by their words, the first row of a word that comes again counts and the later ones
/// are dropped, so that ids close up; where they are known by their place, all stay. That and bytes that are not UTF-8 become warnings. Disposed by its creator. Belongs to one thread.
/// </summary>
internal sealed class RowStore : IDisposable
{
    private const int Named = 3;
    private readonly GrowingMemory _rows;
    private readonly bool _keepRepeated;
    private readonly List<string> _again = [];
    private long _againCount, _invalidCount, _firstInvalid;

    /// <summary>An empty store.</summary>
    /// <param name="reader">Where the rows come from: what was read bounds what may be allocated.</param>
    /// <param name="dimension">Values of a row, at least 1.</param>
    /// <param name="expectedRows">The number of rows where it is known and fits the file.</param>
    /// <param name="keepRepeated">Whether rows are known by their place.</param>
    public RowStore(ByteReader reader, int dimension, long? expectedRows, bool keepRepeated = false)
    {
        (Dimension, _keepRepeated) = (dimension, keepRepeated);
        long rowBytes = (long)dimension * sizeof(float);
        _rows = new GrowingMemory(rowBytes, expectedRows * rowBytes, bytes => TableInput.RequireProportion(bytes, reader.Seen));
    }

    /// <summary>Values of a row.</summary>
    public int Dimension { get; }

    /// <summary>The words kept.</summary>
    public WordList Words { get; } = new();

    /// <summary>Rows offered, those dropped included.</summary>
    public long Offered { get; private set; }

    /// <summary>Where the next row's values go.</summary>
    public Span<float> Row() => MemoryMarshal.Cast<byte, float>(_rows.Free()[..(Dimension * sizeof(float))]);

    /// <summary>Keeps the values written to <see cref="Row"/> as the row of a word, or drops them when the word has one.</summary>
    /// <param name="word">The word's bytes.</param>
    /// <param name="place">Line or row number, for warnings.</param>
    public void Add(ReadOnlySpan<byte> word, long place)
    {
        Offered++;
        if (!(_keepRepeated ? Words.Add(word) : Words.TryAdd(word)))
        {
            if (_againCount++ < Named)
                _again.Add(FormattableString.Invariant($"\"{Shown(word)}\" ({place})"));
            if (!_keepRepeated)
                return;
        }

        _rows.Commit(Dimension * sizeof(float));
        if (!Utf8.IsValid(word) && _invalidCount++ == 0)
            _firstInvalid = place;
    }

    /// <summary>The rows kept [words, dimension].</summary>
    public StoredMatrix Join() => new(TensorType.F32, Words.Count, Dimension, _rows.Join());

    /// <summary>What was remarkable about the words.</summary>
    /// <param name="places">What the numbers given to <see cref="Add"/> count: "line", "row".</param>
    public List<string> Warnings(string places)
    {
        List<string> warnings = [];
        if (_againCount > 0)
        {
            warnings.Add(FormattableString.Invariant(
                $"{_againCount:N0} {(_againCount == 1 ? "row repeats a word" : "rows repeat words")} ({places}): {string.Join(", ", _again)}{(_againCount > Named ? ", …" : "")}; a word's first row {(_keepRepeated ? "is the one found by it" : "counts, the others are left out")}"));
        }

        if (_invalidCount > 0)
        {
            warnings.Add(FormattableString.Invariant(
                $"{_invalidCount:N0} {(_invalidCount == 1 ? "word is" : "words are")} not UTF-8, the first in {places} {_firstInvalid}; bytes that are not are shown as U+FFFD"));
        }

        return warnings;
    }

    public void Dispose() => _rows.Dispose();

    /// <summary>A word for a message, shortened.</summary>
    public static string Shown(ReadOnlySpan<byte> word) => Encoding.UTF8.GetString(word.Length > 40 ? word[..40] : word) + (word.Length > 40 ? "…" : "");
}
