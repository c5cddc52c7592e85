using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Numerics;
using Azimuth.Tokenization.AddedTokens;
using Azimuth.Tokenization.Files;
using Azimuth.Tokenization.PostProcessors;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization;

/// <summary>
/// Text to token ids and back, exactly as the model's own files say. An unpaired surrogate in a text is read as U+FFFD; nothing else is changed unless
/// the file's normalizer says so. Immutable and safe for many threads.
/// </summary>
public sealed class Tokenizer
{
    private readonly TokenizerParts _parts;
    private readonly AddedTokenSet _added;
    private readonly TextEncoder _encoder;
    private readonly EncodingAssembler _assembler;
    private readonly Surroundings _around;
    private readonly Surroundings _aroundNothing;

    internal Tokenizer(TokenizerParts parts)
    {
        _parts = parts;
        _added = new AddedTokenSet(parts.Source, parts.AddedTokens, parts.Model.Vocabulary);
        _encoder = new TextEncoder(parts);
        _assembler = new EncodingAssembler(parts.PostProcessor, Token);
        Surroundings around = AddedAround(addSpecialTokens: true);
        (_around, _aroundNothing) = (around, AddedAround(addSpecialTokens: false));
        (TokensBefore, TokensAfter) = (around.Before, around.After);
    }

    /// <summary>The file the tokenizer was read from.</summary>
    public string Source => _parts.Source;

    /// <summary>One more than the largest token id. Ids may leave gaps, and a model's table may have more rows.</summary>
    public int VocabSize => _added.Size;

    /// <summary>The token that begins a text, or null when the files name none.</summary>
    public int? BeginId => _parts.Special.Begin;

    /// <summary>The token that ends a text, or null when the files name none.</summary>
    public int? EndId => _parts.Special.End;

    /// <summary>The token that fills up batches, or null when the files name none.</summary>
    public int? PadId => _parts.Special.Pad;

    /// <summary>The token for what has no other, or null when the files name none.</summary>
    public int? UnknownId => _parts.Special.Unknown;

    /// <summary>What a WordPiece vocabulary puts before the tokens that continue a word ("##"); null for other kinds.</summary>
    public string? ContinuingPrefix => (_parts.Model as Models.WordPieceModel)?.ContinuingPrefix;

    /// <summary>Ids put in front of every text unless <c>addSpecialTokens</c> is false.</summary>
    public IReadOnlyList<int> TokensBefore { get; }

    /// <summary>Ids put behind every text unless <c>addSpecialTokens</c> is false.</summary>
    public IReadOnlyList<int> TokensAfter { get; }

    /// <summary>Whether <see cref="BeginId"/> is put in front of every text unless <c>addSpecialTokens</c> is false.</summary>
    public bool AddsBeginToken => BeginId is { } id && TokensBefore.Contains(id);

    /// <summary>Whether <see cref="EndId"/> is put behind every text unless <c>addSpecialTokens</c> is false.</summary>
    public bool AddsEndToken => EndId is { } id && TokensAfter.Contains(id);

    /// <summary>How long the file says encodings are; applied by <see cref="EncodeBatch"/> when given to it, never by <see cref="Encode(string, bool)"/>.</summary>
    public LengthOptions Lengths => _parts.Lengths;

    internal TokenizerParts Parts => _parts;

    /// <summary>
    /// The tokenizer of a folder (tokenizer.json, or else vocab.json with merges.txt, a SentencePiece .model, vocab.txt, a .tiktoken rank file, or the vocabulary of
    /// its one GGUF file) or of one such file. tokenizer_config.json, special_tokens_map.json and config.json beside it name the special tokens.
    /// </summary>
    /// <exception cref="CheckpointFormatException">No tokenizer there, or one that is damaged or not supported.</exception>
    public static Tokenizer Load(string path) => new(TokenizerFolder.Read(path));

    /// <summary>The tokenizer of an opened model, from its GGUF metadata or its folder's files, or null when it has none.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="CheckpointFormatException">One that is damaged or not supported.</exception>
    public static Tokenizer? Find(ModelFolder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Gguf is { } gguf)
            return GgufTokenizer.Exists(gguf) ? FromGguf(gguf) : null;
        return TokenizerFolder.Exists(model.TokenizerFolder) ? Load(model.TokenizerFolder) : null;
    }

    /// <summary>The tokenizer in a GGUF file's metadata: byte-level BPE ("gpt2") with its splitting pattern, SentencePiece BPE ("llama") or Unigram ("t5"), WordPiece ("bert").</summary>
    /// <exception cref="ArgumentNullException"><paramref name="file"/> is null.</exception>
    /// <exception cref="CheckpointFormatException">No vocabulary, a damaged one, or a kind that is not supported (named, with those that are).</exception>
    public static Tokenizer FromGguf(GgufFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return new Tokenizer(GgufTokenizer.Read(file));
    }

    /// <summary>
    /// The tokenizer of a SentencePiece .model of the BPE or Unigram kind, equal to the sentencepiece library: control tokens are not looked for in text, and nothing is
    /// put around it.
    /// </summary>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="CheckpointFormatException">Damaged, or with a setting that is not supported.</exception>
    public static Tokenizer FromSentencePiece(string path) => new(SentencePieceFile.Read(path));

    /// <summary>
    /// The tokenizer of one tokenizer.json. Special roles (begin, end, pad) come from the files beside it, if there are any. Its padding and truncation
    /// sections are <see cref="Lengths"/>: length is the business of whoever runs a model.
    /// </summary>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="CheckpointFormatException">Damaged, or with a component that is not supported (named, with those that are).</exception>
    public static Tokenizer FromJsonFile(string path) => new(TokenizerFolder.WithRoles(TokenizerJsonFile.Read(path), path));

    /// <summary>GPT-2's tokenizer from its two files: byte-level, split by GPT-2's pattern, nothing put in front.</summary>
    /// <param name="vocabularyPath">vocab.json: tokens in the byte alphabet and their ids.</param>
    /// <param name="mergesPath">merges.txt: two tokens a line, earliest merge first.</param>
    /// <param name="specialTokens">Tokens found literally in text; null for &lt;|endoftext|&gt; where the vocabulary has it.</param>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="CheckpointFormatException">Damaged, or the two do not belong together.</exception>
    public static Tokenizer FromVocabAndMerges(string vocabularyPath, string mergesPath, IReadOnlyList<string>? specialTokens = null)
        => new(VocabAndMergesFile.Read(vocabularyPath, mergesPath, specialTokens));

    /// <summary>The tokenizer of a tiktoken rank file. Its encoding is told by an encoding.json beside it (name, pat_str, special_tokens), or by the number of its ranks.</summary>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="CheckpointFormatException">Damaged, or of an encoding that is not known.</exception>
    public static Tokenizer FromTiktoken(string path) => new(TiktokenFile.Read(path));

    /// <summary>BERT's tokenizer from its vocab.txt: a WordPiece token a line. tokenizer_config.json beside it says whether case matters.</summary>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="CheckpointFormatException">Damaged, or of another model's tokenizer.</exception>
    public static Tokenizer FromVocabText(string path) => new(VocabTextFile.Read(path));

    /// <summary>The tokens of a text.</summary>
    /// <param name="text">Any text; empty gives only what the post-processor adds.</param>
    /// <param name="addSpecialTokens">Whether to add what the file's policy puts around a text (<see cref="TokensBefore"/>, <see cref="TokensAfter"/>).</param>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="CheckpointFormatException">
    /// The vocabulary cannot spell the text and has no unknown token either, or a regular expression of the file takes too many steps on it.
    /// </exception>
    public TokenEncoding Encode(string text, bool addSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        return EncodeTexts([text], addSpecialTokens, truncation: null);
    }

    /// <summary>The ids of a text, the same as <see cref="Encode(string, bool)"/> gives; much faster where nothing but ids is asked for.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="addSpecialTokens">Whether to add what the file's policy puts around a text.</param>
    /// <param name="workers">Threads that share a long text where its split allows; the ids do not depend on their number. Null for the caller's alone.</param>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="CheckpointFormatException">As of <see cref="Encode(string, bool)"/>.</exception>
    public int[] EncodeIds(string text, bool addSpecialTokens = true, Workers? workers = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        Surroundings around = addSpecialTokens ? _around : _aroundNothing;
        int[]? ids = around.HasTextOnce ? _encoder.Ids?.Encode(text, around.Before, around.After, workers) : null;
        return ids ?? Encode(text, addSpecialTokens).Ids;
    }

    /// <summary>Whether a text that ends in a line end and what follows it have, each by itself, the ids of the whole. False also where that is not known.</summary>
    internal bool IsCut(ReadOnlySpan<char> before, ReadOnlySpan<char> behind)
        => _aroundNothing is { Before: [], After: [], HasTextOnce: true } && _encoder.Ids?.IsCut(before, behind) == true;

    /// <summary>The ids of a text that a model is to go on with: with <see cref="TokensBefore"/>, and without <see cref="TokensAfter"/> (an end token, BERT's [SEP]), as it is not over.</summary>
    /// <exception cref="CheckpointFormatException">As of <see cref="Encode(string, bool)"/>.</exception>
    public int[] EncodePrompt(string text) => [.. TokensBefore, .. EncodeIds(text, addSpecialTokens: false)];

    /// <summary>The tokens of two texts as encoder models see pairs.</summary>
    /// <exception cref="ArgumentNullException">A text is null.</exception>
    public TokenEncoding EncodePair(string first, string second, bool addSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return EncodeTexts([first, second], addSpecialTokens, truncation: null);
    }

    /// <summary>The tokens of many texts, or pairs of texts, cut and filled up as a model takes them.</summary>
    /// <param name="texts">Each a text, and the second one of a pair or null.</param>
    /// <param name="lengths">How long encodings are; <see cref="Lengths"/> for what the tokenizer's file says.</param>
    /// <param name="addSpecialTokens">Whether to add what the file's policy puts around a text.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">A text that cannot be cut so: no room beside the added tokens, a stride as long as a window, no second text.</exception>
    /// <exception cref="CheckpointFormatException">A text that the vocabulary cannot spell when it has no unknown token either.</exception>
    public IReadOnlyList<TokenEncoding> EncodeBatch(IReadOnlyList<(string Text, string? Pair)> texts, LengthOptions lengths, bool addSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(lengths);
        List<TokenEncoding> batch = new(texts.Count);
        foreach ((string text, string? pair) in texts)
        {
            ArgumentNullException.ThrowIfNull(text, nameof(texts));
            batch.Add(EncodeTexts(pair is null ? [text] : [text, pair], addSpecialTokens, lengths.Truncation));
        }

        if (lengths.Padding is not { } padding || batch.Count == 0)
            return batch;
        int length = Tokenization.Lengths.Padding.Target(batch, padding);
        return [.. batch.Select(encoding => Tokenization.Lengths.Padding.Fill(encoding, length, padding))];
    }

    /// <summary>
    /// The normalised text and the pieces the model would see, as if there were no added tokens in the text: what the file's normalizer and pre-tokenizer do.
    /// </summary>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    public TokenStages Stages(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return _encoder.Stages(CodePoints.Of(text));
    }

    /// <summary>The text of these tokens. Ids that no token has (gaps, padding rows of a table) stand for nothing.</summary>
    /// <param name="ids">Token ids; bytes that are not UTF-8 become U+FFFD.</param>
    /// <param name="skipSpecialTokens">Leave out tokens for which <see cref="IsSpecial"/> holds.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative id.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        List<string> tokens = new(ids.Length);
        foreach (int id in ids)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(id, nameof(ids));
            if (DecoderInput(id) is { } token && !(skipSpecialTokens && IsSpecial(id)))
                tokens.Add(token);
        }

        if (_parts.Decoder is null)
            return string.Join(' ', tokens);
        _parts.Decoder.Decode(tokens);
        return string.Concat(tokens);
    }

    /// <summary>The token as the vocabulary spells it ("Ġnext"), or null when no token has this id.</summary>
    public string? Token(int id) => _added.Find(id)?.Content ?? _parts.Model.Vocabulary.Token(id);

    /// <summary>The id of a token as the vocabulary spells it ("Ġnext"), or null; for ordinary text use <see cref="Encode"/>.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="token"/> is null.</exception>
    public int? Id(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return _added.Id(token) ?? _parts.Model.Vocabulary.Id(token);
    }

    /// <summary>
    /// The text one token stands for in the middle of a text, blanks as they are (" Mary", "\n"); bytes that are not a whole character as &lt;0xE2&gt;.
    /// An id that no token has gives "&lt;no token 50270&gt;".
    /// </summary>
    public string TokenText(int id)
    {
        if (DecoderInput(id) is not { } token)
            return FormattableString.Invariant($"<no token {id}>");
        return _parts.Decoder?.Bytes(token) is { } bytes ? ByteText.Show(bytes) : _parts.Decoder?.Inner(token) ?? token;
    }

    /// <summary>Whether a token is a marker rather than text: beginning, end, padding, chat roles.</summary>
    public bool IsSpecial(int id) => _added.Find(id)?.IsSpecial ?? _parts.Markers.Contains(id);

    /// <summary>Whether a token stands for what is not in the vocabulary. GPT-2's files name its end token so, which no text ever becomes.</summary>
    public bool IsUnknown(int id) => id == UnknownId || id == _parts.Model.UnknownId;

    /// <summary>The bytes one token adds in the middle of a text; empty when no token has this id.</summary>
    internal byte[] TokenBytes(int id)
    {
        if (DecoderInput(id) is not { } token)
            return [];
        return _parts.Decoder?.Bytes(token) ?? Encoding.UTF8.GetBytes(_parts.Decoder?.Inner(token) ?? token);
    }

    // An added token that is looked for in normalised text comes back in its normalised form, as in the reference.
    private string? DecoderInput(int id) => _added.Find(id) is { } added ? _encoder.Spelling(added) : _parts.Model.Vocabulary.Token(id);

    private TokenEncoding EncodeTexts(string[] texts, bool addSpecialTokens, TruncationOptions? truncation)
    {
        int[][] points = [.. texts.Select(CodePoints.Of)];
        return _assembler.Assemble([.. points.Select(_encoder.Encode)], points, addSpecialTokens, truncation);
    }

    // The post-processor itself is asked, with a text of one placeholder, so that this can never differ from what Encode does.
    private Surroundings AddedAround(bool addSpecialTokens)
    {
        const int Placeholder = -1;
        TokenSequence text = new();
        text.Add(Placeholder, default);
        List<int> ids = _assembler.Process([text], addSpecialTokens).Ids;
        int at = ids.IndexOf(Placeholder);
        return at < 0 ? new Surroundings([.. ids], [], HasTextOnce: false) : new Surroundings([.. ids[..at]], [.. ids[(at + 1)..]], ids.LastIndexOf(Placeholder) == at);
    }

    // What the post-processor puts around a text.
    private sealed record Surroundings(int[] Before, int[] After, bool HasTextOnce);
}
