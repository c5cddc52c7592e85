using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Tokenization.AddedTokens;
using Azimuth.Tokenization.PostProcessors;

namespace Azimuth.Tokenization.Files;

/// <summary>Finds the tokenizer in a model folder, and in the files beside it which tokens begin, end and pad a text.</summary>
internal static class TokenizerFolder
{
    // The only tokenizer classes whose vocab.json and merges.txt mean what GPT-2's do; the others carry code that is not in the files.
    private static readonly string[] Gpt2Classes = ["GPT2Tokenizer", "GPT2TokenizerFast"];

    /// <summary>Whether the folder has a tokenizer's files; a GGUF file's vocabulary does not count.</summary>
    public static bool Exists(string folder) => FindReader(folder) is not null;

    /// <summary>The tokenizer of a folder, or of one file.</summary>
    public static TokenizerParts Read(string path)
    {
        if (File.Exists(path))
            return ReadFile(path);
        if (!Directory.Exists(path))
            throw new CheckpointFormatException(path, "no such file or folder; give a model folder, or a tokenizer file.", kind: "TokenizerMissing");
        if (FindReader(path) is { } read)
            return read();
        string[] models = Directory.GetFiles(path, "*.gguf");
        return models.Length == 1 ? ReadFile(models[0]) : throw new CheckpointFormatException(
            path,
            "expected tokenizer.json, vocab.json with merges.txt, tokenizer.model, spiece.model, vocab.txt, one .tiktoken or one GGUF file, found none of them; "
            + "copy the model's tokenizer files there.",
            kind: "TokenizerMissing");
    }

    /// <summary>The parts with the roles that the files beside <paramref name="path"/> give to tokens.</summary>
    public static TokenizerParts WithRoles(TokenizerParts parts, string path) => WithRoles(parts, TokenizerConfig.Read(Path.GetDirectoryName(Path.GetFullPath(path))!));

    /// <summary>The parts with the roles that <paramref name="config"/> gives to tokens.</summary>
    public static TokenizerParts WithRoles(TokenizerParts parts, TokenizerConfig config)
    {
        Dictionary<string, int> added = new(StringComparer.Ordinal);
        foreach (AddedToken token in parts.AddedTokens)
            added[token.Content] = token.Id; // a token listed twice is one token, unless its ids differ, which is found later
        int? Id(string? token) => token is null ? null : added.TryGetValue(token, out int id) ? id : parts.Model.Vocabulary.Id(token);
        SpecialTokenIds special = new()
        {
            Begin = Id(config.Begin) ?? parts.Special.Begin ?? config.BeginId,
            End = Id(config.End) ?? parts.Special.End ?? config.EndId,
            Pad = Id(config.Pad) ?? parts.Special.Pad,
            Unknown = Id(config.Unknown) ?? parts.Special.Unknown,
        };

        return parts with { Special = special, PostProcessor = parts.PostProcessor ?? Policy(config, special) };
    }

    // A tokenizer.json's post-processor says what is added; the flags speak only where there is none.
    private static TemplateProcessing? Policy(TokenizerConfig config, SpecialTokenIds special) => config.AddsBegin == true || config.AddsEnd
        ? TemplateProcessing.BeginEnd(config.AddsBegin == true ? special.Begin : null, config.AddsEnd ? special.End : null)
        : null;

    private static TokenizerParts ReadFile(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".json" when Path.GetFileName(path) == "vocab.json" => Read(Path.GetDirectoryName(Path.GetFullPath(path))!),
        ".json" => WithRoles(TokenizerJsonFile.Read(path), path),
        ".gguf" => GgufTokenizer.Read(GgufFile.Open(path)),
        ".model" => SentencePieceFile.Read(path),
        ".tiktoken" => TiktokenFile.Read(path),
        ".txt" when Path.GetFileName(path) == "merges.txt" => File.Exists(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "vocab.json"))
            ? Read(Path.GetDirectoryName(Path.GetFullPath(path))!)
            : throw new CheckpointFormatException(path, "expected vocab.json beside it, which has the ids, found none; give the folder that holds both.", kind: "TokenizerMissing"),
        ".txt" => VocabTextFile.Read(path),
        _ => throw new CheckpointFormatException(
            path, "expected a tokenizer.json, a .gguf, a SentencePiece .model, a .tiktoken or a vocab.txt, found another extension.", kind: "TokenizerMissing"),
    };

    private static Func<TokenizerParts>? FindReader(string folder)
    {
        string json = Path.Combine(folder, "tokenizer.json");
        string vocabulary = Path.Combine(folder, "vocab.json");
        string merges = Path.Combine(folder, "merges.txt");
        string words = Path.Combine(folder, "vocab.txt");
        if (File.Exists(json))
            return () => WithRoles(TokenizerJsonFile.Read(json), json);
        if (File.Exists(vocabulary) && File.Exists(merges))
            return () => VocabAndMerges(folder, vocabulary, merges);
        if (SentencePieceFolder.Names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists) is { } model)
            return () => SentencePieceFolder.Read(model);
        if (File.Exists(words))
            return () => VocabTextFile.Read(words);
        return Directory.Exists(folder) && Directory.GetFiles(folder, "*.tiktoken") is [var ranks] ? () => TiktokenFile.Read(ranks) : null;
    }

    private static TokenizerParts VocabAndMerges(string folder, string vocabulary, string merges)
    {
        TokenizerConfig config = TokenizerConfig.Read(folder);
        if (config.Class is { } name && !Gpt2Classes.Contains(name))
        {
            throw new CheckpointFormatException(
                folder, $"vocab.json and merges.txt of a {name} need a tokenizer.json as well; without one only {Gpt2Classes[0]} is known.", kind: "UnknownComponent");
        }

        string[] special = [.. new[] { config.Begin, config.End, config.Pad, config.Unknown }.OfType<string>().Distinct()];
        List<AddedToken> added = AddedTokenFiles.Read(folder, config, special);
        string[] inVocabulary = [.. special.Where(token => !added.Exists(listed => listed.Content == token))];
        TokenizerParts parts = VocabAndMergesFile.Read(vocabulary, merges, inVocabulary.Length == 0 ? null : inVocabulary, config.AddsPrefixSpace);
        HashSet<int> listed = [.. added.Select(token => token.Id)];
        return WithRoles(parts with { AddedTokens = [.. added, .. parts.AddedTokens.Where(token => !listed.Contains(token.Id))] }, vocabulary);
    }
}
