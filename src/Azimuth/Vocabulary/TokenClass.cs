namespace Azimuth.Vocabulary;

/// <summary>What an id of a table stands for, as far as the tokenizer tells.</summary>
public enum TokenClass
{
    /// <summary>Some text encodes to it.</summary>
    Ok,

    /// <summary>A marker rather than text: beginning, end, unknown, chat roles.</summary>
    Special,

    /// <summary>A token that no text was found to encode to: merges that cannot fire, bytes that occur in no UTF-8 text.</summary>
    Unreachable,

    /// <summary>Bytes that are only part of a character, so the token does not stand for a text by itself.</summary>
    PartialUtf8,

    /// <summary>A row without a token: beyond the tokenizer's ids, in a gap of them, or marked as unused.</summary>
    Padding,
}
