using System.Diagnostics;
using Azimuth.Tokenization;

namespace Azimuth.Transformers;

/// <summary>Continues prompts, token by token.</summary>
public static class Generator
{
    /// <summary>New tokens that a cache has room for at first; it grows when more come, so that a generous limit costs nothing.</summary>
    private const int RoomAtFirst = 256;

    /// <summary>Continues <paramref name="promptIds"/>.</summary>
    /// <param name="model">The model; with a tokenizer where text is wanted.</param>
    /// <param name="promptIds">At least one id, taken as they are.</param>
    /// <param name="options">How.</param>
    /// <param name="onText">Gets each piece of text as soon as its characters are complete and cannot be part of a stop text.</param>
    /// <param name="cancellation">Ends it between two tokens, or on the way through a long prompt.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ArgumentException">
    /// An empty prompt, one longer than the context, an option outside its range, or stop texts for a model without a tokenizer.
    /// </exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A weight is not a finite number, or finite ones are so large that the logits are not.</exception>
    public static GenerationResult Run(
        LanguageModel model, ReadOnlySpan<int> promptIds, GenerationOptions options, Action<string>? onText = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        var sampler = new Sampler(options);
        var text = new StopTexts(options.StopTexts);
        if (model.Tokenizer is null && options.StopTexts.Count > 0)
            throw new ArgumentException($"stop: {model.Name} has no tokenizer, so its output has no text to stop at. Leave the option out.");
        StreamingDecoder? decoder = model.Tokenizer is { } tokenizer ? new StreamingDecoder(tokenizer) : null;
        KeyValueCache cache = model.CreateCache(promptIds.Length + Math.Min(options.MaxTokens, RoomAtFirst));
        var logits = new float[model.Config.VocabSize];
        var ids = new List<int>();

        void Show(string piece)
        {
            if (piece.Length > 0)
                onText?.Invoke(piece);
        }

        StopReason? Take(int id)
        {
            ids.Add(id);
            if (options.StopsAtEnd && model.GenerationDefaults.EndIds.Contains(id))
                return StopReason.EndToken;
            if (decoder is not null)
                Show(text.Add(decoder.Add(id)));
            if (text.IsHit)
                return StopReason.StopText;
            if (ids.Count == options.MaxTokens)
                return StopReason.MaxTokens;
            return cache.Length == model.Config.LongestRun ? StopReason.ContextFull : null;
        }

        cancellation.ThrowIfCancellationRequested();
        model.MakeReady();
        long started = Stopwatch.GetTimestamp();
        model.NextLogits(promptIds, cache, logits, cancellation);
        double promptSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        started = Stopwatch.GetTimestamp();
        model.RequireFinite(logits);
        StopReason? reason = Take(sampler.Next(logits));
        Span<int> last = stackalloc int[1];
        while (reason is null)
        {
            cancellation.ThrowIfCancellationRequested();
            last[0] = ids[^1];
            model.NextLogits(last, cache, logits);
            model.RequireFinite(logits);
            reason = Take(sampler.Next(logits));
        }

        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (decoder is not null && reason != StopReason.StopText)
        {
            Show(text.Add(decoder.Finish()));
            Show(text.Finish());
        }

        return new GenerationResult
        {
            Ids = ids,
            Text = text.Passed,
            StopReason = reason.Value,
            PromptTokens = promptIds.Length,
            PromptSeconds = promptSeconds,
            TokensPerSecond = ids.Count > 1 && seconds > 0 ? (ids.Count - 1) / seconds : null,
        };
    }

    /// <summary>The <paramref name="count"/> most probable tokens one after the other; end tokens do not stop it.</summary>
    /// <exception cref="ArgumentException">An empty prompt, or more tokens than the context.</exception>
    public static int[] Greedy(LanguageModel model, ReadOnlySpan<int> promptIds, int count)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        KeyValueCache cache = model.CreateCache(promptIds.Length + Math.Min(count, RoomAtFirst));
        var logits = new float[model.Config.VocabSize];
        var ids = new int[count];
        for (int i = 0; i < count; i++)
        {
            model.NextLogits(i == 0 ? promptIds : ids.AsSpan(i - 1, 1), cache, logits);
            ids[i] = Sampler.Highest(logits);
        }

        return ids;
    }
}
