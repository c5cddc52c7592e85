using System.Buffers;
using System.Globalization;
using System.Text;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Models;

/// <summary>
/// The unigram language model (Kudo 2018): of all ways to cut a piece into tokens the one with the highest sum of log probabilities, found by Viterbi from the
/// left as both reference libraries do it (unigram_model.cc, EncodeOptimized). Of equal sums the one found first stays. Thread-safe.
/// </summary>
internal sealed class UnigramModel : ITokenModel
{
    /// <summary>How much worse than the worst token an unknown character is.</summary>
    public const double UnknownPenalty = 10;

    private readonly string _file;
    private readonly double[] _scores;
    private readonly UnigramOptions _options;
    private readonly PointTrie _trie = new();
    private readonly int[] _byteIds = new int[256];
    private readonly WordCache _cache = new();

    /// <summary>Joins vocabulary and scores.</summary>
    /// <param name="file">Named in errors.</param>
    /// <param name="vocabulary">The model's tokens.</param>
    /// <param name="scores">[token id]: log probabilities, finite.</param>
    /// <param name="options">Unknown characters, and which library to follow.</param>
    public UnigramModel(string file, Vocabulary vocabulary, double[] scores, UnigramOptions options)
    {
        (_file, Vocabulary, _scores, _options) = (file, vocabulary, scores, options);
        for (int id = 0; id < vocabulary.Size; id++)
        {
            if (options.IsFound(id) && vocabulary.Token(id) is { } token)
                _trie.TryAdd(CodePoints.Of(token), id);
        }

        for (int value = 0; value < 256; value++)
            _byteIds[value] = vocabulary.Id(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>")) ?? -1;
    }

    public Vocabulary Vocabulary { get; }

    public int? UnknownId => _options.UnknownId;

    public bool ShowsUnknownText => true;

    public void Tokenize(ReadOnlySpan<int> piece, List<ModelToken> tokens)
    {
        if (_cache.TryAppend(piece, tokens))
            return;
        Node[] rented = ArrayPool<Node>.Shared.Rent(piece.Length + 1);
        try
        {
            Span<Node> best = rented.AsSpan(0, piece.Length + 1);
            FindBest(piece, best);
            Emit(piece, best, tokens);
        }
        finally
        {
            ArrayPool<Node>.Shared.Return(rented);
        }

        _cache.Keep(piece, tokens);
    }

    // [code points + 1]: the last token of the best way to reach each place.
    private void FindBest(ReadOnlySpan<int> piece, Span<Node> best)
    {
        best.Fill(new Node(0, -1, -1));
        for (int start = 0; start < piece.Length; start++)
        {
            double before = best[start].Score;
            bool isCharacterKnown = false;
            int node = PointTrie.Root;
            for (int end = start; end < piece.Length;)
            {
                node = _trie.Step(node, piece[end]);
                if (node == PointTrie.None)
                    break;
                end++;
                int id = _trie.Value(node);
                if (id == PointTrie.None)
                    continue;
                Offer(ref best[end], _scores[id] + before, start, id);
                isCharacterKnown |= end == start + 1;
            }

            if (!isCharacterKnown && Offer(ref best[start + 1], Round(_options.UnknownScore + before), start, UnknownId ?? -1) && UnknownId is null)
                throw UnknownWord.Error(_file, piece.Slice(start, 1), unknownToken: null);
        }
    }

    // sentencepiece keeps sums in 32 bits, tokenizers in 64: nearly equal ways may come out differently.
    private bool Offer(ref Node node, double score, int start, int id)
    {
        if (node.Start >= 0 && score <= node.Score)
            return false;
        node = new Node(Round(score), start, id);
        return true;
    }

    private double Round(double score) => _options.IsSentencePiece ? (float)score : score;

    private void Emit(ReadOnlySpan<int> piece, ReadOnlySpan<Node> best, List<ModelToken> tokens)
    {
        Stack<(int Id, int End)> path = [];
        for (int end = piece.Length; end > 0; end = best[end].Start)
            path.Push((best[end].Id, end));
        int start = 0, startByte = 0;
        while (path.TryPop(out (int Id, int End) token))
        {
            // Neighbouring unknown characters are one token.
            while (token.Id == UnknownId && path.TryPeek(out (int Id, int End) next) && next.Id == token.Id)
                token = path.Pop();
            ReadOnlySpan<int> text = piece[start..token.End];
            int bytes = CodePoints.Utf8Length(text);
            if (token.Id == UnknownId)
                EmitUnknown(CodePoints.Text(text), startByte, startByte + bytes, tokens);
            else
                tokens.Add(new ModelToken(token.Id, startByte, startByte + bytes));
            (start, startByte) = (token.End, startByte + bytes);
        }
    }

    private void EmitUnknown(string text, int start, int end, List<ModelToken> tokens)
    {
        // tokenizers looks the joined characters up once more.
        if (!_options.IsSentencePiece && Vocabulary.Id(text) is { } id)
        {
            tokens.Add(new ModelToken(id, start, end));
            return;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (!_options.ByteFallback || bytes.Any(value => _byteIds[value] < 0))
        {
            tokens.Add(new ModelToken(UnknownId!.Value, start, end));
            return;
        }

        // There every byte token stands for all of the unknown text, in sentencepiece for its own byte.
        for (int at = 0; at < bytes.Length; at++)
            tokens.Add(_options.IsSentencePiece ? new ModelToken(_byteIds[bytes[at]], start + at, start + at + 1) : new ModelToken(_byteIds[bytes[at]], start, end));
    }

    private readonly record struct Node(double Score, int Start, int Id);
}
