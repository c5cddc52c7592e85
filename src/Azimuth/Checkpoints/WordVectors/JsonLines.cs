using System.Text.Json;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>One JSON object a line: the word under "token", "word", "text", "label" or "key", the numbers under "vector", "embedding" or "values"; other keys are passed over.</summary>
internal static class JsonLines
{
    private static readonly string[] WordKeys = ["token", "word", "text", "label", "key"];
    private static readonly string[] VectorKeys = ["vector", "embedding", "values"];

    public static ReadRows Read(TableInput input, ByteReader reader)
    {
        RowStore? store = null;
        try
        {
            Row row = new();
            while (reader.TryReadLine(out ReadOnlySpan<byte> line))
            {
                if (line.Trim(" \t"u8).Length == 0)
                    continue;
                Parse(input, reader.Line, line, row);
                store ??= new RowStore(reader, row.Values.Count, null, keepRepeated: true);
                if (row.Values.Count != store.Dimension)
                    throw input.Error(FormattableString.Invariant($"expected {store.Dimension} numbers as in the first row, found {row.Values.Count}"), reader.Line, "BadRow");
                row.Values.CopyTo(store.Row());
                store.Add(row.Word.AsSpan(0, row.WordLength), reader.Line);
            }

            if (store is null)
                throw input.Error("expected one JSON object a line, found an empty file", kind: "Empty");
            return new ReadRows(TableFormat.JsonLines, store.Join(), store.Words, store.Warnings("line"));
        }
        finally
        {
            store?.Dispose();
        }
    }

    private static void Parse(TableInput input, long number, ReadOnlySpan<byte> line, Row row)
    {
        row.Clear();
        Utf8JsonReader json = new(line);
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                throw input.Error("expected a JSON object, found something else", number, "BadRow");
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                int word = Find(json, WordKeys), vector = Find(json, VectorKeys);
                json.Read();
                if (vector >= 0 && json.TokenType == JsonTokenType.StartArray)
                    ReadVector(ref json, input, number, row);
                else if (word >= 0 && json.TokenType == JsonTokenType.String && word < row.WordRank)
                    row.SetWord(ref json, word);
                else
                    json.Skip();
            }

            // The rest of the line: nothing, or the reader throws.
            while (json.Read())
            {
                // Until the end.
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw input.Error($"expected a JSON object, found an error in it ({e.Message.Split('.')[0]})", number, "JsonMalformed");
        }

        if (row.Values.Count == 0 || row.WordRank == int.MaxValue)
            throw input.Error($"expected an object with \"{(row.Values.Count == 0 ? "vector\", an array of numbers" : "token\", a text")}, found none", number, "BadRow");
    }

    private static int Find(in Utf8JsonReader json, string[] keys)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            if (json.ValueTextEquals(keys[i]))
                return i;
        }

        return -1;
    }

    private static void ReadVector(ref Utf8JsonReader json, TableInput input, long number, Row row)
    {
        if (row.Values.Count > 0)
            throw input.Error("expected one array of numbers, found two", number, "BadRow");
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.Number || !DecimalFloat.TryParse(json.ValueSpan, out float value) || !float.IsFinite(value))
                throw input.Error(FormattableString.Invariant($"expected a finite number in place {row.Values.Count + 1} of the vector, found {RowStore.Shown(json.ValueSpan)}"), number, "BadNumber");
            row.Values.Add(value);
        }
    }

    /// <summary>One line's content, in memory that is used again.</summary>
    private sealed class Row
    {
        public FloatBuffer Values { get; } = new();

        public byte[] Word { get; private set; } = new byte[64];

        public int WordLength { get; private set; }

        /// <summary>Which of the keys the word came under, the first counts most; <see cref="int.MaxValue"/> when there is none yet.</summary>
        public int WordRank { get; private set; }

        public void Clear()
        {
            Values.Clear();
            (WordLength, WordRank) = (0, int.MaxValue);
        }

        public void SetWord(ref Utf8JsonReader json, int rank)
        {
            if (json.ValueSpan.Length > Word.Length)
                Word = new byte[json.ValueSpan.Length];
            WordLength = json.CopyString(Word);
            WordRank = rank;
        }
    }
}
