namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>The splitting patterns that have a scanner, which is faster than <see cref="Patterns.RegexPattern"/>, by the regular expression files spell them with.</summary>
internal static class SplitPatterns
{
    /// <summary>The scanner for a regular expression, or null when there is none.</summary>
    public static ScannedPattern? Find(string regex) => regex switch
    {
        Gpt2Pattern.Source or Gpt2Pattern.R50kSource => new Gpt2Pattern(),
        Llama3Pattern.Llama3Source => new Llama3Pattern(3),
        Llama3Pattern.Qwen2Source => new Llama3Pattern(1),
        Llama3Pattern.Cl100kSource => new Llama3Pattern(3, keepsEnd: true),
        O200kPattern.Source => new O200kPattern(),
        _ => null,
    };
}
