namespace Azimuth.Tokenization.Text;

/// <summary>
/// A text on its way through the pipeline: code points, each with the stretch of the original text it came from, in code points of the original.
/// Normalizers and pre-tokenizers rewrite it; nothing else remembers where a character was. One per call of Encode, not thread-safe.
/// </summary>
internal sealed class AlignedText
{
    private readonly TextLimit? _limit;
    private int[] _points;
    private TextRange[] _origins;

    /// <summary>An empty text that takes the place of <paramref name="source"/>, under the same limit.</summary>
    public AlignedText(AlignedText source, int capacity) : this(source._limit, capacity) { }

    private AlignedText(TextLimit? limit, int capacity)
    {
        _limit = limit;
        _points = new int[Math.Max(1, capacity)];
        _origins = new TextRange[_points.Length];
    }

    /// <summary>Number of code points.</summary>
    public int Count { get; private set; }

    /// <summary>The code points; valid until the next change.</summary>
    public ReadOnlySpan<int> Points => _points.AsSpan(0, Count);

    /// <summary>Where each came from; valid until the next change.</summary>
    public ReadOnlySpan<TextRange> Origins => _origins.AsSpan(0, Count);

    /// <summary>A stretch of an original text, each code point coming from itself; of any length where no file is named that could make it too long.</summary>
    public static AlignedText FromOriginal(ReadOnlySpan<int> original, int start, int end, string? file = null)
    {
        AlignedText text = new(file is null ? null : new TextLimit(file, end - start), end - start);
        for (int at = start; at < end; at++)
            text.Add(original[at], new TextRange(at, at + 1));
        return text;
    }

    /// <summary>Stops a text that would have so many code points where that is out of proportion to the original.</summary>
    public void CheckLength(long count) => _limit?.Check(count);

    /// <summary>Appends a code point that came from <paramref name="origin"/>.</summary>
    public void Add(int point, TextRange origin)
    {
        if (Count == _points.Length)
        {
            CheckLength(Count + 1L);
            Array.Resize(ref _points, checked(Count * 2));
            Array.Resize(ref _origins, _points.Length);
        }

        _points[Count] = point;
        _origins[Count++] = origin;
    }

    /// <summary>The part [start, end) as a text of its own.</summary>
    public AlignedText Slice(int start, int end)
    {
        AlignedText part = new(_limit, end - start);
        Points[start..end].CopyTo(part._points);
        Origins[start..end].CopyTo(part._origins);
        part.Count = end - start;
        return part;
    }

    /// <summary>The part of the original that [start, end) of this text stands for; start must be below end.</summary>
    public TextRange Origin(int start, int end) => new(_origins[start].Start, _origins[end - 1].End);
}
