namespace Azimuth.Tokenization.Patterns;

/// <summary>Whose reading of a regular expression counts.</summary>
internal enum PatternSyntax
{
    /// <summary>Oniguruma's own syntax, which Split and Replace of a tokenizer.json use: ^ and $ match at every line.</summary>
    Oniguruma,

    /// <summary>Rust's regular expressions as tiktoken uses them: ^ and $ match at the ends of the text only.</summary>
    Rust,
}
