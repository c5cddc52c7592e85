using System.Globalization;
using System.Text;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>
/// The embedding projector's pair of files: vectors, one row a line, numbers separated by tabs; and metadata, one word a line, or several columns
/// separated by tabs under a header.
/// </summary>
internal static class ProjectorTsv
{
    private const byte Tab = (byte)'\t';

    private static readonly string[] WordColumns = ["token", "word", "label", "text", "name"];

    /// <summary>The metadata's name for a file of vectors: vectors.tsv and metadata.tsv, x.tsv and x_metadata.tsv.</summary>
    public static string MetadataName(string vectorsName)
    {
        foreach (string part in new[] { "vectors", "tensors", "embeddings" })
        {
            int at = vectorsName.LastIndexOf(part, StringComparison.Ordinal);
            if (at >= 0)
                return string.Concat(vectorsName.AsSpan(0, at), "metadata", vectorsName.AsSpan(at + part.Length));
        }

        int ending = vectorsName.LastIndexOf(".tsv", StringComparison.OrdinalIgnoreCase);
        return ending < 0 ? vectorsName + "_metadata.tsv" : string.Concat(vectorsName.AsSpan(0, ending), "_metadata", vectorsName.AsSpan(ending));
    }

    public static ReadRows Read(TableInput input, ByteReader reader, TableInput? metadata)
    {
        if (!reader.TryReadLine(out ReadOnlySpan<byte> line))
            throw input.Error("expected rows of numbers, found an empty file", kind: "Empty");
        int dimension = line.TrimEnd(Tab).Count(Tab) + 1;
        RequireNumber(input, line);
        using RowStore store = new(reader, dimension, null, keepRepeated: true);
        List<string> warnings = [];
        using IEnumerator<byte[]>? words = metadata is null ? null : Words(metadata).GetEnumerator();
        Span<byte> number = stackalloc byte[20];
        do
        {
            if (line.Length == 0)
                throw input.Error("expected numbers, found an empty line. Remove it", reader.Line, "BadRow");
            Parse(line, store.Row(), input, reader.Line);
            if (words is null)
            {
                store.Offered.TryFormat(number, out int length, provider: CultureInfo.InvariantCulture);
                store.Add(number[..length], reader.Line);
            }
            else
                store.Add(words.MoveNext() ? words.Current : throw WrongCount(input, metadata!, store.Offered), reader.Line);
        }
        while (reader.TryReadLine(out line) && !IsLast(input, reader, line));

        if (words is not null && words.MoveNext())
            throw WrongCount(input, metadata!, store.Offered, more: true);
        if (metadata is null)
            warnings.Add($"there is no {MetadataName(Path.GetFileName(input.Path))} beside it, so rows are called by their number");
        return new ReadRows(TableFormat.ProjectorTsv, store.Join(), store.Words, [.. warnings, .. store.Warnings("line")]);
    }

    /// <summary>An empty line may stand at the end only.</summary>
    private static bool IsLast(TableInput input, ByteReader reader, ReadOnlySpan<byte> line)
    {
        if (line.Length > 0)
            return false;
        long empty = reader.Line;
        while (reader.TryReadLine(out line))
        {
            if (line.Length > 0)
                throw input.Error("expected numbers, found an empty line. Remove it", empty, "BadRow");
        }

        return true;
    }

    /// <summary>The metadata beside a file of vectors, plain or compressed; null when there is none.</summary>
    public static TableInput? FindMetadata(TableInput input)
    {
        string name = Path.GetFileName(input.Path), metadata = MetadataName(name);
        string other = TableInput.IsGzipName(metadata) ? metadata[..^3] : metadata + ".gz";
        return input.Beside(metadata) ?? input.Beside(other) ?? (name.Equals("metadata.tsv", StringComparison.Ordinal) ? null : input.Beside("metadata.tsv"));
    }

    private static void RequireNumber(TableInput input, ReadOnlySpan<byte> line)
    {
        int tab = line.IndexOf(Tab);
        ReadOnlySpan<byte> first = tab < 0 ? line : line[..tab];
        if (DecimalFloat.Parse(first, out _) > 0 || first is [(byte)'n' or (byte)'N' or (byte)'i' or (byte)'I' or (byte)'-', ..])
            return;
        throw input.Error($"expected numbers separated by tabs, found \"{RowStore.Shown(first)}\". The projector keeps words in a file of their own: name the file of vectors", 1, "BadRow");
    }

    private static void Parse(ReadOnlySpan<byte> line, Span<float> values, TableInput input, long number)
    {
        ReadOnlySpan<byte> rest = line.TrimEnd(Tab);
        for (int i = 0; i < values.Length; i++)
        {
            int length = DecimalFloat.Parse(rest, out values[i]);
            bool last = i == values.Length - 1;
            if (length == 0 || (length < rest.Length && rest[length] != Tab) || !float.IsFinite(values[i]))
            {
                int tab = rest.IndexOf(Tab);
                throw input.Error(FormattableString.Invariant($"expected a finite number in place {i + 1} of {values.Length}, found \"{RowStore.Shown(tab < 0 ? rest : rest[..tab])}\""), number, "BadNumber");
            }

            if (last != (length == rest.Length))
                throw input.Error(FormattableString.Invariant($"expected {values.Length} numbers as in the first line, found {line.TrimEnd(Tab).Count(Tab) + 1}"), number, "BadRow");
            rest = last ? default : rest[(length + 1)..];
        }
    }

    /// <summary>The words of a metadata file: its lines, or of several columns the one whose header says so, otherwise the first.</summary>
    public static IEnumerable<byte[]> Words(TableInput metadata)
    {
        using ByteReader reader = metadata.Read();
        reader.SkipMark();
        if (!reader.TryReadLine(out ReadOnlySpan<byte> line))
            yield break;
        int column = -1;
        if (line.Contains(Tab))
        {
            string[] names = Encoding.UTF8.GetString(line).ToLowerInvariant().Split('\t');
            column = Math.Max(0, Array.FindIndex(names, WordColumns.Contains));
            if (!reader.TryReadLine(out line))
                yield break;
        }

        byte[] word;
        do
        {
            word = column < 0 ? line.ToArray() : Field(line, column, metadata, reader.Line).ToArray();
            yield return word;
        }
        while (reader.TryReadLine(out line));
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> line, int column, TableInput metadata, long number)
    {
        for (; column > 0; column--)
        {
            int tab = line.IndexOf(Tab);
            if (tab < 0)
                throw metadata.Error("expected as many columns as in the header, found fewer", number, "BadRow");
            line = line[(tab + 1)..];
        }

        int end = line.IndexOf(Tab);
        return end < 0 ? line : line[..end];
    }

    private static CheckpointFormatException WrongCount(TableInput input, TableInput metadata, long vectors, bool more = false) => input.Error(
        FormattableString.Invariant($"expected as many words in {Path.GetFileName(metadata.Path)} as there are vectors, found {(more ? $"more than {vectors}" : $"{vectors} only")}. Export both anew"), kind: "WrongRowCount");
}
