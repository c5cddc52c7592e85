using System.Globalization;
using System.Text;

namespace Azimuth.Tests.Tokenization;

/// <summary>Texts of every script and every kind of blank, the same ones for the same seed.</summary>
internal static class RandomTexts
{
    private static readonly string[] Snippets =
    [
        "'s", "'re", "'LL", "'d", "don't", " the", "Hello", "  ", "\n\n", "\r\n", "\t", " \n ", "123", "4567", "...", "<|endoftext|>", "<s>", "e\u0301", "👩‍👩‍👧", "\u00A0", "\u3000", "\u200B", "é", "ß",
    ];

    /// <summary>Random code points (no surrogates) of random blocks, mixed with snippets that patterns care about.</summary>
    public static IEnumerable<string> Unicode(int count, int seed, int highestCodePoint = 0x10FFFF)
    {
        Random random = new(seed);
        for (int number = 0; number < count; number++)
        {
            StringBuilder text = new();
            for (int part = random.Next(12); part > 0; part--)
            {
                if (random.Next(3) == 0)
                    text.Append(Snippets[random.Next(Snippets.Length)]);
                else
                    AppendBlock(text, random, highestCodePoint);
            }

            yield return text.ToString();
        }
    }

    /// <summary>
    /// What splitting patterns decide on, much of it side by side: every general category, every blank, apostrophes and what may follow them in any case, ſ and K among it, digits,
    /// line ends, marks.
    /// </summary>
    public static IEnumerable<string> Nasty(int count, int seed)
    {
        Random random = new(seed);
        int[][] categories = [.. Enumerable.Range(0, 0x110000).Where(point => point is < 0xD800 or > 0xDFFF).GroupBy(CharUnicodeInfo.GetUnicodeCategory).Select(group => group.ToArray())];
        int[] blanks = [.. Enumerable.Range(0, 0x3001).Where(Azimuth.Tokenization.Text.CodePoints.IsWhiteSpace)];
        const string Common = "'''sStTrReEvVmMlLdD\u017F\u212Akab  \n\r\t019/.!\u0301\u0410\u0431\u4E2D";
        for (int number = 0; number < count; number++)
        {
            StringBuilder text = new();
            for (int length = random.Next(1, 40); length > 0; length--)
            {
                int point = random.Next(8) switch
                {
                    0 => blanks[random.Next(blanks.Length)],
                    1 when categories[random.Next(categories.Length)] is var category => category[random.Next(category.Length)],
                    _ => Common[random.Next(Common.Length)],
                };
                text.Append(new Rune(point).ToString());
            }

            yield return text.ToString();
        }
    }

    private static void AppendBlock(StringBuilder text, Random random, int highestCodePoint)
    {
        int[] limits = [0x80, 0x100, 0x800, 0x3100, 0x10000, 0x20000, 0x110000];
        int limit = Math.Min(limits[random.Next(limits.Length)], highestCodePoint + 1);
        for (int length = random.Next(1, 5); length > 0; length--)
        {
            int codePoint = random.Next(limit);
            if (Rune.IsValid(codePoint) && codePoint <= highestCodePoint)
                text.Append(new Rune(codePoint).ToString());
        }
    }
}
