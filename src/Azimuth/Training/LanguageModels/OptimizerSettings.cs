namespace Azimuth.Training.LanguageModels;

/// <summary>Who moves the matrices of the blocks.</summary>
public enum OptimizerKind
{
    /// <summary>AdamW for everything (Loshchilov and Hutter 2019).</summary>
    AdamW,

    /// <summary>Muon for the matrices of the blocks (Jordan 2024), AdamW for tables, gains and biases.</summary>
    Muon,
}

/// <summary>Settings of an optimiser.</summary>
public sealed record OptimizerSettings
{
    /// <summary>Who moves the matrices of the blocks.</summary>
    public OptimizerKind Kind { get; init; } = OptimizerKind.AdamW;

    /// <summary>AdamW's decay of the mean of gradients.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the mean of squares.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to AdamW's divisor.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>λ: tensors of two or more dimensions shrink by 1 − rate · λ at each step.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>The norm of all gradients together is cut down to this; 0 for never.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Muon's momentum, with Nesterov's look ahead.</summary>
    public double Momentum { get; init; } = 0.95;
}
