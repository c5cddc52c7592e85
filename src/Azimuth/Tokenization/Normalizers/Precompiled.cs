using System.Text;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Normalizers;

/// <summary>
/// "Precompiled": SentencePiece's table as the tokenizers library applies it. A grapheme cluster of fewer than 6 bytes is looked up as a whole: the shortest
/// entry that begins it replaces all of it and the rest is lost (\r\n becomes one space). Other clusters go character by character. SentencePiece itself
/// loses nothing (<see cref="SentencePieceNormalizer"/>); each is right about its own file.
/// </summary>
internal sealed class Precompiled(CharacterMap map) : INormalizer
{
    private const int LongestCluster = 5;

    public AlignedText Normalize(AlignedText text)
    {
        List<TextRange> clusters = [];
        Graphemes.Find(text.Points, clusters);
        PointChanges changes = new(text);
        bool isChanged = false;
        foreach (TextRange range in clusters)
        {
            ReadOnlySpan<int> cluster = text.Points[range.Start..range.End];
            if (CodePoints.Utf8Length(cluster) <= LongestCluster && map.TryShortest(cluster, out ReadOnlySpan<byte> whole))
            {
                Replace(changes, cluster.Length, whole);
                isChanged = true;
                continue;
            }

            foreach (ref readonly int point in cluster)
            {
                if (map.TryShortest(new ReadOnlySpan<int>(in point), out ReadOnlySpan<byte> one))
                {
                    Replace(changes, 1, one);
                    isChanged = true;
                }
                else
                {
                    changes.Keep(point);
                }
            }
        }

        return isChanged ? changes.Apply() : text;
    }

    private static void Replace(PointChanges changes, int replaced, ReadOnlySpan<byte> replacement)
    {
        int put = 0;
        foreach (Rune rune in Encoding.UTF8.GetString(replacement).EnumerateRunes())
        {
            if (put++ < replaced)
                changes.Keep(rune.Value);
            else
                changes.Insert(rune.Value);
        }

        if (put < replaced)
            changes.Remove(replaced - put);
    }
}
