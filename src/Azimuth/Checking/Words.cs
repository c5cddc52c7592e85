using System.Globalization;
using Azimuth.Embeddings;
using Azimuth.Tokenization;

namespace Azimuth.Checking;

/// <summary>Pieces of findings' sentences and evidence.</summary>
internal static class Words
{
    /// <summary>How many of a long list are named.</summary>
    public const int Shown = 10;

    /// <summary>50,272.</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Three significant digits.</summary>
    public static string Three(double number) => number.ToString("G3", CultureInfo.InvariantCulture);

    /// <summary>"1 row", "3 rows".</summary>
    public static string Many(long number, string one, string? many = null) => $"{Count(number)} {(number == 1 ? one : many ?? one + "s")}";

    /// <summary>"is" or "are".</summary>
    public static string Are(long number) => number == 1 ? "is" : "are";

    /// <summary>"has" or "have".</summary>
    public static string Have(long number) => number == 1 ? "has" : "have";

    /// <summary>The first few of a list, and "…" where there are more.</summary>
    public static string Few(IReadOnlyList<string> items, int shown = 3) => string.Join(", ", items.Take(shown)) + (items.Count > shown ? ", …" : "");

    /// <summary>"4096 to 4099", or the first few ids.</summary>
    public static string Ids(IReadOnlyList<int> ids) => ids.Count > 1 && ids[^1] - ids[0] == ids.Count - 1
        ? FormattableString.Invariant($"{ids[0]} to {ids[^1]}")
        : Few([.. ids.Select(id => id.ToString(CultureInfo.InvariantCulture))], 5);

    /// <summary>"\"·king\" (id 12)".</summary>
    public static string Token(CheckSubject subject, int id) => FormattableString.Invariant($"\"{VisibleText.Show(subject.Text(id))}\" (id {id})");

    /// <summary>The first tokens of a list with their texts, for evidence.</summary>
    public static IReadOnlyList<TokenRef> Tokens(CheckSubject subject, IEnumerable<int> ids) => [.. ids.Take(Shown).Select(id => new TokenRef(id, subject.Text(id)))];
}
