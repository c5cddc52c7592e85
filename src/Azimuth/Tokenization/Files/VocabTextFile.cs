using Azimuth.Checkpoints;
using Azimuth.Tokenization.AddedTokens;

namespace Azimuth.Tokenization.Files;

/// <summary>Reads vocab.txt, the form BERT was published in: a WordPiece token a line, its id being the line's number from 0.</summary>
internal static class VocabTextFile
{
    // The tokenizer classes for which vocab.txt means what BERT's does.
    private static readonly string[] Classes =
    [
        "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer", "SqueezeBertTokenizer", "LxmertTokenizer", "DPRQuestionEncoderTokenizer",
    ];

    /// <summary>The file as BERT's tokenizer; tokenizer_config.json beside it says whether it lowers case and what its special tokens are.</summary>
    /// <exception cref="CheckpointFormatException">Not such a file, or of another model's tokenizer.</exception>
    public static TokenizerParts Read(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        TokenizerConfig config = TokenizerConfig.Read(folder);
        if (config.Class is { } name && !Classes.Contains(name.EndsWith("Fast", StringComparison.Ordinal) ? name[..^4] : name))
        {
            throw new CheckpointFormatException(
                folder, $"vocab.txt of a {name} needs a tokenizer.json as well; without one these are known: {string.Join(", ", Classes)}.", kind: "UnknownComponent");
        }

        List<(string Token, int Id)> tokens = [];
        foreach (ReadOnlySpan<char> line in SmallFile.ReadText(path).AsSpan().TrimEnd('\n').EnumerateLinesByFeed())
            tokens.Add((line.ToString(), tokens.Count));
        string unknown = config.Unknown ?? "[UNK]", begin = config.Begin ?? "[CLS]", end = config.End ?? "[SEP]";
        foreach (string needed in new[] { unknown, begin, end })
        {
            // Before the vocabulary is made: of prose its error would be about a word that comes twice.
            if (!tokens.Exists(entry => entry.Token == needed))
            {
                throw new CheckpointFormatException(
                    path, $"the special token \"{VisibleText.Show(needed)}\" is not in the vocabulary; this is not BERT's vocab.txt, or tokenizer_config.json is missing.", kind: "SpecialTokenMissing");
            }
        }

        Models.Vocabulary vocabulary = new(path, tokens);
        string[] special = [unknown, begin, end, config.Pad ?? "[PAD]", config.Mask ?? "[MASK]"];
        List<AddedToken> added = AddedTokenFiles.Read(folder, config, special);
        foreach (string token in special.Distinct())
        {
            if (vocabulary.Id(token) is { } id && !added.Exists(listed => listed.Id == id))
                added.Add(new AddedToken { Id = id, Content = token, IsSpecial = true });
        }

        return new BertParts
        {
            File = path,
            Vocabulary = vocabulary,
            Unknown = unknown,
            Class = vocabulary.Id(begin)!.Value,
            Separator = vocabulary.Id(end)!.Value,
            Pad = vocabulary.Id(config.Pad ?? "[PAD]"),
            AddedTokens = added,
            Lowercases = config.Lowercases,
            SeparatesChinese = config.SeparatesChinese,
            StripsAccents = config.StripsAccents,
        }.Build();
    }
}
