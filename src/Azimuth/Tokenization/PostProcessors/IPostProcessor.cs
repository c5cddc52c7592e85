namespace Azimuth.Tokenization.PostProcessors;

/// <summary>Adds the tokens around one text or two, and trims ranges. Thread-safe.</summary>
internal interface IPostProcessor
{
    /// <summary>
    /// The sequences in the order they are joined. In: one entry a text, one or two. Added tokens appear only when <paramref name="addSpecialTokens"/>.
    /// </summary>
    IReadOnlyList<TokenSequence> Process(IReadOnlyList<TokenSequence> texts, bool addSpecialTokens);
}
