using System.Text;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Normalizers;
using Azimuth.Tokenization.PreTokenizers;
using Azimuth.Tokenization.Text;
using Azimuth.Training.Corpora;

namespace Azimuth.Training.TokenizerTraining;

/// <summary>Cuts lines into the words that are counted, with the very stages the trained tokenizer will apply. One thread's.</summary>
internal sealed class PieceSplitter(TokenizerTrainingOptions options)
{
    /// <summary>U+2581, which stands for a blank.</summary>
    public const int BlankMark = 0x2581;

    private readonly Gpt2Pattern? _bytes = options.Model == TokenizerModel.Bpe ? new Gpt2Pattern() : null;
    private readonly INormalizer? _normalizer = options.Model == TokenizerModel.WordPiece
        ? BertNormalizer.Create(cleanText: true, separatesChinese: true, stripsAccents: options.Lowercase, lowercases: options.Lowercase) : null;

    private readonly IPreTokenizer _pieces = options.Model == TokenizerModel.WordPiece
        ? BertPreTokenizer.Create() : new Metaspace(BlankMark, PrependScheme.Always, split: true);

    private readonly List<TextRange> _matches = [];
    private int[] _points = new int[1 << 12];
    private byte[] _word = new byte[256];

    /// <summary>Counts the words of a line of valid UTF-8.</summary>
    public void Count(ReadOnlySpan<byte> line, WordTable words)
    {
        if (line.IsEmpty)
            return;
        ReadOnlySpan<int> points = Decode(line);
        if (_bytes is not null)
            CountBytes(line, points, words);
        else
            CountPieces(points, words);
    }

    private void CountBytes(ReadOnlySpan<byte> line, ReadOnlySpan<int> points, WordTable words)
    {
        _matches.Clear();
        _bytes!.FindMatches(points, _matches);
        bool oneByteEach = points.Length == line.Length;
        int at = 0;
        foreach (TextRange match in _matches)
        {
            int length = oneByteEach ? match.Length : CodePoints.Utf8Length(points[match.Start..match.End]);
            words.Add(line.Slice(at, length));
            at += length;
        }
    }

    private void CountPieces(ReadOnlySpan<int> points, WordTable words)
    {
        AlignedText text = AlignedText.FromOriginal(points, 0, points.Length);
        var pieces = new PieceList(_normalizer?.Normalize(text) ?? text);
        _pieces.Apply(pieces);
        foreach (TextRange piece in pieces.Pieces)
            words.Add(Encode(pieces.Text.Points[piece.Start..piece.End]));
    }

    private ReadOnlySpan<byte> Encode(ReadOnlySpan<int> points)
    {
        if (_word.Length < 4 * points.Length)
            _word = new byte[4 * points.Length];
        int length = 0;
        foreach (int point in points)
            length += CodePoints.WriteUtf8(point, _word.AsSpan(length));
        return _word.AsSpan(0, length);
    }

    private ReadOnlySpan<int> Decode(ReadOnlySpan<byte> line)
    {
        if (_points.Length < line.Length)
            _points = new int[2 * line.Length];
        int count = 0;
        for (int at = 0; at < line.Length;)
        {
            if (line[at] < 0x80)
            {
                _points[count++] = line[at++];
                continue;
            }

            Rune.DecodeFromUtf8(line[at..], out Rune rune, out int length);
            _points[count++] = rune.Value;
            at += length;
        }

        return _points.AsSpan(0, count);
    }
}
