using Azimuth.Checkpoints;
using Azimuth.Tokenization.Decoders;
using Azimuth.Tokenization.Models;
using Azimuth.Tokenization.Normalizers;
using Azimuth.Tokenization.PostProcessors;

namespace Azimuth.Tokenization.Files;

/// <summary>
/// Reads a SentencePiece .model (a protocol buffer, sentencepiece_model.proto) of the BPE or Unigram kind. As in the sentencepiece library, control symbols
/// are not looked for in text, and nothing is put around it.
/// </summary>
internal static class SentencePieceFile
{
    private const int Unigram = 1, Bpe = 2;

    /// <summary>What the library shows for unknown text unless the model says otherwise.</summary>
    private const string UnknownText = " ⁇ ";

    /// <summary>The file's parts.</summary>
    /// <exception cref="CheckpointFormatException">Not such a file, damaged, or with a setting that is not supported.</exception>
    public static TokenizerParts Read(string path) => Read(path, SmallFile.ReadBytes(path));

    /// <summary>The same from memory.</summary>
    public static TokenizerParts Read(string path, ReadOnlyMemory<byte> bytes)
    {
        if (TiktokenFile.IsOne(bytes.Span))
        {
            throw new CheckpointFormatException(
                path, "expected a SentencePiece model, found a tiktoken rank file (Llama 3's tokenizer.model is one); give it a name that ends in .tiktoken.", kind: "BadProtocolBuffer");
        }

        List<string> tokens = [];
        List<float> scores = [];
        List<PieceKind> kinds = [];
        ProtoMessage trainer = ProtoMessage.Empty(path), normalizer = ProtoMessage.Empty(path), denormalizer = ProtoMessage.Empty(path);
        foreach (ProtoField field in new ProtoMessage(path, bytes).Fields())
        {
            switch (field.Number)
            {
                case 1:
                    ProtoMessage piece = field.Message();
                    tokens.Add(piece.Text(1));
                    scores.Add(piece.Single(2));
                    kinds.Add((PieceKind)piece.Integer(3, (int)PieceKind.Normal));
                    break;
                case 2:
                    trainer = field.Message();
                    break;
                case 3:
                    normalizer = field.Message();
                    break;
                case 5:
                    denormalizer = field.Message();
                    break;
                default:
                    break;
            }
        }

        if (tokens.Count == 0)
            throw new CheckpointFormatException(path, "expected a SentencePiece model, found no pieces; this is not a .model file.", kind: "VocabularyMissing");
        ScoredPieces pieces = new(path, tokens, scores, kinds);
        bool byteFallback = trainer.Flag(35, false);
        Check(pieces, trainer, denormalizer, byteFallback);
        return Join(pieces, trainer, normalizer, byteFallback);
    }

    private static TokenizerParts Join(ScoredPieces pieces, ProtoMessage trainer, ProtoMessage normalizer, bool byteFallback)
    {
        ITokenModel model = trainer.Integer(3, Unigram) == Bpe
            ? ScoredBpe.SentencePiece(pieces, byteFallback)
            : UnigramPieces.SentencePiece(pieces, byteFallback);
        SentencePieceSpec spec = new()
        {
            Map = CharacterMap.Read(pieces.File, normalizer.Blob(2)),
            Symbols = pieces.Symbols(PieceKind.UserDefined),
            AddsBlank = normalizer.Flag(3, true),
            RemovesExtraBlanks = normalizer.Flag(4, true),
            MarksBlanks = normalizer.Flag(5, true),
            BlankIsSuffix = trainer.Flag(24, false),
        };
        SentencePieceDecoder decoder = new(pieces, trainer.Has(44) ? trainer.Text(44) : UnknownText, spec.AddsBlank, spec.RemovesExtraBlanks);
        int[] byteOfId = [.. pieces.Tokens.Select(token => decoder.Bytes(token) is [byte value] ? value : -1)];
        return new TokenizerParts
        {
            Source = pieces.File,
            Model = model,
            Normalizer = new SentencePieceNormalizer(spec),
            PostProcessor = new ByteRanges(id => (uint)id < (uint)byteOfId.Length ? byteOfId[id] : -1),
            Decoder = decoder,
            UnusedIds = new HashSet<int>(pieces.Ids(PieceKind.Unused)),
            Markers = new HashSet<int>(pieces.Ids(PieceKind.Control)),
            Special = new SpecialTokenIds
            {
                Unknown = pieces.UnknownId,
                Begin = Role(trainer, 41, 1, pieces),
                End = Role(trainer, 42, 2, pieces),
                Pad = Role(trainer, 43, -1, pieces),
            },
        };
    }

    private static void Check(ScoredPieces pieces, ProtoMessage trainer, ProtoMessage denormalizer, bool byteFallback)
    {
        void Require(bool isSupported, string found, string known)
        {
            if (!isSupported)
                throw new CheckpointFormatException(pieces.File, $"the SentencePiece model has {found}, which is not supported; known: {known}.", kind: "UnknownComponent");
        }

        int type = trainer.Integer(3, Unigram);
        Require(type is Unigram or Bpe, FormattableString.Invariant($"model type {type} (3 words, 4 characters)"), "1 (Unigram), 2 (BPE)");
        Require(denormalizer.Blob(2).Length == 0, "a table for decoded text (denormalizer_spec)", "decoding without one");
        Require(pieces.Kinds.All(Enum.IsDefined), "a piece of an unknown type", "types 1 to 6");
        int unknowns = pieces.Ids(PieceKind.Unknown).Count, bytes = pieces.Ids(PieceKind.Byte).Count;
        if (unknowns != 1)
        {
            throw new CheckpointFormatException(
                pieces.File, FormattableString.Invariant($"the SentencePiece model has {unknowns} unknown pieces, expected one; the file is damaged."), kind: "UnknownTokenMissing");
        }

        if (bytes != (byteFallback ? 256 : 0))
        {
            throw new CheckpointFormatException(
                pieces.File, FormattableString.Invariant($"the SentencePiece model has {bytes} byte pieces, expected 256 with byte_fallback and none without; the file is damaged."),
                kind: "BytePieces");
        }
    }

    private static int? Role(ProtoMessage trainer, int field, int otherwise, ScoredPieces pieces)
    {
        int id = trainer.Integer(field, otherwise);
        return id >= 0 && id < pieces.Tokens.Count ? id : null;
    }
}
