using System.Globalization;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Unicode;

/// <summary>The general categories of Unicode 16 as sets. Immutable, thread-safe.</summary>
internal sealed class CategorySets
{
    private static readonly Lazy<CategorySets> Loaded = new(() => new CategorySets());

    private readonly CodePointSet[] _sets;

    private CategorySets()
    {
        List<TextRange>[] ranges = [.. Enum.GetValues<UnicodeCategory>().Select(_ => new List<TextRange>())];
        for (int point = 0; point <= CodePointSet.Last; point++)
        {
            List<TextRange> of = ranges[(int)CharUnicodeInfo.GetUnicodeCategory(point)];
            if (of.Count > 0 && of[^1].End == point - 1)
                of[^1] = of[^1] with { End = point };
            else
                of.Add(new TextRange(point, point));
        }

        _sets = [.. ranges.Select(list => new CodePointSet(list))];
        Word = CodePointSet.Where(CodePoints.IsWordCharacter);
        WhiteSpace = CodePointSet.Where(CodePoints.IsWhiteSpace);
    }

    /// <summary>The sets, found out when first asked for.</summary>
    public static CategorySets Instance => Loaded.Value;

    /// <summary>\w as Unicode Technical Standard 18 has it.</summary>
    public CodePointSet Word { get; }

    /// <summary>The property White_Space.</summary>
    public CodePointSet WhiteSpace { get; }

    /// <summary>The characters of these categories.</summary>
    public CodePointSet Of(params UnicodeCategory[] categories) => CodePointSet.Union(categories.Select(category => _sets[(int)category]));
}
