using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Tokenization.AddedTokens;
using Azimuth.Tokenization.PostProcessors;

namespace Azimuth.Tokenization.Files;

/// <summary>A SentencePiece .model in a model folder: its tokenizer class says what is put around a text and which tokens are found in it.</summary>
internal static class SentencePieceFolder
{
    private const string T5 = "T5Tokenizer";

    /// <summary>What the file is called in model folders.</summary>
    public static IReadOnlyList<string> Names { get; } = ["tokenizer.model", "spiece.model", "sentencepiece.bpe.model"];

    // Classes that take ids and text as the .model has them; others renumber pieces or change the text by code that is not in the files.
    private static readonly string[] Classes = ["LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer", T5];

    /// <summary>The tokenizer.</summary>
    /// <exception cref="CheckpointFormatException">A damaged file, or a class that is not known.</exception>
    public static TokenizerParts Read(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        TokenizerConfig config = TokenizerConfig.Read(folder);
        string? name = config.Class is { } full && full.EndsWith("Fast", StringComparison.Ordinal) ? full[..^4] : config.Class;
        if (name is not null && !Classes.Contains(name))
        {
            throw new CheckpointFormatException(
                folder,
                $"{Path.GetFileName(path)} of a {config.Class} needs a tokenizer.json as well; without one these are known: {string.Join(", ", Classes)}. "
                + "As a file by itself it opens as the sentencepiece library reads it.",
                kind: "UnknownComponent");
        }

        // These classes begin a text unless the file says no; T5's ends it.
        config = config with { AddsBegin = config.AddsBegin ?? name is not (null or T5), AddsEnd = config.AddsEnd || name == T5 };
        TokenizerParts parts = SentencePieceFile.Read(path);
        IPostProcessor ranges = parts.PostProcessor!;
        parts = TokenizerFolder.WithRoles(parts with { PostProcessor = null, AddedTokens = Added(folder, config, parts, name) }, config);
        return parts with { PostProcessor = parts.PostProcessor is { } policy ? new PostProcessorSequence([ranges, policy]) : ranges };
    }

    private static List<AddedToken> Added(string folder, TokenizerConfig config, TokenizerParts parts, string? name)
    {
        string?[] roles = [config.Begin, config.End, config.Pad, config.Unknown, config.Mask];
        if (name is not null)
            roles = [.. roles, .. new[] { parts.Special.Begin, parts.Special.End, parts.Special.Pad, parts.Special.Unknown }.OfType<int>().Select(parts.Model.Vocabulary.Token)];
        string[] special = [.. roles.OfType<string>().Distinct()];
        List<AddedToken> added = AddedTokenFiles.Read(folder, config, special);

        // Unlike the sentencepiece library, the classes look for these in text.
        foreach (string token in special.Where(token => !added.Exists(listed => listed.Content == token)))
        {
            if (parts.Model.Vocabulary.Id(token) is { } id)
                added.Add(new AddedToken { Id = id, Content = token, IsSpecial = true });
        }

        // T5's hundred blanks are in none of the files; the last one comes first.
        int blanks = name == T5 && !added.Exists(token => token.Content == Blank(0)) ? config.ExtraIds : 0;
        if (blanks > Models.Vocabulary.AllowedGap)
        {
            throw new CheckpointFormatException(
                folder, FormattableString.Invariant($"tokenizer_config.json: extra_ids is {blanks}, expected at most {Models.Vocabulary.AllowedGap}."), kind: "WrongJsonKind");
        }

        for (int number = 0; number < blanks; number++)
            added.Add(new AddedToken { Id = parts.Model.Vocabulary.Size + blanks - 1 - number, Content = Blank(number), IsSpecial = true, StripLeft = true, StripRight = true });
        return added;
    }

    private static string Blank(int number) => string.Create(CultureInfo.InvariantCulture, $"<extra_id_{number}>");
}
