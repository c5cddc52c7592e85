using System.Text.Json;
using Azimuth.Checkpoints;

namespace Azimuth.Tokenization.Files;

/// <summary>Finds the tokenizer in a model folder, and in the files beside it which tokens begin, end and pad a text.</summary>
internal static class TokenizerFolder
{
    // The only tokenizer classes whose vocab.json and merges.txt mean what GPT-2's do; the others carry code that is not in the files.
    private static readonly string[] Gpt2Classes = ["GPT2Tokenizer", "GPT2TokenizerFast"];

    /// <summary>The folder's tokenizer.</summary>
    public static TokenizerParts Read(string folder)
    {
        string json = Path.Combine(folder, "tokenizer.json");
        if (File.Exists(json))
            return WithRoles(TokenizerJsonFile.Read(json), json);
        string vocabulary = Path.Combine(folder, "vocab.json");
        string merges = Path.Combine(folder, "merges.txt");
        if (File.Exists(vocabulary) && File.Exists(merges))
            return VocabAndMerges(folder, vocabulary, merges);
        throw new CheckpointFormatException(
            folder, "expected tokenizer.json, or vocab.json with merges.txt, found neither; copy the model's tokenizer files there.", kind: "TokenizerMissing");
    }

    /// <summary>The parts with the roles that the files beside <paramref name="path"/> give to tokens.</summary>
    public static TokenizerParts WithRoles(TokenizerParts parts, string path)
    {
        TokenizerConfig config = TokenizerConfig.Read(Path.GetDirectoryName(Path.GetFullPath(path))!);
        Dictionary<string, int> added = parts.AddedTokens.ToDictionary(token => token.Content, token => token.Id, StringComparer.Ordinal);
        int? Id(string? token) => token is null ? null : added.TryGetValue(token, out int id) ? id : parts.Model.Vocabulary.Id(token);
        SpecialTokenIds special = new()
        {
            Begin = Id(config.Begin) ?? config.BeginId,
            End = Id(config.End) ?? config.EndId,
            Pad = Id(config.Pad),
            Unknown = Id(config.Unknown) ?? parts.Special.Unknown,
        };

        // A post-processor says what is added; the flags speak only where there is none.
        bool addsNothing = parts.PostProcessor is null && (config.AddsBegin || config.AddsEnd);
        return parts with
        {
            Special = special,
            PostProcessor = addsNothing ? PostProcessors.TemplateProcessing.BeginEnd(
                config.AddsBegin ? special.Begin : null, config.AddsEnd ? special.End : null) : parts.PostProcessor,
        };
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
        return WithRoles(VocabAndMergesFile.Read(vocabulary, merges, special.Length == 0 ? null : special, config.AddsPrefixSpace), vocabulary);
    }
}
