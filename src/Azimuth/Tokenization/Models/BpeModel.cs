using System.Buffers;
using System.Globalization;
using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Models;

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016, algorithm 1): a piece starts as its characters, and the pair with the lowest rank, leftmost first, merges
/// until none is left. The same machine serves GPT-2's byte alphabet and SentencePiece's pieces. Thread-safe.
/// </summary>
internal sealed class BpeModel : ITokenModel
{
    // Characters below this have their ids in an array: the byte alphabet and European scripts.
    private const int DirectCharacters = 0x500;
    private const int StackSymbols = 128;

    private readonly MergeTable _merges;
    private readonly BpeOptions _options;
    private readonly IReadOnlyList<int> _innerCharacters;
    private readonly int[] _directIds = new int[DirectCharacters];
    private readonly Dictionary<int, int> _otherIds = [];
    private readonly int[] _byteIds = new int[256];
    private readonly WordCache _cache = new();

    /// <summary>Joins vocabulary and merges.</summary>
    /// <param name="file">Named in errors.</param>
    /// <param name="vocabulary">The model's tokens.</param>
    /// <param name="merges">Pairs of ids of <paramref name="vocabulary"/> or, from its size on, of <paramref name="innerCharacters"/>.</param>
    /// <param name="options">Unknown characters, affixes.</param>
    /// <param name="innerCharacters">Code points that occur only inside longer tokens; none when merges name tokens only.</param>
    /// <exception cref="CheckpointFormatException">The unknown token is not in the vocabulary.</exception>
    public BpeModel(string file, Vocabulary vocabulary, MergeTable merges, BpeOptions options, IReadOnlyList<int>? innerCharacters = null)
    {
        (Vocabulary, _merges, _options, _innerCharacters) = (vocabulary, merges, options, innerCharacters ?? []);
        if (options.UnknownToken is { } unknown)
        {
            UnknownId = vocabulary.Id(unknown) ?? throw new CheckpointFormatException(
                file, $"the unknown token \"{VisibleText.Show(unknown)}\" is not in the vocabulary; the file is incomplete.", kind: "UnknownTokenMissing");
        }

        Array.Fill(_directIds, -1);
        for (int id = 0; id < vocabulary.Size; id++)
        {
            if (vocabulary.Token(id) is not { Length: 1 or 2 } token
                || Rune.DecodeFromUtf16(token, out Rune rune, out int length) != OperationStatus.Done || length != token.Length)
                continue;
            SetCharacter(rune.Value, id);
        }

        for (int at = 0; at < _innerCharacters.Count; at++)
            SetCharacter(_innerCharacters[at], vocabulary.Size + at);

        for (int value = 0; value < 256; value++)
            _byteIds[value] = vocabulary.Id(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>")) ?? -1;
    }

    public Vocabulary Vocabulary { get; }

    /// <summary>How what the merges say nothing about is treated.</summary>
    public BpeOptions Options => _options;

    /// <summary>Which pairs merge.</summary>
    public MergeTable Merges => _merges;

    /// <summary>Whether a piece of known characters is only merged: nothing is put on characters, and nothing becomes of a token afterwards.</summary>
    public bool MergesBytes => _options is { ContinuingPrefix: null, EndSuffix: null, Symbols: null, Unused: null, ShowsUnknownText: false } && !(_options.FuseUnknown && UnknownId is not null)
        && _innerCharacters.Count == 0;

    public int? UnknownId { get; }

    public bool ShowsUnknownText => _options.ShowsUnknownText;

    public void Tokenize(ReadOnlySpan<int> piece, List<ModelToken> tokens)
    {
        if (_cache.TryAppend(piece, tokens))
            return;

        if (!_options.IgnoreMerges || !TryWhole(piece, tokens))
            Merge(piece, tokens);
        _cache.Keep(piece, tokens);
    }

    private bool TryWhole(ReadOnlySpan<int> piece, List<ModelToken> tokens)
    {
        char[] rented = ArrayPool<char>.Shared.Rent(piece.Length * 2);
        int units = CodePoints.WriteUtf16(piece, rented);
        int? id = Vocabulary.Id(rented.AsSpan(0, units));
        int bytes = Encoding.UTF8.GetByteCount(rented, 0, units);
        ArrayPool<char>.Shared.Return(rented);
        if (id is null)
            return false;
        tokens.Add(new ModelToken(id.Value, 0, bytes));
        return true;
    }

    private void Merge(ReadOnlySpan<int> piece, List<ModelToken> tokens)
    {
        // A character the vocabulary lacks takes up to four symbols, one for each of its bytes, and affixes may be spelled out in bytes too.
        int affixes = Encoding.UTF8.GetByteCount(_options.ContinuingPrefix + _options.EndSuffix);
        int capacity = checked(piece.Length * (4 + affixes));
        int[]? rented = null;
        Span<int> memory = capacity <= StackSymbols
            ? stackalloc int[capacity * BpeSymbols.Fields]
            : rented = ArrayPool<int>.Shared.Rent(checked(capacity * BpeSymbols.Fields));
        BpeSymbols symbols = new(memory, capacity);
        Split(piece, ref symbols);
        symbols.MergeAll(_merges, _options.Unused);
        symbols.Emit(this, tokens);
        if (rented is not null)
            ArrayPool<int>.Shared.Return(rented);
    }

    private void Split(ReadOnlySpan<int> piece, ref BpeSymbols symbols)
    {
        int pendingUnknownBytes = 0;
        for (int at = 0; at < piece.Length; at++)
        {
            int codePoint = piece[at];
            int bytes = CodePoints.Utf8Length(codePoint);
            int length = 1;
            int id = _options.Symbols is { } whole ? whole.Longest(piece[at..], out length) : -1;
            if (id >= 0)
            {
                bytes = CodePoints.Utf8Length(piece.Slice(at, length));
                at += length - 1;
            }
            else
            {
                id = CharacterId(codePoint, at == 0, at == piece.Length - 1);
            }

            if (id >= 0)
            {
                if (pendingUnknownBytes > 0)
                    symbols.Add(UnknownId!.Value, pendingUnknownBytes);
                pendingUnknownBytes = 0;
                symbols.Add(id, bytes);
                continue;
            }

            // Byte tokens overtake a pending unknown token: so does the reference (tokenizers), and ids must be equal to its.
            if (_options.ByteFallback && AddBytes(codePoint, at == 0, at == piece.Length - 1, ref symbols))
                continue;
            if (UnknownId is null)
                continue;
            if (pendingUnknownBytes > 0 && !_options.FuseUnknown)
            {
                symbols.Add(UnknownId.Value, pendingUnknownBytes);
                pendingUnknownBytes = 0;
            }

            pendingUnknownBytes += bytes;
        }

        if (pendingUnknownBytes > 0)
            symbols.Add(UnknownId!.Value, pendingUnknownBytes);
    }

    private int CharacterId(int codePoint, bool isFirst, bool isLast)
    {
        string? prefix = isFirst ? null : _options.ContinuingPrefix;
        string? suffix = isLast ? _options.EndSuffix : null;
        if (prefix is not null || suffix is not null)
            return Vocabulary.Id(prefix + new Rune(codePoint) + suffix) ?? -1;
        if (codePoint < DirectCharacters)
            return _directIds[codePoint];
        return _otherIds.TryGetValue(codePoint, out int id) ? id : -1;
    }

    private void SetCharacter(int codePoint, int id)
    {
        if (codePoint < DirectCharacters)
            _directIds[codePoint] = id;
        else
            _otherIds[codePoint] = id;
    }

    private bool AddBytes(int codePoint, bool isFirst, bool isLast, ref BpeSymbols symbols)
    {
        // Affixes belong to the spelling that was not found, so their bytes are spelled out too, as in the reference.
        string spelled = (isFirst ? null : _options.ContinuingPrefix) + new Rune(codePoint) + (isLast ? _options.EndSuffix : null);
        byte[] bytes = Encoding.UTF8.GetBytes(spelled);
        if (!HasBytes(bytes))
            return false;
        foreach (byte value in bytes)
            symbols.Add(_byteIds[value], 1);
        return true;
    }

    /// <summary>Puts a finished symbol into the result; a character that only occurs inside longer tokens is unknown after all.</summary>
    internal void Emit(int id, int start, int end, Dictionary<int, (int Left, int Right)>? unusedParts, List<ModelToken> tokens)
    {
        if (unusedParts is not null && unusedParts.TryGetValue(id, out (int Left, int Right) parts))
        {
            int middle = start + Utf8Length(parts.Left);
            Emit(parts.Left, start, middle, unusedParts, tokens);
            Emit(parts.Right, middle, end, unusedParts, tokens);
            return;
        }

        if (id >= Vocabulary.Size)
        {
            Span<byte> bytes = stackalloc byte[4];
            bytes = bytes[..CodePoints.WriteUtf8(_innerCharacters[id - Vocabulary.Size], bytes)];
            if (_options.ByteFallback && HasBytes(bytes))
            {
                for (int at = 0; at < bytes.Length; at++)
                    tokens.Add(new ModelToken(_byteIds[bytes[at]], start + at, start + at + 1));
                return;
            }

            if (UnknownId is null)
                return;
            id = UnknownId.Value;
        }

        bool fuses = id == UnknownId && _options.FuseUnknown && tokens.Count > 0 && tokens[^1].Id == id && tokens[^1].End == start;
        if (fuses)
            tokens[^1] = tokens[^1] with { End = end };
        else
            tokens.Add(new ModelToken(id, start, end));
    }

    private int Utf8Length(int symbol) => symbol < Vocabulary.Size
        ? Encoding.UTF8.GetByteCount(Vocabulary.Token(symbol)!)
        : CodePoints.Utf8Length(_innerCharacters[symbol - Vocabulary.Size]);

    private bool HasBytes(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            if (_byteIds[value] < 0)
                return false;
        }

        return true;
    }
}
