using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Training;
using Azimuth.Training.Corpora;

namespace Azimuth.Tests.Training;

/// <summary>From text to vocabulary and numbers.</summary>
public sealed class TrainingTextTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Workers _workers = new(3);

    public void Dispose()
    {
        _folder.Dispose();
        _workers.Dispose();
    }

    [Fact]
    public void Words_are_ordered_by_falling_count_and_then_by_first_occurrence_and_rare_ones_leave_the_text()
    {
        TrainingText text = Prepare("b a rare\nc c a b\n\nonce only\n  a\tb   c  d d d\n", new VocabularyOptions { MinCount = 3 });
        Assert.Equal(["b", "a", "c", "d"], text.Words);
        Assert.Equal([3L, 3, 3, 3], text.Counts);
        Assert.Equal([0, 1, -1, 2, 2, 1, 0, -1, 1, 0, 2, 3, 3, 3, -1], Ids(text));
        Assert.Equal(12, text.WordCount);
        Assert.Equal(["corpus.ids", "corpus.words", "text.txt"], Directory.GetFiles(_folder.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_largest_vocabulary_asked_for_keeps_the_most_frequent()
    {
        TrainingText text = Prepare("a a a b b c c c c\n", new VocabularyOptions { MinCount = 1, MaxWords = 2 });
        Assert.Equal(["c", "a"], text.Words);
        Assert.Equal([1, 1, 1, 0, 0, 0, 0, -1], Ids(text));
    }

    [Fact]
    public void What_was_prepared_opens_again_the_same()
    {
        TrainingText made = Prepare("x \uFEFFa y\u00A0z x y\nz a\uFEFF x\n", new VocabularyOptions { MinCount = 1 });
        TrainingText opened = TrainingText.Open(_folder.Path)!;
        Assert.Equal(made.Words, opened.Words);
        Assert.Equal(made.Counts, opened.Counts);
        Assert.Equal(Ids(made), Ids(opened));
        // Python's str.split() parts words at U+00A0 and leaves U+FEFF in them.
        Assert.Equal(["x", "y", "z", "\uFEFFa", "a\uFEFF"], opened.Words);
    }

    [Fact]
    public void A_folder_where_it_never_came_to_an_end_or_is_damaged_is_told_apart()
    {
        Assert.Null(TrainingText.Open(_folder.Path));
        Prepare("a b a b\n", new VocabularyOptions { MinCount = 1 });
        File.WriteAllBytes(_folder.File("corpus.ids"), new byte[8]);
        Assert.Contains("corpus.ids", Assert.Throws<CheckpointFormatException>(() => TrainingText.Open(_folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder.File("corpus.words"), "two a\n");
        Assert.Contains("line 1", Assert.Throws<CheckpointFormatException>(() => TrainingText.Open(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_lines_are_cut_after_ten_thousand_words()
    {
        TrainingText text = Prepare(string.Join(' ', Enumerable.Repeat("a b", 12_500)) + "\n", new VocabularyOptions { MinCount = 1 });
        int[] ids = Ids(text);
        Assert.Equal(25_003, ids.Length);
        Assert.Equal([10_000, 20_001, 25_002], ids.Select((id, at) => (id, at)).Where(pair => pair.id < 0).Select(pair => pair.at));
    }

    [Fact]
    public void Whole_lines_are_never_cut_however_many_bytes_they_have()
    {
        // 3 MB: more than the reader hands out at once, and more words than a cut line has.
        string line = string.Join(' ', Enumerable.Repeat("a bbbbbbbbbbbbbbbbbbbbbbbbbb", 100_000));
        TrainingText text = Prepare($"{line}\n\na\n{line}", new VocabularyOptions { MinCount = 1, WholeLines = true });
        Assert.Equal([200_000, 200_002, 400_003], Ids(text).Select((id, at) => (id, at)).Where(pair => pair.id < 0).Select(pair => pair.at));
    }

    [Fact]
    public void Ascii_blanks_leave_other_blanks_in_words()
    {
        TrainingText text = Prepare("a\u00A0b\tc  d\u3000\r\n c\ra\u00A0b\n", new VocabularyOptions { MinCount = 1, AsciiBlanks = true });
        Assert.Equal([("a\u00A0b", 2), ("c", 2), ("d\u3000", 1)], text.Words.Zip(text.Counts));
    }

    [Fact]
    public void Bytes_that_are_not_utf_8_become_one_word_with_one_warning()
    {
        List<string> warnings = [];
        _folder.Write("text.txt", [.. "a "u8, 0xFF, (byte)' ', 0xFE, .. " a caf\u00e9 "u8, 0xE2, 0x82, (byte)'\n']);
        TrainingText text = TrainingText.Prepare(TextCorpus.Open([_folder.File("text.txt")]), new VocabularyOptions { MinCount = 1 }, _folder.Path, _workers, warnings.Add);
        Assert.Equal(["\uFFFD", "a", "café"], text.Words);
        Assert.Equal(3, text.Counts[0]);
        Assert.Contains("3 sequences of bytes that are not UTF-8", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n", "holds no word")]
    [InlineData(" \n \n", "holds no word")]
    [InlineData("a b a c", "no word comes 5 times or more")]
    [InlineData("a a a a a a b", "one word only comes 5 times or more")]
    public void Text_that_gives_no_vocabulary_is_said_to(string content, string expected)
    {
        var problem = Assert.Throws<TrainingException>(() => Prepare(content, new VocabularyOptions()));
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
        Assert.Equal(["text.txt"], Directory.GetFiles(_folder.Path).Select(path => Path.GetFileName(path)));
    }

    [Fact]
    public void Many_words_are_counted_as_a_dictionary_counts_them()
    {
        var random = new SeededRandom(5);
        string[] words = [.. Enumerable.Range(0, 60_000).Select(_ => "w" + Math.Floor(Math.Pow(random.NextDouble(), 3) * 20_000) + new string('x', random.NextInt32(20)))];
        TrainingText text = Prepare(string.Join(' ', words), new VocabularyOptions { MinCount = 1 });
        Dictionary<string, long> expected = words.GroupBy(w => w).ToDictionary(g => g.Key, g => (long)g.Count());
        Assert.Equal(expected, text.Words.Zip(text.Counts).ToDictionary());
        Assert.Equal(words, Ids(text).Where(id => id >= 0).Select(id => text.Words[id]));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 2)]
    public void The_number_of_threads_changes_no_byte(bool wholeLines, int phrasePasses)
    {
        // Ten blocks of text, in each of which new words come: many with equal counts, whose order is that of their first occurrence.
        var random = new SeededRandom(7);
        string[] words = [.. Enumerable.Range(0, 1_200_000).Select(at => "w" + (at / 8 + (int)(60_000 * Math.Pow(random.NextDouble(), 6))) + (at % 5_000 == 0 ? "\n" : ""))];
        string text = string.Join(' ', words);
        var options = new VocabularyOptions { MinCount = 2, WholeLines = wholeLines, PhrasePasses = phrasePasses, PhraseThreshold = 1 };
        Prepare(text, options);
        byte[][] many = Files();
        using var one = new Workers(1);
        TrainingText.Prepare(TextCorpus.Open([_folder.File("text.txt")]), options, _folder.Path, one);
        byte[][] alone = Files();
        Assert.True(alone[0].AsSpan().SequenceEqual(many[0]) && alone[1].AsSpan().SequenceEqual(many[1]));

        byte[][] Files() => [File.ReadAllBytes(_folder.File("corpus.words")), File.ReadAllBytes(_folder.File("corpus.ids"))];
    }

    [Fact]
    public void Phrases_are_joined_where_the_score_is_above_the_threshold_and_not_twice_in_a_pass()
    {
        string line = string.Join('\n', Enumerable.Repeat("new york city is big\nbig is new\nyork is a city", 10));
        // c(new)=20, c(york)=20, c(new york)=10, N=120: (10−1)/(20·20)·120 = 2.7; york city: the same.
        TrainingText text = Prepare(line, new VocabularyOptions { MinCount = 1, PhrasePasses = 1, PhraseThreshold = 2.6 });
        string[] first = [.. Ids(text).Take(6).Select(id => id < 0 ? "|" : text.Words[id])];
        Assert.Equal(["new_york", "city", "is", "big", "|", "big"], first);
        Assert.Equal(10, text.Counts[text.Words.ToList().IndexOf("new")]);
        TrainingText none = Prepare(line, new VocabularyOptions { MinCount = 1, PhrasePasses = 1, PhraseThreshold = 2.8 });
        Assert.DoesNotContain("new_york", none.Words);
        // c(new_york)=10, c(city)=20, 10 together, N=110: 9/200·110 = 4.95.
        TrainingText twice = Prepare(line, new VocabularyOptions { MinCount = 1, PhrasePasses = 2, PhraseThreshold = 2.6 });
        Assert.Contains("new_york_city", twice.Words);
    }

    private TrainingText Prepare(string content, VocabularyOptions options)
    {
        File.WriteAllText(_folder.File("text.txt"), content, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return TrainingText.Prepare(TextCorpus.Open([_folder.File("text.txt")]), options, _folder.Path, _workers);
    }

    private static int[] Ids(TrainingText text) => text.Ids.Slice(0, (int)text.Ids.Length).ToArray();
}
