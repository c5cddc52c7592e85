namespace Azimuth.Checkpoints.WordVectors;

/// <summary>
/// Reads comma-separated values record by record (RFC 4180): a field in double quotes may hold commas, line ends, and quotes written twice.
/// Fields are valid until the next record.
/// </summary>
internal sealed class CsvRecords(TableInput input, ByteReader reader)
{
    private byte[] _content = new byte[256];
    private int _length;
    private int[] _ends = new int[16];

    /// <summary>Fields of the current record.</summary>
    public int Count { get; private set; }

    /// <summary>The line the current record begins in.</summary>
    public long Line { get; private set; }

    public ReadOnlySpan<byte> this[int field] => _content.AsSpan(field == 0 ? 0 : _ends[field - 1], _ends[field] - (field == 0 ? 0 : _ends[field - 1]));

    /// <summary>Goes to the next record that is not an empty line; false at the end.</summary>
    public bool TryRead()
    {
        ReadOnlySpan<byte> line;
        do
        {
            if (!reader.TryReadLine(out line, keepReturn: true))
                return false;
        }
        while (line.Length == 0 || line is [(byte)'\r']);

        (Line, Count, _length) = (reader.Line, 0, 0);
        bool quoted = Fields(line, quoted: false);
        while (quoted)
        {
            if (!reader.TryReadLine(out line, keepReturn: true))
                throw input.Error("a field in quotes has no end. The file is cut off or a quote is missing", Line, "Truncated");
            if (_length > ByteReader.LongestLine)
                throw input.Error("a field in quotes is longer than any row. A quote is missing", Line, "LineTooLong");
            Append([(byte)'\n']);
            quoted = Fields(line, quoted: true);
        }

        return true;
    }

    /// <summary>The fields of one line, the first of which may go on from the line before; true when the last one is still open.</summary>
    private bool Fields(ReadOnlySpan<byte> line, bool quoted)
    {
        int at = 0;
        while (true)
        {
            if (!quoted && at < line.Length && line[at] == '"')
            {
                quoted = true;
                at++;
            }

            if (quoted)
            {
                int end = line[at..].IndexOf((byte)'"');
                if (end < 0)
                {
                    Append(line[at..]);
                    return true;
                }

                Append(line.Slice(at, end));
                at += end + 1;
                if (at < line.Length && line[at] == '"')
                {
                    Append([(byte)'"']);
                    at++;
                    continue;
                }

                quoted = false;
                if (at == line.Length - 1 && line[at] == '\r')
                    at++;
                if (at < line.Length && line[at] != ',')
                    throw input.Error("expected a comma after a field in quotes, found something else. A quote within a field is written twice", reader.Line, "BadRow");
            }
            else
            {
                int comma = line[at..].IndexOf((byte)',');
                ReadOnlySpan<byte> field = comma < 0 ? line[at..] : line.Slice(at, comma);
                at += field.Length;
                Append(comma < 0 && field is [.., (byte)'\r'] ? field[..^1] : field);
            }

            EndField();
            if (at >= line.Length)
                return false;
            at++; // the comma
            if (at == line.Length)
            {
                EndField();
                return false;
            }
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > _content.Length)
            Array.Resize(ref _content, Math.Max(_length + bytes.Length, _content.Length * 2));
        bytes.CopyTo(_content.AsSpan(_length));
        _length += bytes.Length;
    }

    private void EndField()
    {
        if (Count == _ends.Length)
            Array.Resize(ref _ends, Count * 2);
        _ends[Count++] = _length;
    }
}
