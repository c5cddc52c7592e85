using System.Text.Json.Nodes;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Training.Corpora;

namespace Azimuth.Training.TokenizerTraining;

/// <summary>BPE and WordPiece: merges the most frequent pairs until the vocabulary is full.</summary>
internal sealed class MergeLearner : ITokenizerLearner
{
    // About half a second of work, measured in words gone through rather than in time: a run must not depend on how fast it goes.
    private const int WordsAStretch = 1 << 20, MergesAStretch = 1 << 10;
    private readonly TokenizerTrainingOptions _options;
    private readonly TokenList _tokens;
    private readonly SegmentedWords _words;
    private readonly PairMerger _merger;

    /// <summary>Begins with the alphabet, or goes on from a saved state.</summary>
    /// <exception cref="TrainingException">The vocabulary has no room for the alphabet.</exception>
    public MergeLearner(WordTable words, TokenizerTrainingOptions options, StateReader? state = null)
    {
        _options = options;
        bool isWordPiece = options.Model == TokenizerModel.WordPiece;
        (_tokens, _words) = isWordPiece ? MergeAlphabet.OfPieces(words, options.Special, options.AlphabetLimit) : MergeAlphabet.OfBytes(words, options.Special);
        if (_tokens.Count > options.VocabSize)
        {
            throw new TrainingException(FormattableString.Invariant(
                $"the special tokens and the corpus's characters, those inside words with ## apart, are {_tokens.Count} tokens, more than the vocabulary of {options.VocabSize}. Ask for a larger vocabulary or a smaller alphabet"));
        }

        var merges = new List<Merge>();
        if (state is not null)
            (_words, merges) = (Segmented(words, state), Merges(state));
        try
        {
            _merger = new PairMerger(_words, _tokens, options.VocabSize, options.MinFrequency, isWordPiece ? MergeAlphabet.Inside : "", merges);
        }
        catch (ArgumentException e) when (state is not null)
        {
            throw state.Damaged(e.Message + ". Delete the folder to go on from the state before it");
        }
    }

    public bool Finished => _merger.Finished;

    public string Stage => "merging pairs";

    public double Done => Finished ? 1 : (double)_tokens.Count / _options.VocabSize;

    public int Tokens => _tokens.Count;

    public void Advance()
    {
        long words = 0;
        for (int merges = 0; merges < MergesAStretch && words < WordsAStretch && !Finished; merges++)
            words += _merger.Step();
    }

    public void Save(JsonObject values, List<SafetensorsEntry> tensors)
    {
        tensors.Add(StateReader.Of<int>("symbols", _words.Symbols()));
        tensors.Add(StateReader.Of<int>("lengths", _words.Lengths));
        tensors.Add(StateReader.Of<int>("merges", [.. _merger.Merges.SelectMany(merge => new[] { merge.Left, merge.Right })]));
        tensors.Add(StateReader.Of<long>("merges.counts", [.. _merger.Merges.Select(merge => merge.Count)]));
    }

    public TrainedTokenizer Result() => new() { Options = _options, Tokens = [.. _tokens.Tokens], Merges = [.. _merger.Merges] };

    private static SegmentedWords Segmented(WordTable words, StateReader state)
    {
        int[] symbols = state.Array<int>("symbols"), lengths = state.Array<int>("lengths");
        if (lengths.Length != words.Count || lengths.Any(length => length < 0) || lengths.Sum(length => (long)length) != symbols.Length)
            throw state.Damaged("expected the tokens of each word, found tensors that do not fit together. Delete the folder to go on from the state before it");
        return new SegmentedWords(symbols, lengths, words.Counts.ToArray());
    }

    private static List<Merge> Merges(StateReader state)
    {
        int[] pairs = state.Array<int>("merges");
        long[] counts = state.Array<long>("merges.counts");
        if (pairs.Length != 2L * counts.Length)
            throw state.Damaged("expected two tokens and a count of each merge, found tensors that do not fit together. Delete the folder to go on from the state before it");
        return [.. counts.Select((count, i) => new Merge(pairs[2 * i], pairs[2 * i + 1], count))];
    }
}
