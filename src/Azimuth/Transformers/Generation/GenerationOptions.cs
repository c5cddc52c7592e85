using System.Text.Json.Serialization;

namespace Azimuth.Transformers;

/// <summary>How to go on from a prompt.</summary>
public sealed record GenerationOptions
{
    /// <summary>Most tokens to make; at least 1.</summary>
    public int MaxTokens { get; init; } = 64;

    /// <summary>Divides the logits before softmax; 0 takes the most probable token (the lowest id where equal).</summary>
    public double Temperature { get; init; }

    /// <summary>Sample among this many most probable tokens; null for all.</summary>
    public int? TopK { get; init; }

    /// <summary>Sample among the fewest most probable tokens that together reach this probability, 0 to 1; null for all.</summary>
    public double? TopP { get; init; }

    /// <summary>Seed of the sampling; equal seeds give equal texts.</summary>
    public ulong Seed { get; init; }

    /// <summary>Texts that end the generation, also when they begin in one token and end in another; not part of the result's text.</summary>
    public IReadOnlyList<string> StopTexts { get; init; } = [];

    /// <summary>True to end after one of the model's end tokens.</summary>
    public bool StopsAtEnd { get; init; } = true;
}

/// <summary>Why a generation ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StopReason>))]
public enum StopReason
{
    /// <summary>As many tokens as asked for.</summary>
    [JsonStringEnumMemberName("maxTokens")] MaxTokens,

    /// <summary>An end token, which is the last of the ids.</summary>
    [JsonStringEnumMemberName("endToken")] EndToken,

    /// <summary>One of the stop texts.</summary>
    [JsonStringEnumMemberName("stopText")] StopText,

    /// <summary>The model's context is full.</summary>
    [JsonStringEnumMemberName("contextFull")] ContextFull,
}

/// <summary>What was generated.</summary>
public sealed record GenerationResult
{
    /// <summary>The new tokens, without the prompt's; an end token included.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>Their text, up to the stop text; special tokens left out. Empty when the model has no tokenizer.</summary>
    public required string Text { get; init; }

    /// <summary>Why it ended.</summary>
    public required StopReason StopReason { get; init; }

    /// <summary>Tokens of the prompt.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>Seconds for the prompt, up to its next-token logits.</summary>
    public required double PromptSeconds { get; init; }

    /// <summary>New tokens per second, the prompt's time left out; null when fewer than two were made.</summary>
    public required double? TokensPerSecond { get; init; }
}
