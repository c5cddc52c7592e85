namespace Azimuth.Training.Corpora;

/// <summary>About a mebibyte of a corpus's lines, one behind the other: what a thread takes at a time. Filled again and again.</summary>
internal sealed class LineBlock
{
    private const int EnoughBytes = 1 << 20;
    private readonly List<(int End, bool GoesOn)> _lines = [];
    private byte[] _bytes = new byte[EnoughBytes + (EnoughBytes / 4)];

    /// <summary>Lines.</summary>
    public int Count => _lines.Count;

    /// <summary>Bytes of all lines.</summary>
    public int Length { get; private set; }

    /// <summary>A line.</summary>
    public ReadOnlySpan<byte> this[int line]
    {
        get
        {
            int start = line == 0 ? 0 : _lines[line - 1].End;
            return _bytes.AsSpan(start, _lines[line].End - start);
        }
    }

    /// <summary>Whether a line was cut by the reader and goes on with the next.</summary>
    public bool GoesOn(int line) => _lines[line].GoesOn;

    /// <summary>Takes the next lines of a corpus in place of those before.</summary>
    /// <param name="reader">Has the lines.</param>
    /// <param name="withEnds">Each with what ended it.</param>
    /// <returns>False when there are no more.</returns>
    public bool Fill(CorpusReader reader, bool withEnds)
    {
        _lines.Clear();
        Length = 0;
        while (Length < EnoughBytes && reader.TryNextLine(out var line))
            Add(line, withEnds ? reader.LineEnd : [], reader.IsCut);
        return Count > 0;
    }

    private void Add(ReadOnlySpan<byte> line, ReadOnlySpan<byte> end, bool goesOn)
    {
        int length = Length + line.Length + end.Length;
        if (length > _bytes.Length)
            Array.Resize(ref _bytes, 2 * length);
        line.CopyTo(_bytes.AsSpan(Length));
        end.CopyTo(_bytes.AsSpan(Length + line.Length));
        Length = length;
        _lines.Add((length, goesOn));
    }
}
