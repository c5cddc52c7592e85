using System.Collections.Concurrent;
using Azimuth.Tokenization.PreTokenizers;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Models;

/// <summary>
/// Byte-level BPE from UTF-8 straight to ids, for the tokenizers whose split has a scanner: the same ids as the stages one after the other, without the text in between.
/// Thread-safe.
/// </summary>
internal sealed class ByteBpe
{
    private const int StackCharacters = 128;
    private const int MostSymbolsKept = 4096;

    private readonly ScannedPattern _split;
    private readonly BpeModel _model;
    private readonly int[] _byteIds = new int[256];
    private readonly Lazy<ShortTokens> _shortTokens;
    private readonly ConcurrentBag<Memory> _memories = [];

    private ByteBpe(ScannedPattern split, BpeModel model)
    {
        (_split, _model, _shortTokens) = (split, model, new Lazy<ShortTokens>(() => new ShortTokens(model.Vocabulary)));
        for (int value = 0; value < 256; value++)
            _byteIds[value] = model.Vocabulary.Id([ByteAlphabet.Character((byte)value)]) ?? -1;
    }

    /// <summary>For these two stages, or null where they are not byte-level BPE behind a split that has a scanner.</summary>
    public static ByteBpe? Find(IPreTokenizer? preTokenizer, ITokenModel model)
        => preTokenizer is not null && model is BpeModel { MergesBytes: true } bpe && ByteLevelSplit.Find(preTokenizer) is { } split ? new ByteBpe(split, bpe) : null;

    /// <summary>Appends the ids of a text. False when it has bytes that the vocabulary lacks: then tokens do not spell the text.</summary>
    public bool Encode(Utf8Padded text, IdList ids)
    {
        if (!_memories.TryTake(out Memory? memory))
            memory = new Memory();
        ReadOnlySpan<byte> bytes = text.Bytes;
        bool spells = true;
        for (int at = 0; at < text.Length;)
        {
            int end = _split.End(bytes, at), length = end - at;
            bool isShort = length <= ByteWordTable.LongestWord;
            if (!isShort || !memory.Words.TryAppend(bytes[at..], length, ids))
            {
                int before = ids.Count;
                if (!Merge(bytes[at..], length, memory, ids))
                    spells = false;
                else if (isShort)
                    memory.Words.Keep(bytes[at..], length, ids.Ids[before..]);
            }

            at = end;
        }

        _memories.Add(memory);
        return spells;
    }

    private bool Merge(ReadOnlySpan<byte> text, int length, Memory memory, IdList ids)
    {
        if (_model.Options.IgnoreMerges && Whole(text, length) is >= 0 and int whole)
        {
            ids.Add(whole);
            return true;
        }

        ReadOnlySpan<byte> word = text[..length];
        BpeSymbols symbols = new(memory.Symbols(word.Length), word.Length);
        foreach (byte value in word)
        {
            if (_byteIds[value] < 0)
            {
                AppendGeneral(word, ids);
                return false;
            }

            symbols.Add(_byteIds[value], 1);
        }

        symbols.MergeAll(_model.Merges, null);
        ids.Advance(symbols.Ids(ids.Free(word.Length)));
        return true;
    }

    private int Whole(ReadOnlySpan<byte> text, int length)
    {
        if (length <= ShortTokens.LongestToken)
            return _shortTokens.Value.Id(text, length);
        if (length > _model.Vocabulary.LongestToken)
            return -1;
        Span<char> spelled = length <= StackCharacters ? stackalloc char[StackCharacters] : new char[length];
        for (int at = 0; at < length; at++)
            spelled[at] = ByteAlphabet.Character(text[at]);
        return _model.Vocabulary.Id(spelled[..length]) ?? -1;
    }

    // What becomes of a byte that the vocabulary lacks is the model's own business.
    private void AppendGeneral(ReadOnlySpan<byte> word, IdList ids)
    {
        int[] points = new int[word.Length];
        for (int at = 0; at < points.Length; at++)
            points[at] = ByteAlphabet.Character(word[at]);
        List<ModelToken> tokens = [];
        _model.Tokenize(points, tokens);
        foreach (ModelToken token in tokens)
            ids.Add(token.Id);
    }

    // What one thread needs while it encodes a text; kept for the next text.
    private sealed class Memory
    {
        private int[] _symbols = new int[64 * BpeSymbols.Fields];

        public ByteWordTable Words { get; } = new();

        public Span<int> Symbols(int count)
        {
            int length = checked(count * BpeSymbols.Fields);
            if (_symbols.Length >= length)
                return _symbols.AsSpan(0, length);
            int[] larger = new int[length];
            if (count <= MostSymbolsKept)
                _symbols = larger;
            return larger;
        }
    }
}
