using System.Text.Json.Nodes;
using Azimuth.Numerics;
using Azimuth.Training.Corpora;
using Azimuth.Training.TokenizerTraining;

namespace Azimuth.Tests.Training.TokenizerTraining;

/// <summary>BPE and WordPiece against the tokenizers library: every merge, every count, every id.</summary>
public class MergeReferenceTests
{
    [Fact]
    public void Bpe_makes_the_references_merges_with_their_counts_and_its_ids()
    {
        JsonNode expected = Json("bpe", "expected.json");
        TrainedTokenizer trained = TrainedFor.Run(
            new TokenizerTrainingOptions { Model = TokenizerModel.Bpe, VocabSize = (int)expected["vocab_size"]!, MinFrequency = (long)expected["min_frequency"]! }, TrainedFor.Corpus);
        Assert.Equal([.. expected["merges"]!.AsArray().Select(Line)], Lines(trained));
        Assert.Equal(Json("bpe", "vocab.json").AsObject().OrderBy(pair => (int)pair.Value!).Select(pair => pair.Key), trained.Tokens);
    }

    [Fact]
    public void The_words_are_those_that_the_reference_counted()
    {
        using var workers = new Workers(1);
        using var trainer = new TokenizerTrainer(TextCorpus.Open([TrainedFor.Corpus]), new TokenizerTrainingOptions { Model = TokenizerModel.Bpe }, workers);
        while (trainer.DifferentWords == 0)
            trainer.Advance();
        Assert.Equal((int)Json("bpe", "expected.json")["distinct_words"]!, trainer.DifferentWords);
    }

    [Fact]
    public void Merges_follow_the_rule_where_ties_and_overlaps_decide()
    {
        JsonArray cases = Json("bpe", "stress.json").AsArray();
        Assert.Equal(6, cases.Count);
        foreach (JsonNode? item in cases)
        {
            string[] words = ((string)item!["text"]!).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var tokens = new TokenList();
            foreach (char letter in words.SelectMany(word => word).Distinct().Order())
                tokens.Add(letter.ToString());
            var counted = words.CountBy(word => word).ToArray();
            var segmented = new SegmentedWords(
                [.. counted.SelectMany(word => word.Key).Select(letter => tokens.Find(letter.ToString()))], [.. counted.Select(word => word.Key.Length)], [.. counted.Select(word => (long)word.Value)]);
            var merger = new PairMerger(segmented, tokens, (int)item["vocab_size"]!, (long)item["min_frequency"]!, "", []);
            while (!merger.Finished)
                merger.Step();
            Assert.Equal(Strings(item["vocab"]!), tokens.Tokens);
            Assert.Equal(item["merges"]!.AsArray().Select(merge => string.Join(' ', Strings(merge!))), merger.Merges.Select(merge => tokens.Tokens[merge.Left] + " " + tokens.Tokens[merge.Right]));
        }
    }

    [Fact]
    public void WordPiece_is_the_same_rule_over_pieces_from_a_fixed_order()
    {
        JsonNode expected = Json("wordpiece", "expected.json");
        TrainedTokenizer trained = TrainedFor.Run(
            new TokenizerTrainingOptions { Model = TokenizerModel.WordPiece, VocabSize = (int)expected["vocab_size"]!, MinFrequency = (long)expected["min_frequency"]!, Lowercase = true }, TrainedFor.Corpus);
        Assert.Equal([.. expected["merges"]!.AsArray().Select(Line)], Lines(trained));
        Assert.Equal(File.ReadAllText(TestFiles.Fixture("training", "tokenizers", "wordpiece", "vocab.txt")).TrimEnd('\n').Split('\n'), trained.Tokens);
    }

    [Fact]
    public void Counts_kept_up_to_date_equal_counting_all_pairs_anew_before_every_merge()
    {
        var random = new Random(5);
        for (int round = 0; round < 200; round++)
        {
            int letters = random.Next(1, 4);
            string[] words = [.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => (char)('a' + random.Next(letters)))))];
            Assert.Equal(Naive([.. words.Select(word => word.Select(letter => letter - 'a').ToList())], letters, 40), Fast(words, letters, 40));
        }
    }

    private static List<Merge> Fast(string[] words, int letters, int vocabSize)
    {
        var tokens = new TokenList();
        for (int i = 0; i < letters; i++)
            tokens.Add(((char)('a' + i)).ToString());
        var merger = new PairMerger(
            new SegmentedWords([.. words.SelectMany(word => word).Select(letter => letter - 'a')], [.. words.Select(word => word.Length)], [.. words.Select(_ => 1L)]), tokens, vocabSize, 1, "", []);
        while (!merger.Finished)
            merger.Step();
        return [.. merger.Merges];
    }

    private static List<Merge> Naive(List<int>[] words, int letters, int vocabSize)
    {
        List<string> tokens = [.. Enumerable.Range(0, letters).Select(i => ((char)('a' + i)).ToString())];
        var merges = new List<Merge>();
        while (tokens.Count < vocabSize)
        {
            var pairs = words.SelectMany(word => word.Zip(word.Skip(1))).CountBy(pair => pair).ToList();
            if (pairs.Count == 0)
                break;
            var ((left, right), count) = pairs.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key.First).ThenBy(pair => pair.Key.Second).First();
            if (!merges.Exists(merge => merge.Left == left && merge.Right == right))
                merges.Add(new Merge(left, right, count));
            if (!tokens.Contains(tokens[left] + tokens[right]))
                tokens.Add(tokens[left] + tokens[right]);
            int merged = tokens.IndexOf(tokens[left] + tokens[right]);
            foreach (List<int> word in words)
            {
                for (int i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] != left || word[i + 1] != right)
                        continue;
                    word[i] = merged;
                    word.RemoveAt(i + 1);
                }
            }
        }

        return merges;
    }

    private static JsonNode Json(params string[] parts) => JsonNode.Parse(File.ReadAllText(TestFiles.Fixture(["training", "tokenizers", .. parts])))!;

    private static string[] Strings(JsonNode list) => [.. list.AsArray().Select(item => (string)item!)];

    private static string Line(JsonNode? merge) => $"{merge![0]} {merge[1]} {merge[2]}";

    private static List<string> Lines(TrainedTokenizer trained) => [.. trained.Merges.Select(merge => $"{trained.Tokens[merge.Left]} {trained.Tokens[merge.Right]} {merge.Count}")];
}
