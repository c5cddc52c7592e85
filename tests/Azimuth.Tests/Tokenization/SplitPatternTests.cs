using System.Text;
using System.Text.RegularExpressions;
using Azimuth.Tokenization;
using Azimuth.Tokenization.PreTokenizers;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tests.Tokenization;

public sealed class SplitPatternTests
{
    [Theory]
    [InlineData(Gpt2Pattern.Source)]
    [InlineData(Llama3Pattern.Llama3Source)]
    [InlineData(Llama3Pattern.Qwen2Source)]
    [InlineData(O200kPattern.Source)]
    public void Scanners_split_like_their_regular_expressions(string source)
    {
        // The runtime's engine sees UTF-16 units, so it is an oracle only below U+10000; and it does not fold ſ to s.
        ISplitPattern scanner = SplitPatterns.Find(source)!;
        Regex regex = new(source, RegexOptions.CultureInvariant);
        int pieces = 0;
        foreach (string text in RandomTexts.Unicode(20_000, seed: 21, highestCodePoint: 0xFFFF).Concat(RandomTexts.Nasty(20_000, seed: 22)).Select(WithoutSurrogates))
        {
            List<TextRange> found = [];
            scanner.FindMatches(CodePoints.Of(text), found);
            TextRange[] expected = [.. regex.Matches(text).Select(match => new TextRange(match.Index, match.Index + match.Length))];
            Assert.Equal(expected, found);
            pieces += found.Count;
        }

        Assert.True(pieces > 100_000, $"only {pieces} pieces");
    }

    [Fact]
    public void Digits_apart_split_like_the_two_pre_tokenizers_they_stand_for()
    {
        IPreTokenizer numbers = new Splitter(CharacterPattern.Numbers, SplitBehavior.Isolated, invert: false), words = new Splitter(new Gpt2Pattern(), SplitBehavior.Isolated, invert: false);
        foreach (string text in RandomTexts.Nasty(20_000, seed: 23))
        {
            int[] points = CodePoints.Of(text);
            PieceList pieces = new(AlignedText.FromOriginal(points, 0, points.Length));
            numbers.Apply(pieces);
            words.Apply(pieces);
            List<TextRange> found = [];
            new Gpt2Pattern(digitsApart: true).FindMatches(points, found);
            Assert.Equal(pieces.Pieces, found);
        }
    }

    [Fact]
    public void Where_a_text_is_cut_both_sides_split_as_the_whole()
    {
        ScannedPattern[] scanners = [new Gpt2Pattern(), new Gpt2Pattern(digitsApart: true), new Llama3Pattern(3), new Llama3Pattern(1), new Llama3Pattern(3, keepsEnd: true), new O200kPattern()];
        int cuts = 0;
        foreach (string text in RandomTexts.Nasty(60_000, seed: 24))
        {
            for (int at = ScannedPattern.NextCut(text, 2); at < text.Length; at = ScannedPattern.NextCut(text, at + 1))
            {
                cuts++;
                int[] left = CodePoints.Of(text[..at]), right = CodePoints.Of(text[at..]);
                foreach (ScannedPattern scanner in scanners)
                {
                    List<TextRange> whole = [], before = [], behind = [];
                    scanner.FindMatches(CodePoints.Of(text), whole);
                    scanner.FindMatches(left, before);
                    scanner.FindMatches(right, behind);
                    Assert.Equal(whole, [.. before, .. behind.Select(range => new TextRange(range.Start + left.Length, range.End + left.Length))]);
                }
            }
        }

        Assert.True(cuts > 5_000, $"only {cuts} cuts");
    }

    [Theory]
    [InlineData("𠀀𐐀", 1)]
    [InlineData("𝟘𝟙", 1)]
    [InlineData("😀😀", 1)]
    [InlineData("a𠀀", 1)]
    [InlineData("a😀", 2)]
    [InlineData("a\u0085b", 3)]
    [InlineData("a\u200Bb", 3)]
    [InlineData("don't", 2)]
    [InlineData("don'T", 3)]
    public void Gpt2_sees_code_points(string text, int pieces) => Assert.Equal(pieces, Count(Gpt2Pattern.Source, text));

    [Theory]
    [InlineData("it'S", 2)]
    [InlineData("it'ſ", 2)]
    [InlineData("1234567", 3)]
    [InlineData("𝟘𝟙𝟚𝟛", 2)]
    [InlineData("\n\n \n x", 2)]
    [InlineData("(word", 1)]
    [InlineData("😀word", 1)]
    [InlineData("!!\n\nx", 2)]
    public void Llama3_sees_code_points_and_case(string text, int pieces) => Assert.Equal(pieces, Count(Llama3Pattern.Llama3Source, text));

    [Fact]
    public void White_space_is_the_25_characters_of_the_property()
    {
        int[] blanks = [.. Enumerable.Range(0, 0x110000).Where(CodePoints.IsWhiteSpace)];
        Assert.Equal(25, blanks.Length);
        Assert.Contains(0x85, blanks);
        Assert.DoesNotContain(0x200B, blanks);
        Assert.DoesNotContain(0x180E, blanks);
        Assert.DoesNotContain(0xFEFF, blanks);
    }

    [Fact]
    public void Character_classes_are_unicode_16_s()
    {
        // Counts of UnicodeData.txt 16.0 (DerivedGeneralCategory): L 141,028; Nd 760 + Nl 236 + No 915; M 2,501.
        Assert.True(CodePoints.IsLetter(0x1C89) && CodePoints.IsLetter(0xA7DA) && CodePoints.IsLetter(0x1E5D0));
        Assert.True(CodePoints.IsNumber(0x10D40));
        Assert.False(CodePoints.IsLetter(0x323B0) || CodePoints.IsLetter(0xA7CE));
        Assert.Equal(1911, Enumerable.Range(0, 0x110000).Count(CodePoints.IsNumber));
    }

    private static int Count(string source, string text)
    {
        List<TextRange> found = [];
        SplitPatterns.Find(source)!.FindMatches(CodePoints.Of(text), found);
        return found.Count;
    }

    private static string WithoutSurrogates(string text)
    {
        StringBuilder kept = new();
        foreach (Rune rune in text.EnumerateRunes().Where(rune => rune.IsBmp && rune.Value != 0x17F))
            kept.Append(rune.ToString());
        return kept.ToString();
    }
}
