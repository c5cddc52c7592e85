using System.Buffers;
using Azimuth.Numerics;
using Azimuth.Tokenization.Models;
using Azimuth.Tokenization.Normalizers;
using Azimuth.Tokenization.PreTokenizers;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization;

/// <summary>
/// Ids of texts that need nothing but a split and byte-level BPE: no added token in them, nothing for the normalizer to do. Long texts are cut where every split begins a word
/// anyway, so the ids depend neither on the parts nor on the threads. Thread-safe.
/// </summary>
internal sealed class IdEncoder
{
    // A part's bytes stay in the processor's own cache between writing and reading them.
    private const int PartLength = 1 << 16;

    private readonly ByteBpe _bpe;
    private readonly bool _normalizes;
    private readonly SearchValues<string> _added;

    private IdEncoder(ByteBpe bpe, bool normalizes, SearchValues<string> added) => (_bpe, _normalizes, _added) = (bpe, normalizes, added);

    /// <summary>For these stages, or null where texts need more.</summary>
    /// <param name="parts">The stages.</param>
    /// <param name="bpe">Split and model, or null.</param>
    /// <param name="added">What added tokens look like in text, before and after normalisation.</param>
    public static IdEncoder? Find(TokenizerParts parts, ByteBpe? bpe, IEnumerable<string> added)
    {
        string[] spellings = [.. added.Where(spelling => spelling.Length > 0).Distinct(StringComparer.Ordinal)];
        bool leavesText = parts.Normalizer is null or NormalizerSequence { IsEmpty: true };
        bool isNfc = parts.Normalizer is UnicodeForm { IsNfc: true };

        // U+FFFD is also what an unpaired surrogate is read as.
        if (bpe is null || !(leavesText || isNfc) || spellings.Any(spelling => CodePoints.Of(spelling).Contains(0xFFFD)))
            return null;
        return new IdEncoder(bpe, isNfc, SearchValues.Create(spellings, StringComparison.Ordinal));
    }

    /// <summary>The text's ids between <paramref name="before"/> and <paramref name="after"/>, or null for a text that needs more.</summary>
    public int[]? Encode(string text, ReadOnlySpan<int> before, ReadOnlySpan<int> after, Workers? workers)
    {
        if ((_normalizes && UnicodeForm.ChangesNfc(text)) || text.AsSpan().ContainsAny(_added))
            return null;
        int[] starts = Cuts(text, workers);
        IdList[] found = new IdList[starts.Length - 1];
        Action<int> encode = part => found[part] = Part(text, starts[part], starts[part + 1]);
        if (workers is not null)
            workers.Run(found.Length, encode);
        else
            Array.ForEach([.. Enumerable.Range(0, found.Length)], encode);

        int[] ids = new int[checked((int)(before.Length + found.Sum(list => (long)list.Count) + after.Length))];
        before.CopyTo(ids);
        int at = before.Length;
        foreach (IdList list in found)
        {
            list.Ids.CopyTo(ids.AsSpan(at));
            at += list.Count;
            list.Dispose();
        }

        after.CopyTo(ids.AsSpan(at));
        return ids;
    }

    // Where parts for the threads begin, and the end: all of it for one thread.
    private static int[] Cuts(string text, Workers? workers)
    {
        const int PartsAThread = 4;
        List<int> starts = [0];
        int parts = workers is null or { ThreadCount: 1 } ? 1 : workers.ThreadCount * PartsAThread;
        int length = Math.Max(PartLength, text.Length / parts);
        while (parts > 1 && text.Length - starts[^1] > length && Cut(text, starts[^1] + length) is var cut && cut < text.Length)
            starts.Add(cut);
        return [.. starts, text.Length];
    }

    private IdList Part(string text, int start, int end)
    {
        IdList ids = new();
        using Utf8Padded bytes = new();
        while (start < end)
        {
            int next = Math.Min(end, Cut(text, start + PartLength));
            bytes.Set(text.AsSpan(start..next));
            _bpe.Encode(bytes, ids);
            start = next;
        }

        return ids;
    }

    // The first place from there on where a word begins for certain, or the text's end.
    private static int Cut(string text, int from)
    {
        while (from < text.Length - 1 && !ScannedPattern.IsSureCut(text[from - 1], text[from], text[from + 1]))
            from++;
        return from < text.Length - 1 ? from : text.Length;
    }
}
