using Azimuth.Embeddings;

namespace Azimuth.Tests.Embeddings;

public sealed class WordFileTests
{
    [Fact]
    public void Line_ends_comments_and_a_missing_last_line_end_lose_no_pair()
    {
        const string text = "\uFEFF# human scores\r\ncar\tauto\t9.5\r\n\r\nday, night, 6\ntree leaf 5";
        SimilaritySet set = SimilaritySet.Parse(text, "folder/pairs.tsv");
        Assert.Equal([("car", "auto", 9.5), ("day", "night", 6), ("tree", "leaf", 5)], set.Pairs.Select(p => (p.First, p.Second, p.Score)));
        Assert.Equal("pairs", set.Name);
        Assert.False(set.HeaderSkipped);
        Assert.True(SimilaritySet.Parse("Word 1\tWord 2\tHuman (mean)\na\tb\t1", "x").HeaderSkipped);
    }

    [Theory]
    [InlineData("a\tb\t1\nc\td\tx", "line 2: expected a number as the score, found \"x\"")]
    [InlineData("a\tb", "line 1")]
    [InlineData("a\tb\tNaN\na\tb\tinf", "line 2")]
    [InlineData("", "found none")]
    [InlineData("# only this", "found none")]
    public void A_bad_similarity_file_is_named_with_its_line(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => SimilaritySet.Parse(text, "f.tsv")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("a b c", "line 1")]
    [InlineData(": s\n\na b c d e", "line 3")]
    [InlineData(": s", "found none")]
    [InlineData("", "found none")]
    public void A_bad_question_file_is_named_with_its_line(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => AnalogyQuestions.Parse(text, "q.txt")).Message, StringComparison.Ordinal);

    [Fact]
    public void Sections_keep_their_names_and_their_pairs_count_once()
    {
        AnalogyQuestions got = AnalogyQuestions.Parse("//Copyright\n: capitals \nAthens Greece Oslo Norway\nOslo Norway athens greece\n: empty\n: gram1\na b c d\n", "q");
        Assert.Equal(["capitals", "gram1"], got.Sections.Select(s => s.Name));
        Assert.Equal([false, true], got.Sections.Select(s => s.IsSyntactic));
        Assert.Equal([("ATHENS", "GREECE"), ("OSLO", "NORWAY")], got.Sections[0].DistinctPairs(word => word.ToUpperInvariant()));
        Assert.Equal(4, got.Sections[0].Questions[1].Line);
    }

    [Fact]
    public void Lists_keep_the_blank_before_a_token()
    {
        Assert.Equal([" next", "next"], WordLists.Words(" next\r\nnext\n next\n# no\n", "w"));
        Assert.Equal([("he", "she"), ("king", "queen")], WordLists.Pairs("he\tshe\n king queen", "p"));
        Assert.Equal([new LabelledToken(1, " cat", "animal"), new LabelledToken(3, "id:5", "a thing")], WordLists.Labels(" cat\tanimal\n\nid:5\ta thing ", "l"));
        Assert.Throws<InvalidDataException>(() => WordLists.Words("\n#\n", "w"));
        Assert.Contains("line 2", Assert.Throws<InvalidDataException>(() => WordLists.Pairs("a b\na b c", "p")).Message, StringComparison.Ordinal);
        Assert.Contains("line 1", Assert.Throws<InvalidDataException>(() => WordLists.Labels("cat animal", "l")).Message, StringComparison.Ordinal);
        Assert.Contains("line 1", Assert.Throws<InvalidDataException>(() => WordLists.Labels("cat\t ", "l")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_word_is_its_token_with_a_blank_before_it_or_the_bare_one()
    {
        EmbeddingTable table = WordTables.Of(["king", " queen", " king", " King", "", " ", "Queen", "king"], 1, new float[8]);
        Assert.Equal(2, new WordIndex(table).Find("king"));
        Assert.Equal(6, new WordIndex(table).Find("Queen"));
        Assert.Equal(1, new WordIndex(table, ignoreCase: true).Find("QUEEN"));
        Assert.Equal(0, new WordIndex(table, WordForm.Bare).Find("king"));
        Assert.Null(new WordIndex(table, WordForm.Bare).Find("queen"));
        Assert.Null(new WordIndex(table, WordForm.Blank).Find("Queen"));
        Assert.Null(new WordIndex(table).Find(""));
        Assert.Null(new WordIndex(table).Find(" Queen"));
        Assert.Equal(2, new WordIndex(table).Find(" king"));
        Assert.Null(new WordIndex(table, restrict: 1).Find(" king"));
        Assert.Equal(6, new WordIndex(table).FindOrId("id:6"));
        Assert.Null(new WordIndex(table).FindOrId("id:8"));
        Assert.Null(new WordIndex(table).Word(4));
        Assert.Equal("queen", new WordIndex(table).Word(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WordIndex(table, restrict: 0));
    }

    [Fact]
    public void Similarity_leaves_unknown_words_and_rows_without_direction_out()
    {
        EmbeddingTable table = WordTables.Of(["a", "b", "c", "d", "zero"], 2, [1, 0, 1, 0.1f, 1, 1, 0, 1, 0, 0]);
        var got = WordSimilarity.Of(SimilaritySet.Parse("a b 9\na c 5\na d 1\na zero 3\na none 2\n", "s"), new WordIndex(table));
        Assert.Equal((5, 3, 2), (got.PairsInFile, got.PairsUsed, got.OutOfVocabulary));
        Assert.Equal(1, got.Spearman);
        Assert.Equal(0.4, got.OutOfVocabularyShare);
        Assert.True(got.SpearmanDummy4unknown < 1);
        Assert.Equal(double.NaN, WordSimilarity.Of(SimilaritySet.Parse("x y 1", "s"), new WordIndex(table)).Spearman);
    }
}
