using System.Globalization;
using System.Text;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>
/// Comma-separated values. Under a header: the word in a column called token, word, text, label or key, the numbers in columns of one name that count up
/// (d0, d1, … or dim_1, dim_2, …) or as a JSON array in a column called vector, embedding or values. Without a header: the word, then its numbers.
/// </summary>
internal static class CsvTable
{
    private static readonly string[] WordColumns = ["token", "word", "text", "label", "key"];
    private static readonly string[] VectorColumns = ["vector", "embedding", "values"];

    public static ReadRows Read(TableInput input, ByteReader reader)
    {
        CsvRecords records = new(input, reader);
        if (!records.TryRead())
            throw input.Error("expected a header and rows, found an empty file", kind: "Empty");
        Layout layout = Layout.Of(input, records);
        if (!layout.FirstIsRow && !records.TryRead())
            throw input.Error("expected rows under the header, found none", kind: "Empty");
        FloatBuffer values = new();
        layout.Parse(input, records, values);
        using RowStore store = new(reader, values.Count, null, keepRepeated: true);
        do
        {
            layout.Parse(input, records, values);
            if (values.Count != store.Dimension)
                throw input.Error(FormattableString.Invariant($"expected {store.Dimension} numbers as in the first row, found {values.Count}"), records.Line, "BadRow");
            values.CopyTo(store.Row());
            store.Add(records[layout.Word], records.Line);
        }
        while (records.TryRead());

        return new ReadRows(TableFormat.Csv, store.Join(), store.Words, store.Warnings("line"));
    }

    /// <summary>Which fields hold what.</summary>
    /// <param name="Fields">Fields of every record.</param>
    /// <param name="Word">The word's.</param>
    /// <param name="Numbers">One field for each number, in order; empty when one field holds them all.</param>
    /// <param name="Array">The field that holds a JSON array; −1 when there is none.</param>
    /// <param name="FirstIsRow">There is no header.</param>
    private sealed record Layout(int Fields, int Word, int[] Numbers, int Array, bool FirstIsRow)
    {
        public static Layout Of(TableInput input, CsvRecords first)
        {
            string[] names = [.. Enumerable.Range(0, first.Count).Select(i => Encoding.UTF8.GetString(first[i]).Trim('\uFEFF', ' '))];
            int[] numbers = Counting(names);
            // "a,1,2" could be columns called 1 and 2; they are where a column is called word or the like.
            bool named = numbers.Length > 0 && (!names[numbers[0]].All(char.IsAsciiDigit) || Index(names, WordColumns) >= 0);
            if (!named && names.Length > 1 && names.Skip(1).All(n => DecimalFloat.TryParse(Encoding.UTF8.GetBytes(n), out _)))
                return new Layout(names.Length, 0, [.. Enumerable.Range(1, names.Length - 1)], -1, true);
            int word = Index(names, WordColumns), array = numbers.Length > 0 ? -1 : Index(names, VectorColumns);
            if (numbers.Length == 0 && array < 0)
                throw input.Error($"expected columns of numbers called d0, d1, … or one called vector, found {Listed(names)}", 1, "UnknownFormat");
            if (word < 0 || numbers.Contains(word))
                throw input.Error($"expected a column called {string.Join(", ", WordColumns)}, found {Listed(names)}", 1, "UnknownFormat");
            return new Layout(names.Length, word, numbers, array, false);
        }

        public void Parse(TableInput input, CsvRecords record, FloatBuffer values)
        {
            if (record.Count != Fields)
                throw input.Error(FormattableString.Invariant($"expected {Fields} fields as in the first line, found {record.Count}"), record.Line, "BadRow");
            values.Clear();
            foreach (int field in Numbers)
                values.Add(Number(input, record, record[field], values.Count));
            if (Array < 0)
                return;
            ReadOnlySpan<byte> list = record[Array].Trim((byte)' ');
            if (list is not [(byte)'[', .., (byte)']'] || list.Length < 3)
                throw input.Error($"expected an array of numbers in brackets, found \"{RowStore.Shown(list)}\"", record.Line, "BadRow");
            list = list[1..^1];
            while (true)
            {
                int comma = list.IndexOf((byte)',');
                values.Add(Number(input, record, (comma < 0 ? list : list[..comma]).Trim((byte)' '), values.Count));
                if (comma < 0)
                    return;
                list = list[(comma + 1)..];
            }
        }

        /// <summary>The longest list of columns whose names differ only in a number that counts up from 0 or 1.</summary>
        private static int[] Counting(string[] names) =>
            names.Select((name, i) => (Stem: name.TrimEnd("0123456789".ToCharArray()), Name: name, Column: i))
                .Where(c => c.Name.Length > c.Stem.Length)
                .GroupBy(c => c.Stem, StringComparer.Ordinal)
                .Select(group => (int[])[.. group.Select(c => c.Column)])
                .Where(columns => columns.Select((column, i) => Suffix(names[column]) - i).Distinct().ToArray() is [0 or 1])
                .OrderByDescending(columns => columns.Length)
                .FirstOrDefault() ?? [];

        private static long Suffix(string name)
        {
            int begin = name.Length;
            while (begin > 0 && char.IsAsciiDigit(name[begin - 1]))
                begin--;
            return long.TryParse(name.AsSpan(begin), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : long.MinValue;
        }

        private static float Number(TableInput input, CsvRecords record, ReadOnlySpan<byte> field, int place) =>
            DecimalFloat.TryParse(field, out float value) && float.IsFinite(value) ? value
            : throw input.Error(FormattableString.Invariant($"expected a finite number in place {place + 1} of the vector, found \"{RowStore.Shown(field)}\""), record.Line, "BadNumber");

        private static int Index(string[] names, string[] wanted) =>
            wanted.Select(w => System.Array.FindIndex(names, n => n.Equals(w, StringComparison.OrdinalIgnoreCase))).FirstOrDefault(i => i >= 0, -1);

        private static string Listed(string[] names) => string.Join(", ", names.Take(6).Select(n => $"\"{(n.Length > 40 ? n[..40] + "…" : n)}\"")) + (names.Length > 6 ? ", …" : "");
    }
}
