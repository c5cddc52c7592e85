namespace Azimuth.Tokenization.PostProcessors;

/// <summary>"Sequence": one post-processor after the other.</summary>
internal sealed class PostProcessorSequence(IReadOnlyList<IPostProcessor> parts) : IPostProcessor
{
    public IReadOnlyList<TokenSequence> Process(IReadOnlyList<TokenSequence> texts, bool addSpecialTokens)
        => parts.Aggregate(texts, (sequences, part) => part.Process(sequences, addSpecialTokens));
}
