namespace Azimuth.Transformers.Tracing;

/// <summary>What to look at in a prompt's run.</summary>
public sealed record PromptTraceOptions
{
    /// <summary>The prompt as text, for the result; null when only ids are known.</summary>
    public string? Text { get; init; }

    /// <summary>True when the model's own begin token was put in front; null when unknown. Only reported.</summary>
    public bool? BeginTokenAdded { get; init; }

    /// <summary>The token to follow; null for the most probable one.</summary>
    public int? Target { get; init; }

    /// <summary>The token to compare it with; null for the most probable other one.</summary>
    public int? Rival { get; init; }

    /// <summary>The position to look from, 0 for the first token; null for the last.</summary>
    public int? Position { get; init; }

    /// <summary>Temperatures of the sweep, 0 to +∞.</summary>
    public IReadOnlyList<double> Temperatures { get; init; } = TemperatureSweep.Usual;

    /// <summary>Factors of the length sweep, 0 to +∞.</summary>
    public IReadOnlyList<double> Scales { get; init; } = LengthSweep.Usual;

    /// <summary>How many tokens to continue the prompt by, greedily; fewer when the context ends.</summary>
    public int GreedyTokens { get; init; } = 20;
}
