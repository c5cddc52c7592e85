using Azimuth.Checkpoints;
using Azimuth.Tokenization.Decoders;
using Azimuth.Tokenization.Models;
using Azimuth.Tokenization.Normalizers;
using Azimuth.Tokenization.PostProcessors;

namespace Azimuth.Tokenization.Files;

/// <summary>
/// Reads a SentencePiece .model (a protocol buffer, sentencepiece_model.proto) of the BPE kind with the identity normalizer: Llama's. As in
/// the sentencepiece library, control tokens are not looked for in text, and nothing is put around it.
/// </summary>
internal static class SentencePieceFile
{
    private const int ModelTypeBpe = 2;

    /// <summary>The file's parts.</summary>
    /// <exception cref="CheckpointFormatException">Not such a file, damaged, or with a setting that is not supported.</exception>
    public static TokenizerParts Read(string path)
    {
        List<string> tokens = [];
        List<float> scores = [];
        List<PieceKind> kinds = [];
        ProtoMessage trainer = ProtoMessage.Empty(path), normalizer = ProtoMessage.Empty(path);
        foreach (ProtoField field in new ProtoMessage(path, SmallFile.ReadBytes(path)).Fields())
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
                default:
                    break;
            }
        }

        if (tokens.Count == 0)
            throw new CheckpointFormatException(path, "expected a SentencePiece model, found no pieces; this is not a .model file.", kind: "VocabularyMissing");
        CheckSupported(path, trainer, normalizer, kinds);
        BpeModel model = new ScoredPieces(path, tokens, scores, kinds).Build();
        return Join(path, model, trainer, normalizer);
    }

    private static TokenizerParts Join(string path, BpeModel model, ProtoMessage trainer, ProtoMessage normalizer)
    {
        bool addPrefix = normalizer.Flag(3, true);
        int[] byteOfId = new int[model.Vocabulary.Size];
        Array.Fill(byteOfId, -1);
        ByteFallbackDecoder bytes = new();
        for (int id = 0; id < byteOfId.Length; id++)
        {
            if (bytes.Bytes(model.Vocabulary.Token(id)!) is [byte value])
                byteOfId[id] = value;
        }

        return new TokenizerParts
        {
            Source = path,
            Model = model,
            Normalizer = new SentencePieceSpaces(addPrefix, normalizer.Flag(4, true)),
            PostProcessor = new ByteRanges(id => (uint)id < (uint)byteOfId.Length ? byteOfId[id] : -1),
            Decoder = SpaceMarkDecoder.Create(addPrefix),
            Special = new SpecialTokenIds
            {
                Unknown = Role(trainer, 40, 0, model),
                Begin = Role(trainer, 41, 1, model),
                End = Role(trainer, 42, 2, model),
                Pad = Role(trainer, 43, -1, model),
            },
        };
    }

    private static void CheckSupported(string path, ProtoMessage trainer, ProtoMessage normalizer, List<PieceKind> kinds)
    {
        void Require(bool isSupported, string found, string known)
        {
            if (!isSupported)
                throw new CheckpointFormatException(path, $"the SentencePiece model has {found}, which is not supported; known: {known}.", kind: "UnknownComponent");
        }

        int type = trainer.Integer(3, 1);
        Require(type == ModelTypeBpe, FormattableString.Invariant($"model type {type} (1 Unigram, 3 words, 4 characters)"), "2 (BPE)");
        Require(normalizer.Length(2) == 0, $"the normalization table \"{VisibleText.Show(normalizer.Text(1))}\"", "identity");
        Require(normalizer.Flag(5, true), "escape_whitespaces off", "on");
        Require(!trainer.Flag(24, false), "treat_whitespace_as_suffix", "a whitespace prefix");
        Require(!kinds.Contains(PieceKind.UserDefined), "user-defined symbols", "normal, unknown, control and byte pieces");
    }

    private static int? Role(ProtoMessage trainer, int field, int otherwise, BpeModel model)
    {
        int id = trainer.Integer(field, otherwise);
        return id >= 0 && id < model.Vocabulary.Size ? id : null;
    }
}
