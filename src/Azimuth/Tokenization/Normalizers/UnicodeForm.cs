using System.Text;
using Azimuth.Tokenization.Text;
using Azimuth.Tokenization.Unicode;

namespace Azimuth.Tokenization.Normalizers;

/// <summary>
/// "NFC", "NFD", "NFKC" and "NFKD" (Unicode Standard Annex 15) with the data of Unicode 9, which is what the tokenizers library normalizes by.
/// </summary>
/// <param name="compatible">NFKC and NFKD: compatibility forms become their equivalents.</param>
/// <param name="composes">NFC and NFKC.</param>
internal sealed class UnicodeForm(bool compatible, bool composes) : INormalizer
{
    // Below these nothing is changed by NFC and by the other forms.
    private const int FirstChangedByNfc = 0x300;
    private const int FirstChanged = 0xA0;

    /// <summary>Whether it is NFC.</summary>
    public bool IsNfc => composes && !compatible;

    /// <summary>Whether NFC may change a text.</summary>
    public static bool ChangesNfc(ReadOnlySpan<char> text)
    {
        for (int at = 0; text[at..].IndexOfAnyInRange((char)FirstChangedByNfc, char.MaxValue) is var found and >= 0;)
        {
            at += found;
            Rune.DecodeFromUtf16(text[at..], out Rune rune, out int length);
            if (UnicodeTables.Instance.NeedsNfc.Contains(rune.Value))
                return true;
            at += length;
        }

        return false;
    }

    public AlignedText Normalize(AlignedText text)
    {
        if (!Changes(text.Points))
            return text;
        List<Part> parts = Decompose(text.Points);
        if (composes)
            parts = Compose(parts);
        TextRewriter rewriter = new(text);
        foreach (Part part in parts)
        {
            if (part.Change > 0)
                rewriter.Insert(part.Point);
            else
                rewriter.Replace(part.Point, -part.Change);
        }

        return rewriter.Result;
    }

    private bool Changes(ReadOnlySpan<int> points)
    {
        if (compatible || !composes)
            return points.IndexOfAnyInRange(FirstChanged, int.MaxValue) >= 0;
        foreach (int point in points)
        {
            if (point >= FirstChangedByNfc && UnicodeTables.Instance.NeedsNfc.Contains(point))
                return true;
        }

        return false;
    }

    private List<Part> Decompose(ReadOnlySpan<int> points)
    {
        List<Part> parts = new(points.Length + 16);
        int pending = 0;
        Span<int> full = stackalloc int[Decomposition.Longest];
        foreach (int point in points)
        {
            int count = Decomposition.Full(point, compatible, full);
            for (int at = 0; at < count; at++)
            {
                byte combining = UnicodeTables.Instance.CombiningClass(full[at]);
                if (combining == 0)
                    pending = Sort(parts, pending);
                parts.Add(new Part(full[at], at == 0 ? 0 : 1, combining));
            }
        }

        Sort(parts, pending);
        return parts;
    }

    // Marks behind a starter in the order of their classes, those of one class as they came (UAX 15, canonical ordering).
    private static int Sort(List<Part> parts, int pending)
    {
        int count = parts.Count - pending;
        for (int at = pending + 1; at < parts.Count; at++)
        {
            if (parts[at].Class >= parts[at - 1].Class)
                continue;
            Part[] sorted = [.. parts.Skip(pending).OrderBy(part => part.Class)];
            parts.RemoveRange(pending, count);
            parts.AddRange(sorted);
            break;
        }

        return parts.Count;
    }

    private static List<Part> Compose(List<Part> parts)
    {
        List<Part> result = new(parts.Count);
        int starter = -1, last = -1;
        foreach (Part part in parts)
        {
            // A mark is blocked from its starter by an earlier one of its own or a higher class (UAX 15, D115); -1: nothing lies between.
            bool isBlocked = last >= part.Class && last >= 0;
            int composed = starter >= 0 && !isBlocked ? Decomposition.Compose(result[starter].Point, part.Point) : -1;
            if (composed >= 0)
            {
                // The composite takes the place of all that its parts took.
                result[starter] = new Part(composed, result[starter].Change + part.Change - 1, 0);
                continue;
            }

            if (part.Class == 0)
                (starter, last) = (result.Count, -1);
            else if (starter >= 0)
                last = part.Class;
            result.Add(part);
        }

        return result;
    }

    /// <summary>A code point of the result. Change: 1 when it is put in, else minus the number of code points removed behind the one it replaces.</summary>
    private readonly record struct Part(int Point, int Change, byte Class);
}
