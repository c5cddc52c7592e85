namespace Azimuth.Transformers;

/// <summary>Continues prompts, token by token.</summary>
public static class Generator
{
    /// <summary>Continues <paramref name="promptIds"/>.</summary>
    /// <param name="model">The model; with a tokenizer where text is wanted.</param>
    /// <param name="promptIds">At least one id, taken as they are.</param>
    /// <param name="options">How.</param>
    /// <param name="onText">Gets each piece of text as soon as its characters are complete and cannot be part of a stop text.</param>
    /// <param name="cancellation">Ends it between two tokens.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ArgumentException">An empty prompt, one longer than the context, or an option outside its range.</exception>
    public static GenerationResult Run(
        LanguageModel model, ReadOnlySpan<int> promptIds, GenerationOptions options, Action<string>? onText = null, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    /// <summary>The <paramref name="count"/> most probable tokens one after the other; end tokens do not stop it.</summary>
    public static int[] Greedy(LanguageModel model, ReadOnlySpan<int> promptIds, int count) => throw new NotSupportedException();
}
