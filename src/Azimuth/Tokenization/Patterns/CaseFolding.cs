using System.Text;
using Azimuth.Tokenization.Unicode;

namespace Azimuth.Tokenization.Patterns;

/// <summary>Unicode's simple case folding (CaseFolding.txt, status C and S) as far as the runtime's case mappings tell it; what they do not is listed.</summary>
internal static class CaseFolding
{
    private static readonly Lazy<Dictionary<int, int[]>> Variants = new(FindVariants);

    private static readonly Lazy<CodePointSet> Several = new(() => CodePointSet.Where(FoldsToSeveral));

    /// <summary>The form that all case variants of a character share.</summary>
    public static int Fold(int point) => point switch
    {
        < 0x80 => point is >= 'A' and <= 'Z' ? point + 32 : point,

        // Dotted and dotless i fold in Turkic languages only; the runtime maps ſ only in some modes.
        0x130 or 0x131 => point,
        0x17F => 's',
        >= 0xD800 and <= 0xDFFF => point,
        _ => Rune.ToLowerInvariant(Rune.ToUpperInvariant(new Rune(point))).Value,
    };

    /// <summary>The set with the other cases of its characters.</summary>
    public static CodePointSet WithVariants(CodePointSet set)
        => CodePointSet.Union(set, CodePointSet.Of(Variants.Value.Values.Where(variants => variants.Any(set.Contains)).SelectMany(variants => variants)));

    /// <summary>Whether the set has a character for which <see cref="FoldsToSeveral"/> holds.</summary>
    public static bool AnyFoldsToSeveral(CodePointSet set) => set.And(Several.Value).Ranges.Any();

    /// <summary>Whether a character's full folding is several characters (ß is ss): Oniguruma then matches those as well.</summary>
    public static bool FoldsToSeveral(int point) => point is 0xDF or 0x130 or 0x149 or 0x1F0 or 0x390 or 0x3B0 or 0x587 or (>= 0x1E96 and <= 0x1E9A) or 0x1E9E
        or 0x1F50 or 0x1F52 or 0x1F54 or 0x1F56 or (>= 0x1F80 and <= 0x1FAF) or (>= 0x1FB2 and <= 0x1FB4) or 0x1FB6 or 0x1FB7 or 0x1FBC or (>= 0x1FC2 and <= 0x1FC4)
        or 0x1FC6 or 0x1FC7 or 0x1FCC or 0x1FD2 or 0x1FD3 or 0x1FD6 or 0x1FD7 or (>= 0x1FE2 and <= 0x1FE4) or 0x1FE6 or 0x1FE7 or (>= 0x1FF2 and <= 0x1FF4)
        or 0x1FF6 or 0x1FF7 or 0x1FFC or (>= 0xFB00 and <= 0xFB06) or (>= 0xFB13 and <= 0xFB17);

    /// <summary>Whether two neighbours are the beginning of such a folding.</summary>
    public static bool AreFoldedFromOne(int first, int second) => (Fold(first), Fold(second)) is ('s', 's') or ('f', 'f') or ('f', 'i') or ('f', 'l') or ('s', 't')
        || IsGreekOrArmenian(first) || (Fold(first) is >= 'a' and <= 'z' && second is (>= 0x2BE and <= 0x331)) || (first == 0x2BC && Fold(second) == 'n');

    private static bool IsGreekOrArmenian(int point) => point is (>= 0x370 and <= 0x3FF) or (>= 0x530 and <= 0x58F) or (>= 0x1F00 and <= 0x1FFF);

    private static Dictionary<int, int[]> FindVariants()
    {
        Dictionary<int, List<int>> variants = [];
        for (int point = 0; point < 0x20000; point++)
        {
            if (point is >= 0xD800 and <= 0xDFFF)
                continue;
            int folded = Fold(point);
            if (folded != point)
                (variants.TryGetValue(folded, out List<int>? list) ? list : variants[folded] = [folded]).Add(point);
        }

        return variants.ToDictionary(entry => entry.Key, entry => entry.Value.ToArray());
    }
}
