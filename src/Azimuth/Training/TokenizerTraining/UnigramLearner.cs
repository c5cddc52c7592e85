using System.Text;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Training.Corpora;

namespace Azimuth.Training.TokenizerTraining;

/// <summary>
/// The unigram language model (Kudo 2018, §3.2): from many pieces, twice expectation and maximisation, then a quarter of the pieces goes, those that the text's likelihood
/// misses least; until few more are left than asked for. Numbers as the tokenizers library has them (maximisation takes digammas, pruning ends at 1.1 times the vocabulary) but
/// for one: pieces expected less than twice drop out, there less than half a time. A piece that comes once says nothing of other text: held-out text of the same plays takes 2.480
/// nats a character so, 2.551 with a half, and 2.543 by the reference's own vocabulary. Single characters always stay.
/// </summary>
internal sealed class UnigramLearner : ITokenizerLearner
{
    private const int Parts = 8, PassesARound = 2;
    private const double ShrinkingFactor = 0.75, LeastExpected = 2, LeastOfCharacter = 0.5, Surplus = 1.1;
    private readonly TokenizerTrainingOptions _options;
    private readonly Workers _workers;
    private readonly int[][] _words;
    private readonly long[] _counts;
    private readonly int _seeds;
    private Pieces _pieces;
    private int _pass;

    /// <summary>Finds the seed pieces, or goes on from a saved state.</summary>
    /// <exception cref="TrainingException">The vocabulary has no room for the characters.</exception>
    public UnigramLearner(WordTable words, TokenizerTrainingOptions options, Workers workers, StateReader? state = null)
    {
        (_options, _workers, _counts) = (options, workers, words.Counts.ToArray());
        _words = new int[words.Count][];
        for (int i = 0; i < words.Count; i++)
            _words[i] = Pieces.Points(words.Bytes(i));
        int characters = _words.SelectMany(word => word).Distinct().Count();
        if (characters > Wanted)
        {
            throw new TrainingException(FormattableString.Invariant(
                $"the special tokens and the corpus's characters are {characters + options.Special.Count} tokens, more than the vocabulary of {options.VocabSize}. Ask for a larger vocabulary"));
        }

        if (state is null)
        {
            _pieces = UnigramSeed.Find(_words, _counts, options.SeedPieces, options.LongestPiece);
            _seeds = _pieces.Count;
            return;
        }

        (_seeds, _pass) = ((int)state.Number("seeds", int.MaxValue), (int)state.Number("pass", PassesARound));
        WordTable? texts = WordTable.From(state.Array<byte>("pieces.bytes"), state.Array<int>("pieces.ends"), state.Array<long>("pieces.counts"));
        double[] scores = state.Array<double>("pieces.scores");
        if (texts is null || texts.Count != scores.Length || scores.Any(double.IsNaN))
            throw state.Damaged("expected pieces with their scores, found tensors that do not fit together. Delete the folder to go on from the state before it");
        _pieces = new Pieces([.. Enumerable.Range(0, texts.Count).Select(i => Pieces.Points(texts.Bytes(i)))], scores);
    }

    public bool Finished => _pass == PassesARound && _pieces.Count <= Target;

    public string Stage => "choosing pieces";

    // Pieces fall by a constant factor a round.
    public double Done => Finished || _seeds <= Target ? 1 : Math.Clamp(1 - (Math.Log((double)_pieces.Count / Target) / Math.Log((double)_seeds / Target)), 0, 1);

    public int Tokens => _pieces.Count + _options.Special.Count;

    private int Wanted => _options.VocabSize - _options.Special.Count;

    private int Target => (int)(_options.VocabSize * Surplus);

    public void Advance()
    {
        if (_pass < PassesARound)
        {
            Maximize(Expect());
            _pass++;
        }
        else
        {
            _pieces = Prune();
            _pass = 0;
        }
    }

    public void Save(JsonObject values, List<SafetensorsEntry> tensors)
    {
        values["seeds"] = _seeds;
        values["pass"] = _pass;
        byte[][] texts = [.. Enumerable.Range(0, _pieces.Count).Select(id => Encoding.UTF8.GetBytes(_pieces.Text(id)))];
        int end = 0;
        tensors.Add(StateReader.Of<byte>("pieces.bytes", [.. texts.SelectMany(text => text)]));
        tensors.Add(StateReader.Of<int>("pieces.ends", [.. texts.Select(text => end += text.Length)]));
        tensors.Add(StateReader.Of<long>("pieces.counts", [.. texts.Select(_ => 1L)]));
        tensors.Add(StateReader.Of<double>("pieces.scores", _pieces.Scores));
    }

    /// <summary>Special tokens, then the likeliest pieces and all characters, by falling score.</summary>
    public TrainedTokenizer Result()
    {
        int[] all = [.. Enumerable.Range(0, _pieces.Count)];
        int[] characters = [.. all.Where(IsCharacter)];
        int[] others = [.. all.Where(id => !IsCharacter(id)).OrderByDescending(id => _pieces.Scores[id]).Take(Wanted - characters.Length)];
        string[] special = [.. _options.Special];
        int[] chosen = [.. characters.Concat(others).Where(id => !special.Contains(_pieces.Text(id))).OrderByDescending(id => _pieces.Scores[id]).ThenBy(_pieces.Text, StringComparer.Ordinal)];
        return new TrainedTokenizer
        {
            Options = _options,
            Tokens = [.. special, .. chosen.Select(_pieces.Text)],
            Scores = [.. special.Select(_ => 0.0), .. chosen.Select(id => _pieces.Scores[id])],
        };
    }

    private bool IsCharacter(int id) => _pieces.Texts[id].Length == 1;

    /// <summary>[piece]: how often each is expected. Parts of the words are fixed and added up in their order, so the sum does not depend on the threads.</summary>
    private double[] Expect()
    {
        var parts = new double[Parts][];
        _workers.Run(Parts, part =>
        {
            var lattice = new WordLattice();
            double[] expected = parts[part] = new double[_pieces.Count];
            for (int i = Start(part); i < Start(part + 1); i++)
                lattice.AddExpected(_pieces, _words[i], _counts[i], expected);
        });
        return Sum(parts);
    }

    private void Maximize(double[] expected)
    {
        int[] kept = [.. Enumerable.Range(0, _pieces.Count).Where(id => expected[id] >= LeastExpected || IsCharacter(id))];
        double[] frequencies = [.. kept.Select(id => Math.Max(expected[id], LeastOfCharacter))];
        double logSum = Digamma(frequencies.Sum());
        _pieces = new Pieces([.. kept.Select(id => _pieces.Texts[id])], [.. frequencies.Select(frequency => Digamma(frequency) - logSum)]);
    }

    /// <summary>
    /// Leaves out pieces whose loss takes the least from the likelihood: how it falls when all of a piece's places go to the next best way to cut it (Kudo 2018, §3.2, step 3).
    /// </summary>
    private Pieces Prune()
    {
        (double[] frequency, double[] inWords) = BestUses();
        double sum = frequency.Sum(), logSum = Math.Log(sum), words = _counts.Sum(count => (double)count);
        var lattice = new WordLattice();
        var path = new List<int>();
        var losses = new List<(int Id, double Loss)>();
        var kept = new List<int>();
        for (int id = 0; id < _pieces.Count; id++)
        {
            if (IsCharacter(id) || !lattice.TryFindBest(_pieces, _pieces.Texts[id], id, path, out _))
            {
                kept.Add(id);
            }
            else if (frequency[id] > 0)
            {
                double logSumWithout = Math.Log(sum + (frequency[id] * (path.Count - 1))), others = 0;
                foreach (int other in path)
                    others += Math.Log(frequency[other] + frequency[id]) - logSumWithout;
                losses.Add((id, inWords[id] / words * (Math.Log(frequency[id]) - logSum - others)));
            }
        }

        int room = Math.Max(Target, (int)(ShrinkingFactor * _pieces.Count)) - kept.Count;
        kept.AddRange(losses.OrderByDescending(loss => loss.Loss).Take(Math.Max(0, room)).Select(loss => loss.Id));
        kept.Sort();
        return new Pieces([.. kept.Select(id => _pieces.Texts[id])], [.. kept.Select(id => _pieces.Scores[id])]);
    }

    /// <summary>[piece]: its places in the best cuts of all words, and the words that have one.</summary>
    private (double[] Frequency, double[] InWords) BestUses()
    {
        double[][] frequencies = new double[Parts][], inWords = new double[Parts][];
        _workers.Run(Parts, part =>
        {
            var lattice = new WordLattice();
            var path = new List<int>();
            double[] frequency = frequencies[part] = new double[_pieces.Count], inThese = inWords[part] = new double[_pieces.Count];
            for (int i = Start(part); i < Start(part + 1); i++)
            {
                lattice.TryFindBest(_pieces, _words[i], -1, path, out _);
                path.Sort();
                for (int at = 0; at < path.Count; at++)
                {
                    frequency[path[at]] += _counts[i];
                    if (at == 0 || path[at - 1] != path[at])
                        inThese[path[at]] += _counts[i];
                }
            }
        });
        return (Sum(frequencies), Sum(inWords));
    }

    private int Start(int part) => (int)((long)_words.Length * part / Parts);

    private static double[] Sum(double[][] parts)
    {
        for (int part = 1; part < parts.Length; part++)
            System.Numerics.Tensors.TensorPrimitives.Add(parts[0], parts[part], parts[0]);
        return parts[0];
    }

    /// <summary>ψ by its recurrence up to 12 and its asymptotic series from there (Abramowitz and Stegun 6.3.18), within 1e-12.</summary>
    private static double Digamma(double x)
    {
        double result = 0;
        for (; x < 12; x++)
            result -= 1 / x;
        double inverse = 1 / x, square = inverse * inverse;
        return result + Math.Log(x) - (inverse / 2) - (square * ((1.0 / 12) - (square * ((1.0 / 120) - (square * ((1.0 / 252) - (square * ((1.0 / 240) - (square / 132)))))))));
    }
}
