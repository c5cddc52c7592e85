using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Tokenization.AddedTokens;
using Azimuth.Tokenization.Decoders;
using Azimuth.Tokenization.Models;
using Azimuth.Tokenization.Normalizers;
using Azimuth.Tokenization.PostProcessors;
using Azimuth.Tokenization.PreTokenizers;

namespace Azimuth.Tokenization.Files;

/// <summary>
/// The tokenizer in a GGUF file's metadata (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, "tokenizer.ggml.*"): byte-level BPE ("gpt2") with a
/// named splitting pattern, SentencePiece BPE ("llama"), SentencePiece Unigram ("t5") or WordPiece ("bert").
/// </summary>
internal static class GgufTokenizer
{
    private const string Prefix = "tokenizer.ggml.";

    /// <summary>Whether the file carries a vocabulary.</summary>
    public static bool Exists(GgufFile file) => file.Metadata.FindString(Prefix + "model") is not (null or "no_vocab");

    /// <summary>The tokenizer's parts.</summary>
    /// <exception cref="CheckpointFormatException">No vocabulary, a damaged one, or a kind that is not known.</exception>
    public static TokenizerParts Read(GgufFile file)
    {
        string model = file.Metadata.GetString(Prefix + "model");
        string[] tokens = file.Metadata.GetArray(Prefix + "tokens").ToStrings();
        PieceKind[] kinds = Kinds(file, tokens.Length);
        return model switch
        {
            "bert" => WordPiece(file, tokens, kinds),
            "gpt2" => ByteLevel(file, tokens, kinds),
            "llama" => SentencePiece(file, tokens, kinds),
            "t5" => Unigram(file, tokens, kinds),
            _ => throw Unknown(file, "model", model, ["bert", "gpt2", "llama", "t5"]),
        };
    }

    private static TokenizerParts ByteLevel(GgufFile file, string[] tokens, PieceKind[] kinds)
    {
        string name = file.Metadata.FindString(Prefix + "pre") ?? throw new CheckpointFormatException(
            file.Path,
            $"{Prefix}pre is missing, so how text is split before merging is not known; convert the model again with a current converter.",
            kind: "MetadataMissing");
        GgufSplit split = GgufSplit.Find(name) ?? throw Unknown(file, "pre", name, GgufSplit.Names);
        Models.Vocabulary vocabulary = new(file.Path, [.. tokens.Select((token, id) => (token, id))]);
        GgufArray lines = file.Metadata.GetArray(Prefix + "merges");
        MergeList merges = new(file.Path, vocabulary, lines.Count);
        foreach (string line in lines.ToStrings())
            merges.Add(line);
        SpecialTokenIds roles = Roles(file, kinds, new SpecialTokenIds());
        return new TokenizerParts
        {
            Source = file.Path,
            Model = new BpeModel(file.Path, vocabulary, merges.Table, new BpeOptions { IgnoreMerges = split.IgnoreMerges }),
            PreTokenizer = split.PreTokenizer,
            Decoder = new ByteLevelDecoder(),
            AddedTokens = Added(tokens, kinds),
            UnusedIds = Unused(kinds),
            Special = roles,
            PostProcessor = Policy(file, roles, addsBegin: split.AddsBegin),
        };
    }

    private static TokenizerParts SentencePiece(GgufFile file, string[] tokens, PieceKind[] kinds)
    {
        float[] scores = file.Metadata.GetArray(Prefix + "scores").ToSingles();

        // Llama's files of 2023 say nothing of the blank in front, nor of the beginning token: both were the rule then.
        bool addPrefix = file.Metadata.FindBool(Prefix + "add_space_prefix") ?? true;
        INormalizer spaces = new Replace(new LiteralPattern(" "), "▁");
        SpecialTokenIds roles = Roles(file, kinds, new SpecialTokenIds { Begin = 1, End = 2, Unknown = 0 });
        return new TokenizerParts
        {
            Source = file.Path,
            Model = ScoredBpe.Gguf(new ScoredPieces(file.Path, tokens, scores, kinds)),
            Normalizer = addPrefix ? new NormalizerSequence([new Prepend("▁"), spaces]) : spaces,
            Decoder = SpaceMarkDecoder.Create(addPrefix),
            AddedTokens = Added(tokens, kinds),
            UnusedIds = Unused(kinds),
            Special = roles,
            PostProcessor = Policy(file, roles, addsBegin: true),
        };
    }

    private static TokenizerParts Unigram(GgufFile file, string[] tokens, PieceKind[] kinds)
    {
        ScoredPieces pieces = new(file.Path, tokens, file.Metadata.GetArray(Prefix + "scores").ToSingles(), kinds);

        // Signed or not, the table is bytes.
        byte[] table = file.Metadata.FindArray(Prefix + "precompiled_charsmap") is { } stored ? [.. stored.ToInt32s().Select(value => (byte)value)] : [];
        bool addPrefix = file.Metadata.FindBool(Prefix + "add_space_prefix") ?? false;
        SpecialTokenIds roles = Roles(file, kinds, new SpecialTokenIds { End = 1, Unknown = 2, Pad = 0 });
        return new TokenizerParts
        {
            Source = file.Path,
            Model = UnigramPieces.SentencePiece(pieces, byteFallback: false),
            Normalizer = new SentencePieceNormalizer(new SentencePieceSpec
            {
                Map = CharacterMap.Read(file.Path, table),
                Symbols = pieces.Symbols(PieceKind.UserDefined),
                AddsBlank = addPrefix,
                RemovesExtraBlanks = file.Metadata.FindBool(Prefix + "remove_extra_whitespaces") ?? false,
            }),
            Decoder = SpaceMarkDecoder.Create(addPrefix),
            AddedTokens = Added(tokens, kinds),
            UnusedIds = Unused(kinds),
            Special = roles,
            PostProcessor = Policy(file, roles, addsBegin: false, addsEnd: true),
        };
    }

    // Converters write a word's beginning as ▁word and its continuation bare; BERT's own vocabulary has word and ##continuation. Names in brackets stay.
    private static string WordPieceSpelling(string token) => token switch
    {
        ['[', .., ']'] => token,
        ['▁', ..] => token[1..],
        _ => "##" + token,
    };

    // Nothing in the file says whether capitals and accents matter: as in llama.cpp, they never do.
    private static TokenizerParts WordPiece(GgufFile file, string[] tokens, PieceKind[] kinds)
    {
        string[] spellings = [.. tokens.Select(WordPieceSpelling)];
        Models.Vocabulary vocabulary = new(file.Path, [.. spellings.Select((token, id) => (token, id))]);
        int Require(string role, params string[] keys) => keys.Select(key => Role(file, key, tokens.Length)).FirstOrDefault(id => id is not null)
            ?? throw new CheckpointFormatException(file.Path, $"{Prefix}{keys[0]}_token_id is missing, expected the {role} of the vocabulary.", kind: "MetadataMissing");
        return new BertParts
        {
            File = file.Path,
            Vocabulary = vocabulary,
            Unknown = spellings[Require("unknown token", "unknown")],
            Class = Require("token in front of a text", "cls", "bos"),
            Separator = Require("token behind a text", "seperator", "separator", "eos"),
            Pad = Role(file, "padding", tokens.Length),
            AddedTokens = Added(spellings, kinds),
        }.Build() with
        { UnusedIds = Unused(kinds) };
    }

    private static PieceKind[] Kinds(GgufFile file, int count)
    {
        if (file.Metadata.FindArray(Prefix + "token_type") is not { } stored)
            return [.. Enumerable.Repeat(PieceKind.Normal, count)];
        PieceKind[] kinds = [.. stored.ToInt32s().Select(kind => (PieceKind)kind)];
        if (kinds.Length != count)
        {
            throw new CheckpointFormatException(file.Path, FormattableString.Invariant(
                $"{Prefix}token_type has {kinds.Length} entries, expected {count}, one for each token."), kind: "VocabularyLength");
        }

        int wrong = Array.FindIndex(kinds, kind => !Enum.IsDefined(kind));
        return wrong < 0 ? kinds : throw new CheckpointFormatException(file.Path, FormattableString.Invariant(
            $"token {wrong} is of type {(int)kinds[wrong]}, expected 1 to 6."), kind: "UnknownComponent");
    }

    private static List<AddedToken> Added(string[] tokens, PieceKind[] kinds)
    {
        List<AddedToken> added = [];
        for (int id = 0; id < tokens.Length; id++)
        {
            if (kinds[id] is PieceKind.Control or PieceKind.Unknown or PieceKind.UserDefined)
                added.Add(new AddedToken { Id = id, Content = tokens[id], IsSpecial = kinds[id] != PieceKind.UserDefined });
        }

        return added;
    }

    private static HashSet<int> Unused(PieceKind[] kinds) => [.. Enumerable.Range(0, kinds.Length).Where(id => kinds[id] == PieceKind.Unused)];

    /// <summary>The roles that the file names, and where it does not name one the usual token, which llama.cpp takes then (llama-vocab.cpp), if it is no ordinary text.</summary>
    private static SpecialTokenIds Roles(GgufFile file, PieceKind[] kinds, SpecialTokenIds usual)
    {
        int? Named(string role, int? otherwise) => file.Metadata.ContainsKey($"{Prefix}{role}_token_id") ? Role(file, role, kinds.Length)
            : otherwise is { } id && id < kinds.Length && kinds[id] is PieceKind.Control or PieceKind.Unknown ? otherwise
            : null;
        return new SpecialTokenIds
        {
            Begin = Named("bos", usual.Begin),
            End = Named("eos", usual.End),
            Pad = Named("padding", usual.Pad),
            Unknown = Named("unknown", usual.Unknown),
        };
    }

    private static int? Role(GgufFile file, string role, int count)
    {
        string key = $"{Prefix}{role}_token_id";
        if (file.Metadata.Find(key) is not { } value)
            return null;
        long id = value.AsInt64();
        if (id == uint.MaxValue || id == -1)
            return null;
        return id >= 0 && id < count ? (int)id : throw new CheckpointFormatException(
            file.Path, FormattableString.Invariant($"{key} is {id}, expected 0 to {count - 1}."), kind: "TokenIdOutOfRange");
    }

    private static TemplateProcessing Policy(GgufFile file, SpecialTokenIds roles, bool addsBegin, bool addsEnd = false)
    {
        addsBegin = file.Metadata.FindBool(Prefix + "add_bos_token") ?? addsBegin;
        addsEnd = file.Metadata.FindBool(Prefix + "add_eos_token") ?? addsEnd;
        return TemplateProcessing.BeginEnd(addsBegin ? roles.Begin : null, addsEnd ? roles.End : null);
    }

    private static CheckpointFormatException Unknown(GgufFile file, string key, string found, IEnumerable<string> known) => new(
        file.Path, $"{Prefix}{key} \"{VisibleText.Show(found)}\" is not supported; known: {string.Join(", ", known)}.", kind: "UnknownComponent");
}
