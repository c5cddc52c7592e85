namespace Azimuth.Tokenization.Unicode;

/// <summary>Full decompositions and compositions, Hangul by arithmetic (Unicode 9, §3.12).</summary>
internal static class Decomposition
{
    /// <summary>No character has more parts: U+FDFA has 18.</summary>
    public const int Longest = 18;

    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Trails = 28, Syllables = Leads * Vowels * Trails;

    /// <summary>Writes the character's full decomposition, itself when it has none, and returns its length.</summary>
    public static int Full(int point, bool compatible, Span<int> parts)
    {
        if (point is >= SyllableBase and < SyllableBase + Syllables)
            return Hangul(point - SyllableBase, parts);
        if (UnicodeTables.Instance.Decomposition(point, compatible) is not { } step)
        {
            parts[0] = point;
            return 1;
        }

        int count = 0;
        foreach (int part in step)
            count += Full(part, compatible, parts[count..]);
        return count;
    }

    /// <summary>What two neighbours compose to, or −1.</summary>
    public static int Compose(int first, int second)
    {
        if (first is >= LeadBase and < LeadBase + Leads && second is >= VowelBase and < VowelBase + Vowels)
            return SyllableBase + (((first - LeadBase) * Vowels) + second - VowelBase) * Trails;
        bool isOpen = first is >= SyllableBase and < SyllableBase + Syllables && (first - SyllableBase) % Trails == 0;
        if (isOpen && second is > TrailBase and < TrailBase + Trails)
            return first + second - TrailBase;
        return UnicodeTables.Instance.Composition(first, second);
    }

    private static int Hangul(int syllable, Span<int> parts)
    {
        parts[0] = LeadBase + (syllable / (Vowels * Trails));
        parts[1] = VowelBase + (syllable / Trails % Vowels);
        parts[2] = TrailBase + (syllable % Trails);
        return syllable % Trails == 0 ? 2 : 3;
    }
}
