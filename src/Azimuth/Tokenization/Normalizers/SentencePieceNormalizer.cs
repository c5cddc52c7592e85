using System.Text;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Normalizers;

/// <summary>How a SentencePiece model normalises (normalizer_spec, and treat_whitespace_as_suffix of trainer_spec).</summary>
internal sealed record SentencePieceSpec
{
    /// <summary>The model's own table; null replaces nothing.</summary>
    public CharacterMap? Map { get; init; }

    /// <summary>User-defined symbols, which the table leaves alone; null for none.</summary>
    public PointTrie? Symbols { get; init; }

    /// <summary>Put a blank around the text: in front, or behind with <see cref="BlankIsSuffix"/>.</summary>
    public bool AddsBlank { get; init; } = true;

    /// <summary>Remove spaces at the ends, and all but the first of a run.</summary>
    public bool RemovesExtraBlanks { get; init; } = true;

    /// <summary>Spaces become ▁.</summary>
    public bool MarksBlanks { get; init; } = true;

    /// <summary>Words end, rather than begin, with their blank.</summary>
    public bool BlankIsSuffix { get; init; }
}

/// <summary>
/// The sentencepiece library's normalizer (Kudo and Richardson 2018, §3.1, §3.5; Normalizer::Normalize): the longest entry of the table at every place, user-defined
/// symbols as they stand, then blanks. A character's range ends where the next one's begins, so a mark put in front is empty and a kept space
/// covers those removed after it.
/// </summary>
internal sealed class SentencePieceNormalizer(SentencePieceSpec spec) : INormalizer
{
    private readonly int _blank = spec.MarksBlanks ? '▁' : ' ';

    public AlignedText Normalize(AlignedText text)
    {
        ReadOnlySpan<int> points = text.Points;
        List<int> buffer = [];
        int at = 0;
        for (int length; spec.RemovesExtraBlanks && at < points.Length && IsOneSpace(points[at..], buffer, out length);)
            at += length;

        // Blanks alone are nothing, not even the one put in front.
        if (at == points.Length)
            return new AlignedText(text, 0);
        List<(int Point, int Start)> result = new(points.Length - at + 1);
        if (spec.AddsBlank && !spec.BlankIsSuffix)
            result.Add((_blank, at));
        bool isAfterSpace = spec.RemovesExtraBlanks;
        while (at < points.Length)
        {
            int length = Prefix(points[at..], buffer);
            int first = 0;
            while (isAfterSpace && first < buffer.Count && buffer[first] == ' ')
                first++;
            for (int index = first; index < buffer.Count; index++)
                result.Add((buffer[index] == ' ' ? _blank : buffer[index], at));
            text.CheckLength(result.Count);
            if (first < buffer.Count)
                isAfterSpace = spec.RemovesExtraBlanks && buffer[^1] == ' ';
            at += length;
        }

        return Finish(text, result);
    }

    private AlignedText Finish(AlignedText text, List<(int Point, int Start)> result)
    {
        int end = text.Count;
        while (spec.RemovesExtraBlanks && result.Count > 0 && result[^1].Point == _blank)
        {
            end = result[^1].Start;
            result.RemoveAt(result.Count - 1);
        }

        if (spec.AddsBlank && spec.BlankIsSuffix)
            result.Add((_blank, end));
        AlignedText renewed = new(text, result.Count);
        int Place(int number)
        {
            int start = number < result.Count ? result[number].Start : end;
            return start < text.Count ? text.Origins[start].Start : text.Origins[^1].End;
        }

        for (int number = 0; number < result.Count; number++)
            renewed.Add(result[number].Point, new TextRange(Place(number), Place(number + 1)));
        return renewed;
    }

    private bool IsOneSpace(ReadOnlySpan<int> rest, List<int> buffer, out int length)
    {
        length = Prefix(rest, buffer);
        return buffer is [' '];
    }

    // What the text begins with, and how many characters that takes.
    private int Prefix(ReadOnlySpan<int> rest, List<int> buffer)
    {
        buffer.Clear();
        if (spec.Symbols is { } symbols && symbols.Longest(rest, out int symbol) != PointTrie.None)
        {
            buffer.AddRange(rest[..symbol]);
            return symbol;
        }

        if (spec.Map is not { } map || !map.TryLongest(rest, out ReadOnlySpan<byte> replacement, out int length))
        {
            buffer.Add(rest[0]);
            return 1;
        }

        foreach (Rune rune in Encoding.UTF8.GetString(replacement).EnumerateRunes())
            buffer.Add(rune.Value);
        return length;
    }
}
