using Azimuth.Checkpoints;
using Azimuth.Tokenization.AddedTokens;
using Azimuth.Tokenization.Decoders;
using Azimuth.Tokenization.Models;
using Azimuth.Tokenization.PreTokenizers;

namespace Azimuth.Tokenization.Files;

/// <summary>Reads vocab.json with merges.txt, the form GPT-2 was published in.</summary>
internal static class VocabAndMergesFile
{
    /// <summary>GPT-2's only special token.</summary>
    public const string EndOfText = "<|endoftext|>";

    /// <summary>The two files as a byte-level tokenizer.</summary>
    /// <param name="vocabularyPath">vocab.json.</param>
    /// <param name="mergesPath">merges.txt.</param>
    /// <param name="specialTokens">Tokens found literally in text; null for &lt;|endoftext|&gt; where there is one.</param>
    /// <param name="addPrefixSpace">Whether a text that does not begin with a space gets one.</param>
    public static TokenizerParts Read(string vocabularyPath, string mergesPath, IReadOnlyList<string>? specialTokens, bool addPrefixSpace = false)
    {
        Models.Vocabulary vocabulary = new(vocabularyPath, VocabularyJson.Read(vocabularyPath));
        BpeModel model = new(mergesPath, vocabulary, Merges(mergesPath, vocabulary), new BpeOptions());
        int? end = vocabulary.Id(EndOfText);
        return new TokenizerParts
        {
            Source = vocabularyPath,
            Model = model,
            PreTokenizer = new ByteLevel(addPrefixSpace, useRegex: true),
            Decoder = new ByteLevelDecoder(),
            AddedTokens = Special(vocabularyPath, vocabulary, specialTokens ?? (end is null ? [] : [EndOfText])),
            Special = new SpecialTokenIds { Begin = end, End = end, Unknown = end },
        };
    }

    private static MergeTable Merges(string path, Models.Vocabulary vocabulary)
    {
        string text = SmallFile.ReadText(path);
        MergeList merges = new(path, vocabulary, text.AsSpan().Count('\n') + 1);
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLinesByFeed())
        {
            if (line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal))
                merges.Add(line);
        }

        return merges.Table;
    }

    private static List<AddedToken> Special(string path, Models.Vocabulary vocabulary, IReadOnlyList<string> tokens)
    {
        List<AddedToken> added = [];
        foreach (string token in tokens)
        {
            int id = vocabulary.Id(token) ?? throw new CheckpointFormatException(
                path, $"the special token \"{VisibleText.Show(token)}\" is not in the vocabulary.", kind: "SpecialTokenMissing");
            added.Add(new AddedToken { Id = id, Content = token, IsSpecial = true });
        }

        return added;
    }
}
