using Azimuth.Numerics;

namespace Azimuth.Transformers;

/// <summary>Compares a model with every intermediate value a reference implementation gave for it.</summary>
public static class Verification
{
    /// <summary>
    /// Runs a folder with <c>config.json</c> (and <c>config.older.json</c>), <c>model.safetensors</c>, <c>inputs.json</c> (lists of token ids),
    /// <c>expected.safetensors</c> (keys CASE.SITE) and <c>expected.json</c> (greedy continuations).
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="tolerance">Largest absolute difference that passes.</param>
    /// <exception cref="Checkpoints.CheckpointFormatException">A file is missing or is not what it should be.</exception>
    public static VerificationResult Run(string folder, Workers workers, double tolerance = 1e-4) => throw new NotSupportedException();
}

/// <summary>What the comparison of one folder gave.</summary>
public sealed record VerificationResult
{
    /// <summary>The folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The family.</summary>
    public required string Architecture { get; init; }

    /// <summary>Largest absolute difference that passes.</summary>
    public required double Tolerance { get; init; }

    /// <summary>One entry for each config file and list of ids.</summary>
    public required IReadOnlyList<VerificationCase> Cases { get; init; }

    /// <summary>The largest difference anywhere; NaN counts as infinite.</summary>
    public double LargestDifference => Cases.Max(c => c.LargestDifference);

    /// <summary>True when all greedy continuations are equal.</summary>
    public bool GreedyEqual => Cases.All(c => c.GreedyEqual);

    /// <summary>True when every site is within the tolerance and all continuations are equal.</summary>
    public bool Passed => LargestDifference <= Tolerance && GreedyEqual;
}

/// <summary>One list of ids run under one config file.</summary>
/// <param name="Config"><c>config.json</c> or <c>config.older.json</c>.</param>
/// <param name="Case">Index of the list of ids.</param>
/// <param name="Length">Number of ids.</param>
/// <param name="Sites">The sites compared.</param>
/// <param name="GreedyEqual">True when the greedy continuation is equal (or none was given).</param>
/// <param name="GreedyExpected">The reference's continuation.</param>
/// <param name="GreedyFound">This model's.</param>
public sealed record VerificationCase(
    string Config, int Case, int Length, IReadOnlyList<SiteDifference> Sites, bool GreedyEqual, IReadOnlyList<int> GreedyExpected, IReadOnlyList<int> GreedyFound)
{
    /// <summary>The largest difference of the case.</summary>
    public double LargestDifference => Sites.Max(s => s.LargestDifference);
}

/// <summary>One site compared.</summary>
/// <param name="Site">As the file names it: <c>resid_mid.1</c>.</param>
/// <param name="LargestDifference">Largest absolute difference; infinite where a value is not a number.</param>
/// <param name="Index">Where it is: row-major index in the site's tensor.</param>
/// <param name="Expected">The reference's value there.</param>
/// <param name="Found">This model's.</param>
public sealed record SiteDifference(string Site, double LargestDifference, int Index, double Expected, double Found);
