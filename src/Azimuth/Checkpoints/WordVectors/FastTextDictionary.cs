using System.Text;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>The dictionary of a fastText file: words, then labels, then where a pruned model's n-grams went (fastText's dictionary.cc).</summary>
internal sealed class FastTextDictionary
{
    private FastTextDictionary(int wordCount, WordList words, int[] inputRows, IReadOnlyList<string> labels, Subwords subwords, int subwordRows, IReadOnlyList<string> warnings) =>
        (WordCount, Words, InputRows, Labels, Subwords, SubwordRows, Warnings) = (wordCount, words, inputRows, labels, subwords, subwordRows, warnings);

    /// <summary>Words in the file, repeated ones included: n-gram rows begin there.</summary>
    public int WordCount { get; }

    /// <summary>The words, each once.</summary>
    public WordList Words { get; }

    /// <summary>The input matrix's row of each of <see cref="Words"/>.</summary>
    public int[] InputRows { get; }

    public IReadOnlyList<string> Labels { get; }

    public Subwords Subwords { get; }

    /// <summary>Rows that n-grams may lead to.</summary>
    public int SubwordRows { get; }

    public IReadOnlyList<string> Warnings { get; }

    public static FastTextDictionary Read(FastTextCursor cursor, FastTextHeader header, CancellationToken cancellation)
    {
        const int LeastEntry = 1 + sizeof(long) + 1;
        int size = cursor.Int32("the dictionary"), count = cursor.Int32("the dictionary"), labelCount = cursor.Int32("the dictionary");
        cursor.Int64("the dictionary");
        long pruned = header.Version > 0 ? cursor.Int64("the dictionary") : -1;
        if (count < 1 || labelCount < 0 || size != (long)count + labelCount)
            throw cursor.Error($"expected a dictionary of at least one word, found {size} entries, {count} words and {labelCount} labels. The file is damaged", "BadDictionary");
        if ((long)size * LeastEntry > cursor.Remaining)
            throw cursor.Error($"a dictionary of {size} entries needs at least {(long)size * LeastEntry} bytes, {cursor.Remaining} are left. The file is cut off or damaged", "Truncated");
        WordList words = new();
        List<int> rows = [];
        List<string> labels = [], again = [];
        int invalid = 0;
        for (int i = 0; i < size; i++)
        {
            if (i % 4096 == 0)
                cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> entry = cursor.Word();
            cursor.Int64("a word's count");
            byte type = cursor.Byte("a word's type");
            if (type != (i < count ? 0 : 1))
                throw cursor.Error($"expected {count} words and then {labelCount} labels, found the type {type} at entry {i}. The file is damaged", "BadDictionary");
            if (type == 1)
                labels.Add(Encoding.UTF8.GetString(entry));
            else if (words.TryAdd(entry))
                rows.Add(i);
            else
                again.Add(RowStore.Shown(entry));
            invalid += System.Text.Unicode.Utf8.IsValid(entry) ? 0 : 1;
        }

        List<string> warnings = [];
        if (again.Count > 0)
            warnings.Add($"{again.Count} {(again.Count == 1 ? "word comes" : "words come")} again ({string.Join(", ", again.Take(3).Select(w => $"\"{w}\""))}{(again.Count > 3 ? ", …" : "")}); a word's first row counts");
        if (invalid > 0)
            warnings.Add($"{invalid} {(invalid == 1 ? "word is" : "words are")} not UTF-8; bytes that are not are shown as U+FFFD");
        var kept = pruned >= 0 ? ReadKept(cursor, header, pruned) : null;
        Subwords subwords = new(count, header.Bucket, header.MinN, header.MaxN, kept, EndIsWhole: header.Version > 0);
        int subwordRows = kept is null ? header.Bucket : kept.Count == 0 ? 0 : kept.Values.Max() + 1;
        return new FastTextDictionary(count, words, [.. rows], labels, subwords, subwordRows, warnings);
    }

    /// <summary>Which buckets a pruned model kept, and the rows they moved to.</summary>
    private static Dictionary<int, int> ReadKept(FastTextCursor cursor, FastTextHeader header, long count)
    {
        if (count > cursor.Remaining / (2 * sizeof(int)))
            throw cursor.Error($"expected {count} pruned n-grams, {cursor.Remaining} bytes are left. The file is cut off or damaged", "Truncated");
        var kept = new Dictionary<int, int>((int)count);
        for (long i = 0; i < count; i++)
        {
            int bucket = cursor.Int32("the pruned n-grams"), row = cursor.Int32("the pruned n-grams");
            if (bucket < 0 || bucket >= header.Bucket || row < 0 || row >= header.Bucket)
                throw cursor.Error($"expected buckets of 0 to {header.Bucket - 1}, found {bucket} in row {row}. The file is damaged", "BadDictionary");
            kept[bucket] = row;
        }

        return kept;
    }
}
