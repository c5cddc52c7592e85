using Azimuth.Embeddings;

namespace Azimuth.Geometry.Maps;

/// <summary>Tokens that help a reader find their way on a map.</summary>
public static class Landmarks
{
    /// <summary>
    /// One token for each of about <paramref name="count"/> regions that hold equally many points: the points are halved across and along in turn, and of the half of a region
    /// whose lengths lie most along the axes the word with the lowest id is taken, the commonest one in most vocabularies. Words are tokens of 4 to 14 letters and nothing else but a
    /// leading blank, and with it where the table's tokens have such blanks; a region without any gives none.
    /// </summary>
    /// <param name="map">The map.</param>
    /// <param name="table">The texts.</param>
    /// <param name="count">0 or more.</param>
    /// <returns>Row numbers, ascending.</returns>
    public static int[] Choose(TableMap map, EmbeddingTable table, int count)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count == 0)
            return [];
        bool blanks = Enumerable.Range(0, map.Rows).Any(id => table.Text(id) is [' ', ..] text && IsWord(text));
        int[] ids = [.. Enumerable.Range(0, map.Rows).Where(map.HasPoint)];
        var chosen = new List<int>();
        Halve(ids, count, axis: 0);
        chosen.Sort();
        return [.. chosen];

        void Halve(int[] some, int regions, int axis)
        {
            if (regions <= 1 || some.Length <= 1)
            {
                int best = Best(some);
                if (best >= 0)
                    chosen.Add(best);
                return;
            }

            // Equal coordinates by lower id, so that the halves are the same on every machine.
            Array.Sort(some, (a, b) => map.Points[2 * a + axis] != map.Points[2 * b + axis] ? map.Points[2 * a + axis].CompareTo(map.Points[2 * b + axis]) : a.CompareTo(b));
            int left = regions / 2, half = (int)((long)some.Length * left / regions);
            Halve(some[..half], left, 1 - axis);
            Halve(some[half..], regions - left, 1 - axis);
        }

        int Best(int[] some)
        {
            float[] shown = [.. some.Select(id => map.Shown[id]).Order()];
            int[] words = [.. some.Where(id => map.Shown[id] >= shown[shown.Length / 2] && IsWord(table.Text(id)) && table.Text(id).StartsWith(' ') == blanks)];
            return words.Length == 0 ? -1 : words.Min();
        }
    }

    private static bool IsWord(string text)
    {
        string word = text.StartsWith(' ') ? text[1..] : text;
        return word.Length is >= 4 and <= 14 && word.All(char.IsLetter);
    }
}
