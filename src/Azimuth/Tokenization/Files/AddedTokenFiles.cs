using System.Globalization;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Tokenization.AddedTokens;

namespace Azimuth.Tokenization.Files;

/// <summary>Tokens added to a vocabulary, as the files beside it list them.</summary>
internal static class AddedTokenFiles
{
    /// <summary>
    /// The tokens of a folder without tokenizer.json: those under <c>added_tokens_decoder</c> in tokenizer_config.json or, as older files have it, in added_tokens.json, whose
    /// tokens are special where they have a role.
    /// </summary>
    /// <exception cref="CheckpointFormatException">A damaged file.</exception>
    public static List<AddedToken> Read(string folder, TokenizerConfig config, IReadOnlyList<string> roles)
    {
        if (config.AddedTokensDecoder is { } decoder)
            return [.. decoder.Element.EnumerateObject().Select(entry => Listed(decoder, entry))];
        string path = Path.Combine(folder, "added_tokens.json");
        return File.Exists(path)
            ? [.. VocabularyJson.Read(path).Select(entry => new AddedToken { Id = entry.Id, Content = entry.Token, IsSpecial = roles.Contains(entry.Token) })]
            : [];
    }

    /// <summary>An entry as tokenizer.json and tokenizer_config.json write it.</summary>
    public static AddedToken Read(JsonSection section, int id)
    {
        bool isSpecial = section.Flag("special", false);
        return new AddedToken
        {
            Id = id,
            Content = section.Text("content"),
            SingleWord = section.Flag("single_word", false),
            StripLeft = section.Flag("lstrip", false),
            StripRight = section.Flag("rstrip", false),
            IsNormalized = section.Flag("normalized", !isSpecial),
            IsSpecial = isSpecial,
        };
    }

    private static AddedToken Listed(JsonSection decoder, JsonProperty entry)
    {
        bool isNumber = int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id);
        if (!isNumber || entry.Value.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointFormatException(
                decoder.File, $"{decoder.Place}: expected ids with an object each, found \"{VisibleText.Show(entry.Name)}\" with {entry.Value.ValueKind}.", kind: "WrongJsonKind");
        }

        return Read(decoder.Section(entry.Name), id);
    }
}
