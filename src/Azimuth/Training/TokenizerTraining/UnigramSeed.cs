using Azimuth.Tokenization.Text;

namespace Azimuth.Training.TokenizerTraining;

/// <summary>
/// The pieces Unigram begins with (Kudo 2018, §3.2): every character, and of the substrings that occur at least twice those with the largest product of length and frequency.
/// Only substrings that are followed by different characters count, and whole words: a substring that is always followed by the same character is worth less than the two.
/// They are the inner nodes of the suffix tree, read off the sorted suffixes.
/// </summary>
internal static class UnigramSeed
{
    private const int Boundary = -1;

    /// <summary>Finds them, and gives each the logarithm of its share of all frequencies.</summary>
    /// <param name="words">[word]: its code points.</param>
    /// <param name="counts">[word]: how often it occurs.</param>
    /// <param name="most">Pieces in all, but never fewer than there are characters.</param>
    /// <param name="longest">Of a piece, in characters.</param>
    public static Pieces Find(int[][] words, ReadOnlySpan<long> counts, int most, int longest)
    {
        (int[] text, int[] owners) = Join(words);
        int[] suffixes = Sort(text, longest);
        var found = new List<(int At, int Length, double Frequency)>();
        var characters = new SortedDictionary<int, double>();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != Boundary)
                characters[text[i]] = characters.GetValueOrDefault(text[i]) + counts[owners[i]];
        }

        Branches(text, owners, suffixes, counts, longest, found);
        int start = 0;
        for (int i = 0; i < words.Length; start += words[i++].Length + 1)
        {
            if (words[i].Length > 1 && words[i].Length <= longest && counts[i] > 1)
                found.Add((start, words[i].Length, counts[i]));
        }

        int rest = Math.Max(0, most - characters.Count);
        var best = found.Select(piece => (Text: text.AsMemory(piece.At, piece.Length), Score: piece.Frequency * piece.Length)).OrderByDescending(piece => piece.Score)
            .DistinctBy(piece => CodePoints.Text(piece.Text.Span)).Take(rest).ToList();
        int[][] texts = [.. characters.Keys.Select(point => new[] { point }), .. best.Select(piece => piece.Text.ToArray())];
        double[] weights = [.. characters.Values, .. best.Select(piece => piece.Score)];
        double logSum = Math.Log(weights.Sum());
        return new Pieces(texts, [.. weights.Select(weight => Math.Log(weight) - logSum)]);
    }

    private static (int[] Text, int[] Owners) Join(int[][] words)
    {
        long length = words.Sum(word => word.Length + 1L);
        if (length > Array.MaxLength)
            throw new TrainingException("the corpus has more than two thousand million characters in its different words, which is beyond this program. Train on a part of it");
        int[] text = new int[length], owners = new int[length];
        for (int i = 0, at = 0; i < words.Length; at += words[i++].Length + 1)
        {
            words[i].CopyTo(text, at);
            text[at + words[i].Length] = Boundary;
            owners.AsSpan(at, words[i].Length + 1).Fill(i);
        }

        return (text, owners);
    }

    /// <summary>Suffixes by their first characters, as many as a piece may have, up to the word's end; equal ones by place.</summary>
    private static int[] Sort(int[] text, int longest)
    {
        int[] suffixes = new int[text.Length];
        int count = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != Boundary)
                suffixes[count++] = i;
        }

        Array.Resize(ref suffixes, count);
        var keys = new ulong[count];
        SortFrom(text, suffixes, keys, 0, count, 0, longest);
        return suffixes;
    }

    /// <summary>Sorts a stretch by three characters at once, then what is equal by the next three.</summary>
    private static void SortFrom(int[] text, int[] suffixes, ulong[] keys, int from, int to, int depth, int longest)
    {
        for (int i = from; i < to; i++)
            keys[i] = Key(text, suffixes[i] + depth);
        Array.Sort(keys, suffixes, from, to - from);
        for (int i = from; i < to;)
        {
            int same = i + 1;
            while (same < to && keys[same] == keys[i])
                same++;
            bool goesOn = (keys[i] & 0x1FFFFF) != 0 && depth + 3 < longest;
            if (same - i > 1 && goesOn)
                SortFrom(text, suffixes, keys, i, same, depth + 3, longest);
            else if (same - i > 1)
                Array.Sort(suffixes, i, same - i);
            i = same;
        }
    }

    /// <summary>Three characters of 21 bits, one more than the code point; 0 from the word's end on.</summary>
    private static ulong Key(int[] text, int at)
    {
        ulong key = 0;
        bool ended = false;
        for (int i = 0; i < 3; i++)
        {
            ended = ended || text[at + i] == Boundary;
            key = (key << 21) | (ended ? 0u : (uint)text[at + i] + 1);
        }

        return key;
    }

    /// <summary>The substrings that branch: intervals of sorted suffixes with a common beginning (Abouelhoda et al. 2004, algorithm 4.1), weighted by the words' counts.</summary>
    private static void Branches(int[] text, int[] owners, int[] suffixes, ReadOnlySpan<long> counts, int longest, List<(int At, int Length, double Frequency)> found)
    {
        var open = new Stack<(int Length, int At, double Frequency)>();
        for (int i = 0; i < suffixes.Length; i++)
        {
            int common = i + 1 < suffixes.Length ? Common(text, suffixes[i], suffixes[i + 1], longest) : 0;
            double weight = counts[owners[suffixes[i]]];
            if (open.Count == 0 || open.Peek().Length < common)
            {
                open.Push((common, suffixes[i], weight));
                continue;
            }

            double below = weight;
            while (open.Count > 0 && open.Peek().Length > common)
            {
                var (length, at, frequency) = open.Pop();
                below += frequency;
                if (length > 1)
                    found.Add((at, length, below));
            }

            if (open.Count > 0 && open.Peek().Length == common)
            {
                var top = open.Pop();
                open.Push(top with { Frequency = top.Frequency + below });
            }
            else
            {
                open.Push((common, suffixes[i], below));
            }
        }
    }

    private static int Common(int[] text, int a, int b, int longest)
    {
        int length = 0;
        while (length < longest && text[a + length] == text[b + length] && text[a + length] != Boundary)
            length++;
        return length;
    }
}
