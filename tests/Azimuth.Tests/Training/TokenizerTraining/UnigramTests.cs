using System.Text;
using System.Text.Json.Nodes;
using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Training.Corpora;
using Azimuth.Training.TokenizerTraining;

namespace Azimuth.Tests.Training.TokenizerTraining;

public sealed class UnigramTests : IDisposable
{
    private static readonly TokenizerTrainingOptions Options = new() { Model = TokenizerModel.Unigram, VocabSize = 600, SpecialTokens = ["<unk>"] };
    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The reference took the whole corpus as one text, so that its pieces reach over line ends: the same is done here. Held out are other parts of the same plays.</summary>
    [Fact]
    public void Held_out_text_is_as_likely_as_under_the_references_vocabulary()
    {
        string text = File.ReadAllText(TestFiles.Shared("data", "corpora", "input.txt")), trainedOn = File.ReadAllText(TrainedFor.Corpus);
        string heldOut = text.Replace(trainedOn, "", StringComparison.Ordinal)[..200_000];
        JsonNode reference = JsonNode.Parse(File.ReadAllText(TestFiles.Fixture("training", "tokenizers", "unigram", "informative.json")))!;
        var theirs = new TrainedTokenizer
        {
            Options = Options,
            Tokens = [.. reference["vocab"]!.AsArray().Select(piece => (string)piece![0]!)],
            Scores = [.. reference["vocab"]!.AsArray().Select(piece => (double)piece![1]!)],
        };
        double own = LogLikelihood(Learned(trainedOn), heldOut), other = LogLikelihood(theirs, heldOut);
        TestContext.Current.TestOutputHelper?.WriteLine($"nats a character on {heldOut.Length} held-out characters: {-own / heldOut.Length:0.0000}, reference {-other / heldOut.Length:0.0000}");
        Assert.True(own >= other, $"{own} against the reference's {other}");
    }

    [Fact]
    public void Probabilities_add_up_and_every_character_is_a_piece()
    {
        TrainedTokenizer trained = Learned(File.ReadAllText(TrainedFor.Corpus));
        Assert.Equal(600, trained.Tokens.Count);
        // What was cut off at the end to get from 1.1 times the vocabulary to it is missing.
        Assert.InRange(trained.Scores.Skip(1).Sum(Math.Exp), 0.9, 1.0);
        Assert.Subset(trained.Tokens.ToHashSet(), File.ReadAllText(TrainedFor.Corpus).Replace(' ', '▁').Select(c => c.ToString()).ToHashSet());
        Assert.Contains("▁the", trained.Tokens.Take(20));
    }

    [Fact]
    public void Expectation_and_the_best_cut_agree_with_all_cuts_written_out()
    {
        var random = new Random(3);
        for (int round = 0; round < 50; round++)
        {
            int[][] texts = [[0], [1], [2], .. Enumerable.Range(0, 8).Select(_ => Enumerable.Range(0, random.Next(2, 5)).Select(_ => random.Next(3)).ToArray()).DistinctBy(text => string.Join(',', text))];
            var pieces = new Pieces(texts, [.. texts.Select(_ => -5 * random.NextDouble() - 0.1)]);
            int[] word = [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => random.Next(3))];
            List<int>[] cuts = [.. Cuts(pieces, word, 0)];
            double[] scores = [.. cuts.Select(cut => cut.Sum(id => pieces.Scores[id]))];
            double all = Math.Log(scores.Sum(Math.Exp));
            double[] expected = new double[texts.Length], found = new double[texts.Length];
            for (int i = 0; i < cuts.Length; i++)
            {
                foreach (int id in cuts[i])
                    expected[id] += 2.5 * Math.Exp(scores[i] - all);
            }

            var lattice = new WordLattice();
            var path = new List<int>();
            Assert.Equal(all, lattice.AddExpected(pieces, word, 2.5, found), 1e-12);
            for (int id = 0; id < texts.Length; id++)
                Assert.Equal(expected[id], found[id], 1e-12);
            Assert.True(lattice.TryFindBest(pieces, word, -1, path, out double score));
            Assert.Equal(scores.Max(), score, 1e-12);
            Assert.Equal(scores.Max(), path.Sum(id => pieces.Scores[id]), 1e-12);
        }
    }

    [Fact]
    public void Seeds_are_the_substrings_that_occur_twice_and_are_followed_by_different_characters()
    {
        var random = new Random(9);
        for (int round = 0; round < 40; round++)
        {
            string[] words = [.. Enumerable.Range(0, 12).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => (char)('a' + random.Next(3))))).Distinct()];
            long[] counts = [.. words.Select(_ => (long)random.Next(1, 4))];
            Pieces seeds = UnigramSeed.Find([.. words.Select(word => word.Select(letter => (int)letter).ToArray())], counts, 1000, 6);
            var places = words.SelectMany((word, w) => Enumerable.Range(0, word.Length).SelectMany(at => Enumerable.Range(2, Math.Max(0, Math.Min(6, word.Length - at) - 1))
                .Select(length => (Text: word.Substring(at, length), Next: at + length < word.Length && length < 6 ? word[at + length].ToString() : $"end {w} {at}", Count: counts[w]))));
            HashSet<string> expected = [.. places.GroupBy(place => place.Text).Where(group => group.Select(place => place.Next).Distinct().Count() > 1).Select(group => group.Key)];
            expected.UnionWith(words.Where((word, w) => word.Length is > 1 and <= 6 && counts[w] > 1));
            expected.UnionWith(words.SelectMany(word => word).Select(letter => letter.ToString()));
            Assert.Equal(expected.Order(StringComparer.Ordinal), Enumerable.Range(0, seeds.Count).Select(seeds.Text).Order(StringComparer.Ordinal));
        }
    }

    private static IEnumerable<List<int>> Cuts(Pieces pieces, int[] word, int from)
    {
        if (from == word.Length)
            yield return [];
        for (int id = 0; id < pieces.Count; id++)
        {
            if (!word.AsSpan(from).StartsWith(pieces.Texts[id]))
                continue;
            foreach (List<int> rest in Cuts(pieces, word, from + pieces.Texts[id].Length))
                yield return [id, .. rest];
        }
    }

    private static TrainedTokenizer Learned(string text)
    {
        var words = new WordTable();
        new PieceSplitter(Options).Count(Encoding.UTF8.GetBytes(text), words);
        using var workers = new Workers(2);
        var learner = new UnigramLearner(words.Sorted(), Options, workers);
        while (!learner.Finished)
            learner.Advance();
        return learner.Result();
    }

    /// <summary>Of the best cut; a character that is no piece costs ten nats more than the least likely piece, as in both libraries.</summary>
    private double LogLikelihood(TrainedTokenizer trained, string text)
    {
        string path = Path.Combine(_folder, Path.GetRandomFileName());
        TokenizerFiles.Write(trained, path);
        double unknown = trained.Scores.Min() - 10;
        return Tokenizer.Load(path).Encode(text).Ids.Sum(id => id == 0 ? unknown : trained.Scores[id]);
    }
}
