namespace Azimuth.Training.LanguageModels;

/// <summary>How a language model is trained.</summary>
public sealed record LanguageModelSettings
{
    /// <summary>Sequences of a batch.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>Tokens that a sequence predicts, at most the model's context.</summary>
    public required int Length { get; init; }

    /// <summary>Batches whose gradients are averaged for one step.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>The learning rate of each step, and how many steps there are.</summary>
    public required LearningRate Rate { get; init; }

    /// <summary>What moves the weights.</summary>
    public OptimizerSettings Optimizer { get; init; } = new();

    /// <summary>Which weights are moved.</summary>
    public TrainedPart Part { get; init; } = TrainedPart.All;

    /// <summary>The rows of the tables of tokens that move, the first and the one behind the last; null for all. With <see cref="TrainedPart.OnlyTables"/>.</summary>
    public (int From, int End)? Rows { get; init; }

    /// <summary>Start of the random numbers.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Steps between two looks at held-out text and two samples; both are also there at the end. 0 for the end alone.</summary>
    public long LookEvery { get; init; }

    /// <summary>Token ids of held-out text, of which the loss is measured; empty for none.</summary>
    public IReadOnlyList<int> HeldOut { get; init; } = [];

    /// <summary>Token ids that samples begin with; empty for no samples.</summary>
    public IReadOnlyList<int> Prompt { get; init; } = [];

    /// <summary>Tokens of a sample.</summary>
    public int SampleTokens { get; init; } = 40;
}
