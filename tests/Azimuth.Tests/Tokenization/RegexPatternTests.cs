using System.Text.RegularExpressions;
using Azimuth.Checkpoints;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Patterns;
using Azimuth.Tokenization.PreTokenizers;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tests.Tokenization;

public sealed class RegexPatternTests
{
    [Theory]
    [InlineData(Gpt2Pattern.Source)]
    [InlineData(Llama3Pattern.Llama3Source)]
    [InlineData(Gpt2Pattern.R50kSource)]
    [InlineData(Llama3Pattern.Qwen2Source)]
    [InlineData(Llama3Pattern.Cl100kSource)]
    [InlineData(O200kPattern.Source)]
    public void The_scanners_and_the_matcher_agree_on_every_code_point(string source)
    {
        // tiktoken's own spellings have its engine's meanings: \s++$ is the text's end alone.
        bool isTiktoken = source.Contains("++$", StringComparison.Ordinal);
        RegexPattern matcher = new("", source, isTiktoken ? PatternSyntax.Rust : PatternSyntax.Oniguruma);
        foreach (string text in RandomTexts.Unicode(5_000, seed: 51).Concat(RandomTexts.Nasty(5_000, seed: 53)))
        {
            List<TextRange> scanned = [], matched = [];
            SplitPatterns.Find(source)!.FindMatches(CodePoints.Of(text), scanned);
            matcher.FindMatches(CodePoints.Of(text), matched);
            Assert.Equal(scanned, matched);
        }
    }

    [Theory]
    [InlineData(@"[0-9]{2,4}?\b|(?<=\p{Ll})(?=\p{Lu})|x*")]
    [InlineData(@"(?:ab|a(?!b)|[^\s\d]{1,3}+|\.)+?")]
    [InlineData(@"(?>\w+?|\W)(?<!e)\s*")]
    [InlineData(@"(a|ab)(c|bcd)?(d*)")]
    [InlineData(@"(?:(?:x?)*|y)*z")]
    [InlineData(@"(?:\s|\p{L}){3}[^a-f\-\]]")]
    [InlineData(@"\A\s*|\S+\z|[A-Za-z&&[^aeiou]]{2}")]
    [InlineData(@"\u0041|\x42|\x{43}|\t|[\n\r]")]
    public void Patterns_match_as_in_the_runtime_s_engine(string source)
    {
        // The runtime spells three things differently: possessive runs, sets in common, and code points by number.
        string translated = source.Replace(@"{1,3}+", "{1,3}", StringComparison.Ordinal).Replace("[A-Za-z&&[^aeiou]]", "[A-Za-z-[aeiou]]", StringComparison.Ordinal)
            .Replace(@"\x{43}", "C", StringComparison.Ordinal);
        translated = source.Contains("{1,3}+", StringComparison.Ordinal) ? translated.Replace(@"[^\s\d]{1,3}", @"(?:[^\s\d]{1,3})+", StringComparison.Ordinal) : translated;
        Regex regex = new(translated, RegexOptions.CultureInvariant);
        RegexPattern matcher = new("", source, PatternSyntax.Oniguruma);
        int pieces = 0;
        foreach (string text in PlainTexts())
        {
            List<TextRange> found = [];
            matcher.FindMatches(CodePoints.Of(text), found);

            // The runtime also reports an empty match right behind another one.
            List<TextRange> expected = [];
            foreach (Match match in regex.Matches(text))
            {
                if (!(match.Length == 0 && expected.Count > 0 && expected[^1].End == match.Index))
                    expected.Add(new TextRange(match.Index, match.Index + match.Length));
            }

            Assert.Equal(expected, found);
            pieces += found.Count;
        }

        Assert.True(pieces > 1_000, $"only {pieces} matches");
    }

    [Theory]
    [InlineData(@"^.", "ab\ncd\n", "0..1 3..4")]
    [InlineData(@".$", "ab\ncd\n", "1..2 4..5")]
    [InlineData(@"\s+$", "a  \n b \t", "1..3 6..8")]
    [InlineData(@"\Z", "a\n", "1..1 2..2")]
    [InlineData(@"(?i)k|x", "KxK\u212AX", "0..1 1..2 2..3 3..4 4..5")]
    [InlineData(@"a(?i)b|c", "aB ac c C", "0..2 3..5")]
    [InlineData(@"(?i:'s)", "'ſ 'S", "0..2 3..5")]
    [InlineData(@"(?i:[^k])", "kKx\u212A", "2..3")]
    [InlineData(@"[[:punct:]]", "a$!é", "1..2 2..3")]
    [InlineData(@"\p{^L}|\P{L}", "a1", "1..2")]
    [InlineData(@"x{2}?", "xxx", "0..2 3..3")]
    [InlineData(@"x{,2}", "xxxy", "0..2 2..3 4..4")]
    [InlineData(@"x{,}|{", "x{,}{", "0..4 4..5")]
    [InlineData(@"[]a]", "]a", "0..1 1..2")]
    [InlineData(@"[a-]", "-a", "0..1 1..2")]
    [InlineData(@"[\w]+", "²½aª", "2..4")]
    [InlineData(@"(?<!\w++)", "ab-", "0..0 3..3")]
    [InlineData(@"\w+", "²½a\u200Db", "0..3 4..5")]
    [InlineData(@"\p{Han}+", "漢𠀀か", "0..2")]
    [InlineData(@".", "😀", "0..1")]
    [InlineData(@"(?x) a b # both", "ab", "0..2")]
    [InlineData(@"(?<=x|yz)a", "xa yza za", "1..2 5..6")]
    [InlineData("", "ab", "0..0 1..1 2..2")]
    public void Oniguruma_s_own_meanings_are_kept(string source, string text, string expected)
    {
        List<TextRange> found = [];
        new RegexPattern("", source, PatternSyntax.Oniguruma).FindMatches(CodePoints.Of(text), found);
        Assert.Equal(expected, string.Join(' ', found));
    }

    [Theory]
    [InlineData(@"\s+$", "a  \n b  ", "6..8")]
    [InlineData(@"\p{L}++\pN", "ab1 c2", "0..3 4..6")]
    [InlineData(@"x{1,2}+", "xxx", "0..2 2..3")]
    [InlineData(@"a(?i)b|c", "aB C", "0..2 3..4")]
    public void Rust_s_meanings_are_kept_where_they_differ(string source, string text, string expected)
    {
        List<TextRange> found = [];
        new RegexPattern("", source, PatternSyntax.Rust).FindMatches(CodePoints.Of(text), found);
        Assert.Equal(expected, string.Join(' ', found));
    }

    [Theory]
    [InlineData(@"(a")]
    [InlineData(@"a)")]
    [InlineData(@"[a")]
    [InlineData(@"*a")]
    [InlineData(@"a{2,1}")]
    [InlineData(@"a{999999}")]
    [InlineData(@"(?:(?:(?:a{999}){999}){999})")]
    [InlineData(@"[z-a]")]
    [InlineData(@"\")]
    [InlineData(@"\p{Klingon}")]
    [InlineData(@"(a)\1")]
    [InlineData(@"\k<a>")]
    [InlineData(@"\K")]
    [InlineData(@"\R")]
    [InlineData(@"\b+")]
    [InlineData(@"\x{110000}")]
    [InlineData(@"\uD800")]
    [InlineData(@"(?i:ss)")]
    [InlineData(@"(?i:ß)")]
    [InlineData(@"(?i:[ß-ÿ])")]
    [InlineData(@"(?~abc)")]
    [InlineData(@"a***************")]
    public void What_is_wrong_or_not_known_is_one_clear_error(string source)
    {
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => new RegexPattern("tokenizer.json", source, PatternSyntax.Oniguruma));
        Assert.Contains($"the regular expression \"{source}\"", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Nesting_does_not_exhaust_the_stack()
    {
        foreach (string open in new[] { "(", "(?=", "[", "(?i)", "(?:a|" })
        {
            string source = string.Concat(Enumerable.Repeat(open, 100_000));
            Assert.Throws<CheckpointFormatException>(() => new RegexPattern("tokenizer.json", source, PatternSyntax.Oniguruma));
        }
    }

    [Theory]
    [InlineData(@"(a+)+$")]
    [InlineData(@"(a|a)*b")]
    [InlineData(@"(?:a*)*b")]
    [InlineData(@"(?:a|aa)+?b")]
    [InlineData(@"(?<=(?:a|aa)+c)b|a*?a*?a*?a*?c")]
    public void A_pattern_that_takes_too_long_is_an_error_within_a_second(string source)
    {
        int[] text = CodePoints.Of(new string('a', 5_000) + "!b");
        RegexPattern pattern = new("tokenizer.json", source, PatternSyntax.Oniguruma);
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => pattern.FindMatches(text, []));
        Assert.Equal("PatternTooSlow", error.Kind);

        // A second is the promise for one file on an idle machine; tests share theirs.
        Assert.True(watch.Elapsed.TotalSeconds < 10, $"{watch.Elapsed.TotalSeconds:F1} s");
    }

    [Theory]
    [InlineData(@"\s+$", 1)]
    [InlineData(@"\s+(?!\S)|\s+", 2)]
    [InlineData(Llama3Pattern.Llama3Source, 2)]
    public void A_long_run_of_blanks_is_matched_in_a_time_that_grows_with_it(string source, int pieces)
    {
        List<TextRange> found = [];
        new RegexPattern("tokenizer.json", source, PatternSyntax.Oniguruma).FindMatches(CodePoints.Of(new string(' ', 300_000) + "x "), found);
        Assert.InRange(found.Count, pieces, pieces + 1);
    }

    // Characters the patterns care about, all of them seen the same way by the runtime, whose \w and \s differ elsewhere.
    private static IEnumerable<string> PlainTexts()
    {
        const string Alphabet = "abcdexyzAB 12\n.-Σ中";
        Random random = new(52);
        for (int number = 0; number < 5_000; number++)
            yield return new string([.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
    }
}
