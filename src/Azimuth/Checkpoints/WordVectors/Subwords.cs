using System.Text;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>
/// The n-grams of a word and the rows they share (Bojanowski et al. 2017, section 3.2, in the form of fastText's dictionary.cc): all runs of MinN to
/// MaxN characters of &lt;word&gt; but its first and last mark alone, each hashed into one of Bucket rows behind the words' rows.
/// </summary>
/// <param name="Words">Rows of whole words; subword rows begin there.</param>
/// <param name="Bucket">Number of subword rows.</param>
/// <param name="MinN">Characters of the shortest.</param>
/// <param name="MaxN">Characters of the longest; 0 for none.</param>
/// <param name="Kept">Of a pruned model, the rows that buckets were moved to; null when all are there.</param>
/// <param name="EndIsWhole">Whether the mark of a sentence's end, &lt;/s&gt;, has no n-grams; files of before 2017 gave it some.</param>
internal sealed record Subwords(int Words, int Bucket, int MinN, int MaxN, IReadOnlyDictionary<int, int>? Kept, bool EndIsWhole)
{
    /// <summary>Calls <paramref name="visit"/> with each n-gram's place in the marked word and its row; those pruned away are passed over.</summary>
    public void Visit(ReadOnlySpan<byte> word, Action<int, int, int> visit)
    {
        if (MaxN == 0 || Bucket == 0 || (EndIsWhole && word.SequenceEqual("</s>"u8)))
            return;
        byte[] marked = Marked(word);
        for (int from = 0; from < marked.Length; from++)
        {
            if (IsContinuation(marked[from]))
                continue;
            uint hash = 2166136261;
            for (int to = from, count = 1; to < marked.Length && count <= MaxN; count++)
            {
                do
                {
                    // FNV-1a over signed bytes: the sign is spread over all 32 bits.
                    hash = (hash ^ (uint)(sbyte)marked[to++]) * 16777619;
                }
                while (to < marked.Length && IsContinuation(marked[to]));

                bool mark = count == 1 && (from == 0 || to == marked.Length);
                if (count >= MinN && !mark && Row((int)(hash % (uint)Bucket)) is int row)
                    visit(from, to, row);
            }
        }
    }

    /// <summary>&lt;word&gt; in bytes.</summary>
    public static byte[] Marked(ReadOnlySpan<byte> word) => [(byte)'<', .. word, (byte)'>'];

    private int? Row(int bucket)
    {
        if (Kept is null)
            return Words + bucket;
        return Kept.TryGetValue(bucket, out int row) ? Words + row : null;
    }

    private static bool IsContinuation(byte value) => (value & 0xC0) == 0x80;
}

/// <summary>A part of a word that has a vector of its own.</summary>
/// <param name="Text">Its characters; &lt; and &gt; are the word's beginning and end. The whole word itself stands without them.</param>
/// <param name="Row">Its row of the model's input matrix.</param>
public readonly record struct Subword(string Text, int Row)
{
    internal static Subword Of(byte[] marked, int from, int to, int row) => new(Encoding.UTF8.GetString(marked.AsSpan(from, to - from)), row);
}
