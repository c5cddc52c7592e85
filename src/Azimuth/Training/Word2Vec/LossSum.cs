namespace Azimuth.Training.Word2Vec;

/// <summary>Loss that was added up: its logarithms are taken of some targets only.</summary>
/// <param name="Nats">Of the targets that were measured.</param>
/// <param name="Measured">How many those are.</param>
/// <param name="Targets">Of all predictions.</param>
/// <param name="Predictions">Each has several targets: the word, and those it is told from.</param>
internal readonly record struct LossSum(double Nats, long Measured, long Targets, long Predictions)
{
    /// <summary>Nats for each prediction; null where none was measured.</summary>
    public double? Mean => Measured > 0 ? Nats / Measured * Targets / Predictions : null;

    public static LossSum operator +(LossSum left, LossSum right) =>
        new(left.Nats + right.Nats, left.Measured + right.Measured, left.Targets + right.Targets, left.Predictions + right.Predictions);
}
