using System.Text.Json.Serialization;
using Azimuth.Embeddings;

namespace Azimuth.Geometry;

/// <summary>How many of how many.</summary>
/// <param name="Correct">Predicted as labelled.</param>
/// <param name="Of">Examples.</param>
public sealed record PartCount(int Correct, int Of)
{
    /// <summary>The share, NaN without examples.</summary>
    [JsonIgnore]
    public double Share => Of == 0 ? double.NaN : (double)Correct / Of;
}

/// <summary>Counts of the three parts.</summary>
/// <param name="Train">On the examples it learned from.</param>
/// <param name="Validation">On those its settings were chosen with.</param>
/// <param name="Test">On those it had not seen.</param>
public sealed record PartAccuracy(PartCount Train, PartCount Validation, PartCount Test);

/// <summary>A C that was tried and how it did on the validation part.</summary>
/// <param name="C">Inverse strength of the penalty.</param>
/// <param name="Validation">Its counts.</param>
public sealed record TriedStrength(double C, PartCount Validation);

/// <summary>A linear probe beside what it has to be compared with: the most frequent class, and a probe of the same kind on shuffled labels.</summary>
/// <param name="Probe">The fitted probe.</param>
public sealed record ProbeResult([property: JsonIgnore] LinearProbe Probe)
{
    /// <summary>Softmax, or logistic with one weight row.</summary>
    public required ProbeKind Kind { get; init; }

    /// <summary>The classes in the order of weight rows and confusion.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>Inverse strength of the penalty.</summary>
    public required double C { get; init; }

    /// <summary>What was tried to find it; empty when it was given.</summary>
    public required IReadOnlyList<TriedStrength> Tried { get; init; }

    /// <summary>The minimum that was reached.</summary>
    public required double Objective { get; init; }

    /// <summary>Share of correct predictions by part.</summary>
    public required PartAccuracy Accuracy { get; init; }

    /// <summary>Test examples [true class][predicted class].</summary>
    public required int[][] TestConfusion { get; init; }

    /// <summary>Share of the test examples in their most frequent class: what needs no probe.</summary>
    public required double MajorityBaselineTest { get; init; }

    /// <summary>The same fit on permuted labels, judged on permuted labels: what the probe can learn by heart.</summary>
    public required PartAccuracy ControlAccuracy { get; init; }

    /// <summary>Test accuracy less the control's (Hewitt and Liang 2019).</summary>
    public required double SelectivityTest { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();
}

/// <summary>R² of the three parts, each against its own mean.</summary>
/// <param name="Train">On the examples it learned from.</param>
/// <param name="Validation">On the validation part.</param>
/// <param name="Test">On those it had not seen.</param>
public sealed record PartRSquared(double Train, double Validation, double Test);

/// <summary>How well a linear function of the row tells a number.</summary>
/// <param name="Regression">The fitted function.</param>
public sealed record RegressionResult([property: JsonIgnore] RidgeRegression Regression)
{
    /// <summary>Strength of the ridge penalty, 0 for least squares.</summary>
    public required double Alpha { get; init; }

    /// <summary>1 − Σ(t − p)²/Σ(t − t̄)².</summary>
    public required PartRSquared R2 { get; init; }

    /// <summary>The same fit on permuted numbers, judged on permuted numbers.</summary>
    public required PartRSquared ControlR2 { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();
}
