using Azimuth.Tokenization;

namespace Azimuth.Vocabulary.Resizing;

/// <summary>
/// Which tokens of a byte-pair vocabulary may go. Removing a token takes the merges away that make it; that is only sound when no merge that stays is made from it,
/// and when it is no base symbol, without which some texts could not be written.
/// </summary>
internal static class MergeRules
{
    /// <summary>True for merges that stay, false for those that make a token that goes.</summary>
    /// <param name="merges">All merges.</param>
    /// <param name="removed">Tokens of the vocabulary, as it spells them, that go; added tokens are not among them.</param>
    /// <exception cref="ArgumentException">A token that others are made from, or a base symbol.</exception>
    public static bool[] Keep(IReadOnlyList<(string Left, string Right)> merges, IReadOnlySet<string> removed)
    {
        var keep = new bool[merges.Count];
        var made = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < keep.Length; i++)
        {
            var (left, right) = merges[i];
            string result = left + right;
            keep[i] = !removed.Contains(result);
            if (!keep[i])
                made.Add(result);
            else if (removed.Contains(left) || removed.Contains(right))
            {
                string part = removed.Contains(left) ? left : right;
                throw new ArgumentException($"--remove: \"{VisibleText.Show(part)}\" cannot go: \"{VisibleText.Show(result)}\" is made from it. Remove that one too, or keep this one.");
            }
        }

        if (removed.FirstOrDefault(token => !made.Contains(token)) is { } symbol)
            throw new ArgumentException($"--remove: \"{VisibleText.Show(symbol)}\" cannot go: it is a base symbol, which no merge makes, and texts with it could no longer be written.");
        return keep;
    }
}
