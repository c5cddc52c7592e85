namespace Azimuth.Embeddings;

/// <summary>Which rows of a vocabulary of tokens count as words: a language model's token for a word inside a sentence has a blank before it.</summary>
public enum WordForm
{
    /// <summary>The token " word" where there is one, else the token "word". What files of word vectors need, too: their words have no blank.</summary>
    Auto,

    /// <summary>Only tokens with a blank before the word.</summary>
    Blank,

    /// <summary>Only tokens that are the word itself.</summary>
    Bare,
}
