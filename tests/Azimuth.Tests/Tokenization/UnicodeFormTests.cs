using Azimuth.Tokenization;
using Azimuth.Tokenization.Normalizers;
using Azimuth.Tokenization.Text;
using Azimuth.Tokenization.Unicode;

namespace Azimuth.Tests.Tokenization;

public sealed class UnicodeFormTests
{
    private static readonly UnicodeForm Nfc = new(compatible: false, composes: true);
    private static readonly UnicodeForm Nfd = new(compatible: false, composes: false);
    private static readonly UnicodeForm Nfkc = new(compatible: true, composes: true);
    private static readonly UnicodeForm Nfkd = new(compatible: true, composes: false);

    [Fact]
    public void The_forms_are_related_as_the_standard_says()
    {
        // Unicode Standard Annex 15, the invariants of NormalizationTest.txt: columns of one line normalise to each other.
        int changed = 0;
        foreach (string text in RandomTexts.Unicode(20_000, seed: 61).Concat(Marked(20_000)))
        {
            string c = Of(Nfc, text), d = Of(Nfd, text), kc = Of(Nfkc, text), kd = Of(Nfkd, text);
            Assert.Equal((c, d), (Of(Nfc, c), Of(Nfd, d)));
            Assert.Equal((c, d), (Of(Nfc, d), Of(Nfd, c)));
            Assert.Equal((kc, kd), (Of(Nfkc, kd), Of(Nfkd, kc)));
            Assert.Equal((kc, kd), (Of(Nfkc, d), Of(Nfkd, c)));
            Assert.Equal(kc, Of(Nfc, kd));
            changed += c == text ? 0 : 1;
        }

        Assert.True(changed > 5_000, $"only {changed} texts had another NFC");
    }

    [Theory]
    [InlineData("ﬁ½①", "fi1⁄21", "fi1⁄21")]
    [InlineData("한글", "한글", "\u1112\u1161\u11AB\u1100\u1173\u11AF")]
    [InlineData("\u212B\u2126", "ÅΩ", "A\u030AΩ")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307", "q\u0323\u0307")]
    [InlineData("\u0958", "\u0915\u093C", "\u0915\u093C")]
    public void Known_texts_have_their_known_forms(string text, string composed, string decomposed)
    {
        Assert.Equal(composed, Of(Nfkc, text));
        Assert.Equal(decomposed, Of(Nfkd, text));
    }

    [Theory]
    [InlineData("\u32FF")]
    [InlineData("\uA7F2\uA7F4\uAB69")]
    [InlineData("\U00010781\U0001F16C\U0001FBF0")]
    [InlineData("\U00011938")]
    public void Characters_of_later_versions_have_no_forms_yet(string text) => Assert.Equal(text, Of(Nfkd, text));

    [Fact]
    public void A_long_run_of_marks_is_put_in_order_in_a_time_that_grows_with_it()
    {
        string marks = string.Concat(Enumerable.Repeat("\u0301\u0323", 200_000));
        Assert.Equal("ạ" + new string('\u0323', 199_999) + new string('\u0301', 200_000), Of(Nfc, "a" + marks));
    }

    [Fact]
    public void What_is_composed_comes_from_its_first_part()
    {
        int[] points = CodePoints.Of("xe\u0301y");
        AlignedText text = Nfc.Normalize(AlignedText.FromOriginal(points, 0, points.Length));
        Assert.Equal("xéy", CodePoints.Text(text.Points));

        // The reference gives a composite the range of its first part.
        Assert.Equal([0, 1, 3], [.. text.Origins.ToArray().Select(origin => origin.Start)]);
        Assert.Equal([1, 2, 4], [.. text.Origins.ToArray().Select(origin => origin.End)]);
    }

    [Fact]
    public void Lower_case_is_the_full_mapping_of_each_character()
    {
        Assert.Equal("i\u0307σσςſkåß𐐨ꭰῳ", Of(new Lowercase(), "İΣΣςſ\u212A\u212Bẞ𐐀Ꭰῼ"));
    }

    [Fact]
    public void Sets_of_code_points_obey_their_algebra()
    {
        CodePointSet marks = UnicodeTables.Instance.Marks, punctuation = UnicodeTables.Instance.Punctuation;
        CodePointSet all = CodePointSet.Union(marks, marks.Not());
        Assert.Equal(new TextRange(0, 0x10FFFF), Assert.Single(all.Ranges));
        Assert.Empty(marks.And(punctuation).Ranges);
        Assert.Equal(marks.Ranges, marks.Not().Not().Ranges);
        Assert.All(marks.Ranges, range => Assert.True(marks.Contains(range.Start) && marks.Contains(range.End) && !marks.Contains(range.Start - 1) && !marks.Contains(range.End + 1)));
    }

    private static string Of(INormalizer normalizer, string text)
    {
        int[] points = CodePoints.Of(text);
        return CodePoints.Text(normalizer.Normalize(AlignedText.FromOriginal(points, 0, points.Length)).Points);
    }

    private static IEnumerable<string> Marked(int count)
    {
        const string Alphabet = "aeoqAåÅ\u0300\u0301\u0307\u0308\u0323\u0327\u0345\u0591\u093C\u0915\u1100\u1161\u11A8가각ﬁΩᾳ";
        Random random = new(62);
        for (int number = 0; number < count; number++)
            yield return new string([.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
    }
}
