using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Tokenization.Patterns;
using Azimuth.Tokenization.PreTokenizers;

namespace Azimuth.Tokenization.Files;

/// <summary>
/// What a tiktoken rank file does not say itself: how text is split, and the special tokens. An encoding.json beside the file says it (the arguments of
/// tiktoken.Encoding: name, pat_str, special_tokens); the published encodings are recognised by their number of ranks.
/// </summary>
/// <param name="Name">As tiktoken calls it.</param>
/// <param name="Pattern">Its regular expression; what it does not match is dropped.</param>
/// <param name="SpecialTokens">Tokens found literally in text, and their ids.</param>
internal sealed record TiktokenEncoding(string Name, string Pattern, IReadOnlyDictionary<string, int> SpecialTokens)
{
    /// <summary>What the file beside the ranks is called.</summary>
    public const string FileName = "encoding.json";

    private const string EndOfText = "<|endoftext|>", EndOfPrompt = "<|endofprompt|>";

    // tiktoken_ext/openai_public.py. Where two share their ranks the one that is more usual stands first.
    private static readonly (int Ranks, TiktokenEncoding Encoding)[] Published =
    [
        (50256, new("r50k_base", Gpt2Pattern.R50kSource, new Dictionary<string, int> { [EndOfText] = 50256 })),
        (50280, new("p50k_base", Gpt2Pattern.R50kSource, new Dictionary<string, int> { [EndOfText] = 50256 })),
        (50280, new("p50k_edit", Gpt2Pattern.R50kSource, new Dictionary<string, int>
        {
            [EndOfText] = 50256, ["<|fim_prefix|>"] = 50281, ["<|fim_middle|>"] = 50282, ["<|fim_suffix|>"] = 50283,
        })),
        (100256, new("cl100k_base", Llama3Pattern.Cl100kSource, new Dictionary<string, int>
        {
            [EndOfText] = 100257, ["<|fim_prefix|>"] = 100258, ["<|fim_middle|>"] = 100259, ["<|fim_suffix|>"] = 100260, [EndOfPrompt] = 100276,
        })),
        (199998, new("o200k_base", O200kPattern.Source, new Dictionary<string, int> { [EndOfText] = 199999, [EndOfPrompt] = 200018 })),
    ];

    /// <summary>The encoding of a rank file with so many ranks.</summary>
    /// <exception cref="CheckpointFormatException">A damaged encoding.json, or none and not a published encoding.</exception>
    public static TiktokenEncoding Find(string path, int ranks)
    {
        string beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, FileName);
        if (File.Exists(beside))
            return Read(beside);
        string name = Path.GetFileName(path);
        TiktokenEncoding[] fitting = [.. Published.Where(known => known.Ranks == ranks).Select(known => known.Encoding)];
        return fitting.FirstOrDefault(known => name.Contains(known.Name, StringComparison.OrdinalIgnoreCase)) ?? fitting.FirstOrDefault()
            ?? throw new CheckpointFormatException(
                path,
                FormattableString.Invariant($"expected the number of ranks of a published encoding ({Counts()}), found {ranks}; ")
                + "put an encoding.json beside the file with \"name\", \"pat_str\" and \"special_tokens\" (text and id), the arguments of tiktoken.Encoding.",
                kind: "UnknownComponent");
    }

    /// <summary>The splitting itself.</summary>
    /// <exception cref="CheckpointFormatException">A pattern that is wrong or not supported.</exception>
    public IPreTokenizer Split(string path)
    {
        ISplitPattern pattern = SplitPatterns.Find(Pattern) as ISplitPattern ?? new RegexPattern(path, Pattern, PatternSyntax.Rust);

        // tiktoken takes the matches alone: what lies between them is dropped.
        return new Splitter(pattern, SplitBehavior.Removed, invert: true);
    }

    private static string Counts()
        => string.Join(", ", Published.Select(known => FormattableString.Invariant($"{known.Encoding.Name} {known.Ranks}")));

    private static TiktokenEncoding Read(string path)
    {
        JsonSection section = JsonSection.Open(path);
        Dictionary<string, int> special = new(StringComparer.Ordinal);
        foreach (JsonProperty token in section.OptionalSection("special_tokens")?.Element.EnumerateObject() ?? default)
        {
            if (token.Value.ValueKind != JsonValueKind.Number || !token.Value.TryGetInt32(out int id) || id < 0 || !special.TryAdd(token.Name, id))
                throw section.Wrong("special_tokens", "each text once, with a whole number as its id");
        }

        return new TiktokenEncoding(section.OptionalText("name") ?? "", section.Text("pat_str"), special);
    }
}
